import { requireLength } from "../../common/bytes.js";
import { command } from "../command-apdu.js";
import { CHALLENGE_LENGTH, CLA, INS, MESSAGE_TYPE } from "../constants.js";
import { expectSealed } from "./authorize.js";
import type { CommandCodec } from "./codec.js";

export interface IdentifyRequest {
  /** 32 bytes that the card signs in its status. */
  readonly challenge: Uint8Array;
}

const HEADER = { cla: CLA.PROPRIETARY, ins: INS.IDENTIFY, p1: 0, p2: 0 };

/** IDENTIFY (specs/01 §6.6): the card answers with a sealed status, 149 bytes. */
export const identify: CommandCodec<IdentifyRequest, Uint8Array> = {
  name: "IDENTIFY",
  encodeRequest({ challenge }) {
    requireLength(challenge, CHALLENGE_LENGTH, "IDENTIFY/challenge");
    return command(HEADER.cla, HEADER.ins, { data: challenge, le: 256 });
  },
  decodeResponse: (data) => expectSealed(data, MESSAGE_TYPE.STATUS, "IDENTIFY response"),
};
