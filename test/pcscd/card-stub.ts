import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Names of the virtual reader's two slots, and the ports on which they wait for a card. */
export const SLOTS = [
  { name: "Virtual PCD 00 00", port: 35963 },
  { name: "Virtual PCD 00 01", port: 35964 },
] as const;

/** ATR of a T=1 card without historical bytes. */
export const ATR_T1 = Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01);
/** ATR of a T=0 card without historical bytes. */
export const ATR_T0 = Uint8Array.of(0x3b, 0x00);

const CONTROL = { OFF: 0, ON: 1, RESET: 2, ATR: 4 } as const;

/** What the card does with a command: answers, stays silent, or falls off the reader. */
export type Behaviour = (command: Uint8Array) => Uint8Array | "silent" | "vanish";

/**
 * The card side of the vpcd protocol with faults that a good simulator does not have. It knows nothing of the card
 * application.
 */
export class CardStub {
  /** Command APDUs as they came. */
  readonly commands: Uint8Array[] = [];
  resets = 0;
  readonly #socket: Socket;
  readonly #behave: Behaviour;
  readonly #atr: Uint8Array;
  #input = Buffer.alloc(0);

  private constructor(socket: Socket, behave: Behaviour, atr: Uint8Array) {
    this.#socket = socket;
    this.#behave = behave;
    this.#atr = atr;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => {});
  }

  /** Lays the card on a slot. */
  static async insert(slot: { readonly port: number }, behave: Behaviour, atr = ATR_T1): Promise<CardStub> {
    const socket = connect({ host: "127.0.0.1", port: slot.port, noDelay: true });
    await once(socket, "connect");
    return new CardStub(socket, behave, atr);
  }

  remove(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    while (this.#input.length >= 2) {
      const end = 2 + this.#input.readUInt16BE(0);
      if (this.#input.length < end) return;
      this.#handle(this.#input.subarray(2, end));
      this.#input = this.#input.subarray(end);
    }
  }

  #handle(message: Uint8Array): void {
    if (message.length === 1) {
      if (message[0] === CONTROL.RESET) this.resets++;
      if (message[0] === CONTROL.ATR) this.#send(this.#atr);
      return;
    }
    this.commands.push(new Uint8Array(message));
    const answer = this.#behave(this.commands.at(-1) ?? message);
    if (answer === "vanish") this.remove();
    else if (answer !== "silent") this.#send(answer);
  }

  #send(answer: Uint8Array): void {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    this.#socket.write(Buffer.concat([length, answer]));
  }
}
