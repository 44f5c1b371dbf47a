import { command } from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { type CommandCodec, expectNoData } from "./codec.js";

const HEADER = { cla: CLA.SECURE, ins: INS.RESET, p1: 0, p2: 0 };

/** RESET (specs/04): secure channel only; destroys key, PIN and data, and the card is blank again. */
export const reset: CommandCodec<Record<string, never>, undefined> = {
  name: "RESET",
  encodeRequest: () => command(HEADER.cla, HEADER.ins),
  decodeResponse: (data) => expectNoData("RESET", data),
};
