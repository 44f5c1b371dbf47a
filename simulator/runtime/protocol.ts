import { INS } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { concatBytes } from "../../common/index.js";
import { type Command, readCommand } from "./command.js";
import type { Answer } from "./runtime.js";

/** How the card speaks: contactless, or over contacts in blocks (T=1) or bytes (T=0). */
export type CardProtocol = "T=CL" | "T=1" | "T=0";

/**
 * Historical bytes (ISO/IEC 7816-4 §12.1.1): category 80; card service data: selection by full and partial AID;
 * card capabilities: the same, no chaining, no extended lengths. The same on all cards.
 */
const HISTORICAL = Uint8Array.of(0x80, 0x31, 0xc0, 0x73, 0xc0, 0x01, 0x00);

function withCheckByte(interfaceBytes: number[]): Uint8Array {
  const checked = Uint8Array.of(0x80 | HISTORICAL.length, ...interfaceBytes, ...HISTORICAL);
  const check = checked.reduce((xor, byte) => xor ^ byte, 0);
  return Uint8Array.of(0x3b, ...checked, check);
}

/** Answer to reset (ISO/IEC 7816-3 §8; for T=CL as PC/SC part 3 makes it from the ATS). */
export const ATR: Readonly<Record<CardProtocol, Uint8Array>> = {
  "T=CL": withCheckByte([0x80, 0x01]),
  "T=1": withCheckByte([0x01]),
  "T=0": Uint8Array.of(0x3b, HISTORICAL.length, ...HISTORICAL),
};

const NO_DATA = new Uint8Array(0);

const bytesOf = (data: Uint8Array, sw: number): Uint8Array =>
  concatBytes(data, Uint8Array.of(sw >> 8, sw & 0xff));

/** GET RESPONSE is the runtime's own, and takes any. */
const isWithExactLe = ({ ins, data, le }: Command): boolean =>
  data.length === 0 && le !== undefined && le !== 256 && ins !== INS.GET_RESPONSE;

/**
 * Brings answers out in the way of the protocol (specs/01 §2). T=1 and T=CL send the whole answer; T=0 keeps it
 * for GET RESPONSE after a command with data. After a command without data it says the length (6Cxx) and sends the answer
 * when the command comes again with it; any other P3 than 00 looks to an application as an Lc. An answer that is longer
 * than Le is cut, and the rest waits.
 */
export class ResponseLayer {
  readonly #protocol: CardProtocol;
  #waiting: Uint8Array | undefined;
  /** T=0: a command whose length is known, and its answer. */
  #told:
    | { readonly p1p2: number; readonly cla: number; readonly ins: number; readonly data: Uint8Array }
    | undefined;

  constructor(protocol: CardProtocol) {
    this.#protocol = protocol;
  }

  reset(): void {
    this.#waiting = undefined;
    this.#told = undefined;
  }

  /**
   * The response to one command APDU; 6700 to bytes that are none.
   * @param run has the card process the command
   */
  exchange(bytes: Uint8Array, run: (command: Command) => Answer): Uint8Array {
    const waiting = this.#waiting;
    const told = this.#told;
    this.reset();
    const command = readCommand(bytes);
    if (!command) return bytesOf(NO_DATA, SW.WRONG_LENGTH);
    if (waiting && command.ins === INS.GET_RESPONSE && command.p1p2 === 0 && command.data.length === 0)
      return this.#part(waiting, command.le ?? 256);
    if (this.#protocol === "T=0" && isWithExactLe(command)) {
      const { cla, ins, p1p2, le } = command;
      const isIt = told?.cla === cla && told.ins === ins && told.p1p2 === p1p2 && told.data.length === le;
      return isIt ? bytesOf(told.data, SW.OK) : bytesOf(NO_DATA, SW.WRONG_LENGTH);
    }
    const { data, sw } = run(command);
    if (data.length === 0) return bytesOf(data, sw);
    return this.#protocol === "T=0" ? this.#bytewise(command, data) : this.#part(data, command.le ?? 256);
  }

  #bytewise(command: Command, data: Uint8Array): Uint8Array {
    if (command.data.length === 0 && command.le !== undefined) {
      if (command.le === data.length) return bytesOf(data, SW.OK);
      const { cla, ins, p1p2 } = command;
      this.#told = { cla, ins, p1p2, data };
      return bytesOf(NO_DATA, SW.WRONG_LE | (data.length & 0xff));
    }
    return this.#part(data, 0);
  }

  #part(data: Uint8Array, le: number): Uint8Array {
    if (le >= data.length) return bytesOf(data, SW.OK);
    this.#waiting = data.subarray(le);
    return bytesOf(data.subarray(0, le), SW.MORE_DATA | (this.#waiting.length & 0xff));
  }
}
