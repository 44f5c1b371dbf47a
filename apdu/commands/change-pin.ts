import { concatBytes } from "../../common/bytes.js";
import { command } from "../command-apdu.js";
import { CLA, INS, PIN_REFERENCE } from "../constants.js";
import { encodePinBlock } from "../pin-block.js";
import { type CommandCodec, expectNoData } from "./codec.js";

export interface ChangePinRequest {
  readonly oldPin: string;
  readonly newPin: string;
}

const HEADER = { cla: CLA.ISO, ins: INS.CHANGE_REFERENCE_DATA, p1: 0, p2: PIN_REFERENCE };

/** CHANGE REFERENCE DATA (specs/01 §6.4): old block, new block. A wrong old PIN costs a try. */
export const changePin: CommandCodec<ChangePinRequest, undefined> = {
  name: "CHANGE PIN",
  encodeRequest: ({ oldPin, newPin }) =>
    command(HEADER.cla, HEADER.ins, {
      p2: HEADER.p2,
      data: concatBytes(encodePinBlock(oldPin), encodePinBlock(newPin)),
    }),
  decodeResponse: (data) => expectNoData("CHANGE PIN", data),
};
