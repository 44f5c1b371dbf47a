import { concatBytes, hexToBytes, u64 } from "../../common/index.js";
import type { CardPort } from "../../simulator/index.js";

/** A response as its two parts. */
export interface Answer {
  /** Four hex digits. */
  readonly sw: string;
  readonly data: Uint8Array;
}

/** Header, then data with its length. Written by hand from specs/01 §2, without the codecs under test. */
export function apdu(header: string, data: Uint8Array = new Uint8Array(0), le?: number): Uint8Array {
  const head = hexToBytes(header);
  const body = data.length ? [Uint8Array.of(data.length), data] : [];
  return concatBytes(head, ...body, le === undefined ? new Uint8Array(0) : Uint8Array.of(le));
}

/** Sends bytes and splits the answer. @throws TornError */
export function exchange(card: CardPort, command: Uint8Array): Answer {
  const response = card.exchange(command);
  const at = response.length - 2;
  return { sw: Buffer.from(response.subarray(at)).toString("hex"), data: response.subarray(0, at) };
}

const APP_AID = hexToBytes("f043484551554501");
const DOMAIN_AID = hexToBytes("a000000151000000");
export const SELECT_APP = apdu("00a40400", APP_AID, 0);
export const SELECT_PACKAGE = apdu("00a40400", APP_AID.slice(0, 7), 0);
export const SELECT_SILENTLY = apdu("00a4040c", APP_AID);
export const SELECT_UNKNOWN = apdu("00a40400", hexToBytes("f04348455155ff"), 0);
export const SELECT_DOMAIN = apdu("00a40400", DOMAIN_AID, 0);
export const GET_PROFILE = apdu("80ca00c1", undefined, 0);
export const GET_NODE_URI = apdu("80ca5f50", undefined, 0);
export const GET_CERTIFICATE = apdu("80ca00c2", undefined, 0);
export const PIN_STATE = apdu("00200080");

export const verify = (block: Uint8Array): Uint8Array => apdu("00200080", block);
export const changePin = (oldBlock: Uint8Array, newBlock: Uint8Array): Uint8Array =>
  apdu("00240080", concatBytes(oldBlock, newBlock));
export const authorize = (amount: bigint, invoiceHash: Uint8Array): Uint8Array =>
  apdu("80300000", concatBytes(u64(amount), invoiceHash), 0);
export const identify = (challenge: Uint8Array): Uint8Array => apdu("80320000", challenge, 0);
export const update = (sealed: Uint8Array): Uint8Array => apdu("80340000", sealed);
