import { CardStatusError } from "../card-status-error.js";
import { command } from "../command-apdu.js";
import { CLA, INS, MESSAGE_TYPE, TAG } from "../constants.js";
import { SW } from "../status-words.js";
import { formatTag, unwrapTlv } from "../tlv.js";
import type { Transport } from "../transport.js";
import { expectSealed } from "./authorize.js";
import { type CommandCodec, send } from "./codec.js";
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
/** The certificate, C2: a sealed message of 149 bytes. A card without one answers 6A88. */
export const getCertificate = getData<Uint8Array>(TAG.CERTIFICATE, (bytes, path) =>
  expectSealed(bytes, MESSAGE_TYPE.CERTIFICATE, path),
);

/**
 * Asks the card for its certificate (specs/01 §6.2, specs/09 §2).
 * @returns 149 sealed bytes, or undefined when the card has none; a card made before there were certificates has none either
 * @throws CardStatusError, `blocked` among others; ParseError; TransportError
 */
export async function readCertificate(transport: Transport): Promise<Uint8Array | undefined> {
  try {
    return await send(transport, getCertificate, {});
  } catch (error) {
    if (error instanceof CardStatusError && error.sw === SW.REFERENCE_NOT_FOUND) return undefined;
    throw error;
  }
}
