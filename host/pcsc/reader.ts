import type { Reader } from "../../apdu/reader.js";
import { TransportError } from "../../apdu/transport.js";
import { PcscConnection } from "./connection.js";
import { findHolders, nameHolders } from "./holders.js";
import { acquireLink, type Link, releaseLink } from "./link.js";
import type { NativeReader } from "./native.js";
import { transportError } from "./scard.js";
import { abortable, ChangeSignal } from "./waiting.js";

/** Bits of a reader's state (pcsc-lite `pcsclite.h`); the upper 16 bits count insertions and removals. */
const STATE = { PRESENT: 0x20, EXCLUSIVE: 0x80, IN_USE: 0x100, MUTE: 0x200 } as const;
/** What of the state is about the card itself, not about who uses it. */
const CARD_BITS = STATE.PRESENT | STATE.MUTE | 0xffff0000;

/** Waits, in milliseconds. */
export interface PcscTimeouts {
  /** For connecting, and for each command. A card makes a key or a signature well within it. */
  readonly command: number;
  /** How long another program's connection is waited out before it is reported: many look at each new card. */
  readonly sharing: number;
}
export const DEFAULT_TIMEOUTS: PcscTimeouts = { command: 10_000, sharing: 1_500 };

const RETRY_PAUSE_MS = 100;
const SLOW_RETRY_PAUSE_MS = 1_000;
const CONNECT_TRIES = 3;

/** What a reader shows at the moment. `mute`: a card that does not answer to power. */
export interface ReaderState {
  readonly card: "none" | "present" | "mute";
  readonly inUse: boolean;
  readonly exclusive: boolean;
  readonly atr: Uint8Array | undefined;
}

/**
 * A PC/SC reader, known by its name: the object stays valid while the reader is unplugged or the service is
 * restarted, and works again afterwards.
 */
export class PcscReader implements Reader {
  readonly name: string;
  readonly #timeouts: PcscTimeouts;
  readonly #changed = new ChangeSignal();
  #watched: NativeReader | undefined;
  #absence: TransportError;
  #state = 0;
  #atr: Uint8Array = new Uint8Array();
  #stuck: Link | undefined;
  #connection: PcscConnection | undefined;
  /** Insertions and removals until the last connection, as pcscd counts them. */
  #connectedEvents: number | undefined;
  #opening: Promise<PcscConnection> | undefined;
  #cleanup: Promise<void> = Promise.resolve();

  constructor(name: string, timeouts: PcscTimeouts) {
    this.name = name;
    this.#timeouts = timeouts;
    this.#absence = transportError("no-reader", name);
  }

  get connected(): boolean {
    return this.#watched !== undefined;
  }

