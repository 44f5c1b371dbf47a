import type { Transport } from "./transport.js";

/** An exclusive connection to the card that lies on a reader. */
export interface CardConnection extends Transport {
  /** Answer to reset, as the reader reports it. */
  readonly atr: Uint8Array;
  /** Resets the card and releases the reader. Never rejects; a second call does nothing. */
  close(): Promise<void>;
}

/** A place where a card can be laid: a PC/SC reader, or a slot of the simulator. */
export interface Reader {
  readonly name: string;
  /**
   * Waits until a card lies on the reader and connects to it exclusively.
   * @throws TransportError when the reader goes away, the card cannot be had, or `signal` aborts (`closed`)
   */
  waitForCard(signal?: AbortSignal): Promise<CardConnection>;
  /** Resolves when no card lies on the reader. @throws TransportError as above */
  waitForRemoval(signal?: AbortSignal): Promise<void>;
}
