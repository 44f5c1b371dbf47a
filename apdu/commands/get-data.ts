import { command } from "../command-apdu.js";
import { CLA, INS, TAG } from "../constants.js";
import { formatTag, unwrapTlv } from "../tlv.js";
import type { CommandCodec } from "./codec.js";
import { type CardProfile, decodeNodeUri, decodeProfile } from "./profile.js";

/** GET DATA of one object (specs/01 §6.2): the answer is the whole object, tag and length included. */
function getData<T>(
  tag: number,
  decode: (bytes: Uint8Array, path: string) => T,
): CommandCodec<Record<string, never>, T> {
  const name = `GET DATA ${formatTag(tag)}`;
  const header = { cla: CLA.PROPRIETARY, ins: INS.GET_DATA, p1: tag >> 8, p2: tag & 0xff };
  return {
    name,
    encodeRequest: () => command(header.cla, header.ins, { p1: header.p1, p2: header.p2, le: 256 }),
    decodeResponse: (data) =>
      decode(unwrapTlv(data, tag, `${name} response`), `${name} response/${formatTag(tag)}`),
  };
}

/** The profile, C1. */
export const getProfile = getData<CardProfile>(TAG.PROFILE, decodeProfile);
/** The node URI, 5F50. */
export const getNodeUri = getData<string>(TAG.NODE_URI, decodeNodeUri);
