import { ParseError } from "../../common/errors.js";
import { command } from "../command-apdu.js";
import { CLA, INS, TAG } from "../constants.js";
import { encodeTlv, formatTag, unwrapTlv } from "../tlv.js";
import { type CommandCodec, expectHeader } from "./codec.js";
import { type CardProfile, decodeNodeUri, decodeProfile, encodeNodeUri, encodeProfile } from "./profile.js";

/** GET DATA of one object (specs/01 §6.2): the answer is the whole object, tag and length included. */
function getData<T>(
  tag: number,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array, path: string) => T,
): CommandCodec<Record<string, never>, T> {
  const name = `GET DATA ${formatTag(tag)}`;
  const header = { cla: CLA.PROPRIETARY, ins: INS.GET_DATA, p1: tag >> 8, p2: tag & 0xff };
  return {
    name,
    encodeRequest: () => command(header.cla, header.ins, { p1: header.p1, p2: header.p2, le: 256 }),
    decodeRequest(apdu) {
      expectHeader(name, apdu, header);
      if (apdu.data.length) throw new ParseError(`${name}/data`, `need none, have ${apdu.data.length} bytes`);
      return {};
    },
    encodeResponse: (value) => encodeTlv(tag, encode(value)),
    decodeResponse: (data) =>
      decode(unwrapTlv(data, tag, `${name} response`), `${name} response/${formatTag(tag)}`),
  };
}

/** The profile, C1. */
export const getProfile = getData<CardProfile>(TAG.PROFILE, encodeProfile, decodeProfile);
/** The node URI, 5F50. */
export const getNodeUri = getData<string>(TAG.NODE_URI, encodeNodeUri, decodeNodeUri);
