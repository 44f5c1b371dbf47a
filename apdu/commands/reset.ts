import { ParseError } from "../../common/index.js";
import { command } from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { type CommandCodec, expectHeader, expectNoData } from "./codec.js";

const HEADER = { cla: CLA.SECURE, ins: INS.RESET, p1: 0, p2: 0 };

/** RESET (specs/04): secure channel only; destroys key, PIN and data, and the card is blank again. */
export const reset: CommandCodec<Record<string, never>, undefined> = {
  name: "RESET",
  encodeRequest: () => command(HEADER.cla, HEADER.ins),
  decodeRequest(apdu) {
    expectHeader("RESET", apdu, HEADER);
    if (apdu.data.length) throw new ParseError("RESET/data", `need none, have ${apdu.data.length} bytes`);
    return {};
  },
  encodeResponse: () => new Uint8Array(0),
  decodeResponse: (data) => expectNoData("RESET", data),
};
