import { command } from "../command-apdu.js";
import { CLA, INS, MESSAGE_TYPE } from "../constants.js";
import { expectSealed } from "./authorize.js";
import { type CommandCodec, expectNoData } from "./codec.js";

export interface UpdateRequest {
  /** Sealed update from the issuer, 149 bytes. */
  readonly sealedUpdate: Uint8Array;
}

const HEADER = { cla: CLA.PROPRIETARY, ins: INS.UPDATE, p1: 0, p2: 0 };

/** UPDATE (specs/01 §6.7): 9000 says that the issuer signed it, not that it took effect. */
export const update: CommandCodec<UpdateRequest, undefined> = {
  name: "UPDATE",
  encodeRequest: ({ sealedUpdate }) =>
    command(HEADER.cla, HEADER.ins, { data: expectSealed(sealedUpdate, MESSAGE_TYPE.UPDATE, "UPDATE/data") }),
  decodeResponse: (data) => expectNoData("UPDATE", data),
};
