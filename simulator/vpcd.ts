import { connect, type Socket } from "node:net";
import { TransportError } from "../apdu/transport.js";
import { errno } from "../common/index.js";
import type { CardPort } from "./runtime/card-port.js";
import { encodeVpcdFrame, VpcdFrameReader, type VpcdMessage } from "./vpcd-frames.js";

/** Port at which the first virtual reader of vsmartcard's vpcd waits for a card. */
export const VPCD_PORT = 35963;

export interface VpcdOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default {@link VPCD_PORT}; each further reader has the next number. */
  readonly port?: number;
  /** Takes the card off the reader when it aborts. */
  readonly signal?: AbortSignal;
}

/** Why a card no longer lies on the virtual reader. */
export type VpcdEnd =
  /** `close` was called, or the signal aborted. */
  | "removed"
  /** The reader hung up: pcscd ended. */
  | "reader-gone"
  /** The card lost its power in mid-command, or its state could not be saved. */
  | "torn";

/** A card on the virtual reader. */
export interface VpcdLink {
  /** Resolves when the card no longer lies on the reader; never rejects. */
  readonly closed: Promise<{ readonly reason: VpcdEnd; readonly error?: unknown }>;
  /** Takes the card off the reader; resolves when that is done. */
  close(): Promise<void>;
}

/**
 * Lays a card on the virtual reader of vsmartcard's vpcd, so that every PC/SC program sees it.
 * @throws TransportError `no-reader` when nothing listens there, `closed` when the signal aborts before
 */
export async function connectVpcd(card: CardPort, options: VpcdOptions = {}): Promise<VpcdLink> {
  const { host = "127.0.0.1", port = VPCD_PORT, signal } = options;
  const socket = await dial(host, port, signal);
  const frames = new VpcdFrameReader();
  let closedWith: (end: Awaited<VpcdLink["closed"]>) => void = () => {};
  const closed: VpcdLink["closed"] = new Promise((resolve) => {
    closedWith = resolve;
  });
  let ended = false;
  const end = (reason: VpcdEnd, error?: unknown) => {
    if (ended) return;
    ended = true;
    signal?.removeEventListener("abort", remove);
    card.powerOff();
    socket.destroy();
    closedWith(error === undefined ? { reason } : { reason, error });
  };
  const remove = () => end("removed");
  socket.on("data", (chunk) => {
    try {
      for (const message of frames.push(chunk)) {
        const answer = handle(card, message);
        if (answer) socket.write(encodeVpcdFrame(answer));
      }
    } catch (error) {
      end("torn", error);
    }
  });
  socket.on("error", (error) => end("reader-gone", error));
  socket.on("close", () => end("reader-gone"));
  signal?.addEventListener("abort", remove);
  return {
    closed,
    async close() {
      remove();
      await closed;
    },
  };
}

function dial(host: string, port: number, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const settle = (finish: () => void) => {
      signal?.removeEventListener("abort", aborted);
      socket.off("error", failed);
      finish();
    };
    const failed = (cause: unknown) =>
      settle(() =>
        reject(
          new TransportError("no-reader", `no virtual reader listens at ${host}:${port} (${errno(cause)})`, {
            cause,
            hint: "Install vsmartcard-vpcd and start pcscd.",
          }),
        ),
      );
    const aborted = () =>
      settle(() => {
        socket.destroy();
        reject(new TransportError("closed", "laying the card on the virtual reader was ended"));
      });
    socket.on("error", failed);
    socket.on("connect", () => settle(() => resolve(socket)));
    if (signal?.aborted) aborted();
    else signal?.addEventListener("abort", aborted);
  });
}

/** Control bytes change the card's power and have no answer; the ATR and APDUs have one. */
function handle(card: CardPort, message: VpcdMessage): Uint8Array | undefined {
  switch (message.kind) {
    case "power-off":
      card.powerOff();
      return undefined;
    case "power-on":
    case "reset":
      card.powerOn();
      return undefined;
    case "atr":
      return card.atr;
    case "apdu":
      // A reader that was restarted goes on with a card that it believes to be powered.
      if (!card.isPowered) card.powerOn();
      return card.exchange(message.bytes);
    case "unknown":
      return undefined;
  }
}