  get state(): ReaderState {
    const has = (bit: number) => (this.#state & bit) !== 0;
    const present = has(STATE.PRESENT);
    return {
      card: !present ? "none" : has(STATE.MUTE) ? "mute" : "present",
      inUse: has(STATE.IN_USE),
      exclusive: has(STATE.EXCLUSIVE),
      atr: present && this.#atr.length > 0 ? this.#atr : undefined,
    };
  }

  /** The reader's state as its native object reported it. */
  update(watched: NativeReader, state: number, atr: Uint8Array): void {
    this.#watched = watched;
    this.#state = state;
    this.#atr = new Uint8Array(atr);
    this.#changed.notify();
  }

  /** The reader, or the service, is gone: everyone who waits gets `absence`, an open connection is dead. */
  detach(absence: TransportError): void {
    this.#watched = undefined;
    this.#state = 0;
    this.#connectedEvents = undefined;
    this.#absence = absence;
    this.#connection?.invalidate(absence.code === "no-reader" ? transportError("torn", this.name) : absence);
    this.#changed.notify();
  }

  /** Closes what is open and waits for what is unfinished. */
  async dispose(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#connection?.close();
    await this.#cleanup;
  }

  async waitForCard(signal?: AbortSignal): Promise<PcscConnection> {
    const what = `Waiting for a card on ${this.name}`;
    for (let tries = 0; ; ) {
      await abortable(this.#cleanup, signal, what);
      const watched = this.#requireWatched();
      const before = this.#state & CARD_BITS;
      if (this.state.card === "present") {
        try {
          return await this.#connect(watched, signal, what);
        } catch (error) {
          if (!(error instanceof TransportError) || error.code !== "no-card") throw error;
          tries++;
        }
      }
      if ((this.#state & CARD_BITS) !== before) tries = 0;
      else if (tries === 0) await this.#changed.next({ signal, what });
      else {
        // Present, and yet it could not be had: a card that has just been laid down, or one that is being changed.
        const timeoutMs = tries < CONNECT_TRIES ? RETRY_PAUSE_MS : SLOW_RETRY_PAUSE_MS;
        await this.#changed.next({ signal, timeoutMs, what });
      }
    }
  }

  /**
   * Also resolves when another card lies there than the one that was connected last: cards can be changed faster
   * than somebody begins to wait.
   */
  async waitForRemoval(signal?: AbortSignal): Promise<void> {
    const events = this.#connectedEvents ?? this.#state >>> 16;
    for (;;) {
      this.#requireWatched();
      if (this.state.card === "none" || this.#state >>> 16 !== events) return;
      await this.#changed.next({ signal, what: `Waiting for the card on ${this.name} to be taken away` });
    }
  }

  #requireWatched(): NativeReader {
    if (!this.#watched) throw this.#absence;
    return this.#watched;
  }

  async #connect(
    watched: NativeReader,
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<PcscConnection> {
    if (this.#opening || this.#connection)
      throw new TransportError("sharing-violation", `This program already uses the card on ${this.name}.`);
    const opening = this.#open(watched, signal, what).finally(() => {
      this.#opening = undefined;
    });
    this.#opening = opening;
    try {
      return await abortable(opening, signal, what);
    } catch (error) {
      this.#cleanup = opening.then(
        (connection) => connection.close(),
        () => {},
      );
      throw error;
    }
  }

  async #open(watched: NativeReader, signal: AbortSignal | undefined, what: string): Promise<PcscConnection> {
    if (this.#stuck?.running)
      throw new TransportError(
        "timeout",
        `The card on ${this.name} still has to answer an earlier command.`,
        {
          hint: "Take the card away, or unplug the reader, and try again.",
        },
      );
    this.#stuck = undefined;
    const deadline = performance.now() + this.#timeouts.sharing;
    for (;;) {
      const link = acquireLink(watched);
      const { proven } = link;
      const events = this.#state >>> 16;
      let protocol: number;
      try {
        protocol = await link.connect(this.#timeouts.command);
      } catch (error) {
        this.#giveBack(link);
        if (!(error instanceof TransportError)) throw error;
        // The link's context was lost in a restart of the service, which has come back since.
        if (error.code === "no-service" && proven) continue;
        if (error.code !== "sharing-violation") throw error;
        if (performance.now() >= deadline) throw await this.#sharingViolation(error);
        await this.#changed.next({ signal, timeoutMs: RETRY_PAUSE_MS, what });
        this.#requireWatched();
        continue;
      }
      return this.#opened(link, protocol, events);
    }
  }

  async #opened(link: Link, protocol: number, events: number): Promise<PcscConnection> {
    const facts = { reader: this.name, atr: this.#atr, protocol, timeoutMs: this.#timeouts.command };
    const connection = new PcscConnection(link, facts, () => {
      this.#giveBack(link);
      if (this.#connection === connection) this.#connection = undefined;
    });
    this.#connection = connection;
    this.#connectedEvents = events;
    if (this.#watched) return connection;
    await connection.close();
    throw this.#absence;
  }

  #giveBack(link: Link): void {
    if (link.running) this.#stuck = link;
    releaseLink(link);
  }

  async #sharingViolation(cause: TransportError): Promise<TransportError> {
    const holders = await findHolders();
    return new TransportError("sharing-violation", `${cause.message} ${nameHolders(holders)}`, {
      cause,
      hint: "Close that program, or tell it to leave this reader alone, and lay the card on the reader again.",
    });
  }
}
