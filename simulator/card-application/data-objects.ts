import { TLV } from "tlv";
import {
  CAPABILITY,
  CARD_AID,
  IV_LENGTH,
  LIFECYCLE,
  MESSAGE_TYPE,
  PROFILE_LENGTH,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  TAG,
} from "../../apdu/constants.js";
import { frameSealed, sealBody } from "../../apdu/sealed/crypto.js";
import { concatBytes } from "../../common/index.js";
import { type CardState, certificateOf, nodeUriOf } from "./state.js";

/** Tag, shortest length, value (specs/01 §4). The `tlv` package gets its buffer: its own uses a deprecated constructor. */
function dataObject(tag: number, value: Uint8Array): Uint8Array {
  const object = new TLV(tag, Buffer.from(value.buffer, value.byteOffset, value.length));
  return Uint8Array.from(object.encode(Buffer.alloc(object.byteLength)));
}

/** What is still to be spent; 0 where an issuer's mistake left less credit than was authorized. */
export function availableOf(state: CardState): bigint {
  const credit = state.credit.u64();
  const authorized = state.authorized.u64();
  return credit > authorized ? credit - authorized : 0n;
}

/** The profile object, tag C1 (specs/01 §4.2). */
export function profileObject(state: CardState): Uint8Array {
  const profile = new Uint8Array(PROFILE_LENGTH);
  const view = new DataView(profile.buffer);
  profile.set([PROTOCOL_MAJOR, PROTOCOL_MINOR, state.lifecycle.u8()]);
  // A blank card may hold what an unfinished personalization or a torn RESET left; it shows nothing of that.
  if (state.lifecycle.u8() === LIFECYCLE.BLANK) return dataObject(TAG.PROFILE, profile);
  const published = state.published.u8();
  profile[3] = published | (state.pin.isSet ? CAPABILITY.PIN_SET : 0);
  if (published & CAPABILITY.AVAILABLE_PUBLISHED) view.setBigUint64(8, availableOf(state));
  if (published & CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED)
    view.setBigUint64(16, state.maxPerTransaction.u64());
  if (published & CAPABILITY.PIN_THRESHOLD_PUBLISHED) view.setBigUint64(24, state.pinThreshold.u64());
  return dataObject(TAG.PROFILE, profile);
}

/** The node URI object, tag 5F50 (specs/01 §4.3); undefined on a blank card. */
export function nodeUriObject(state: CardState): Uint8Array | undefined {
  if (state.lifecycle.u8() === LIFECYCLE.BLANK) return undefined;
  return dataObject(TAG.NODE_URI, nodeUriOf(state));
}

/** The certificate, tag C2, sealed under a fresh IV (specs/01 §6.2); undefined where the card has none. */
export function certificateObject(state: CardState): Uint8Array | undefined {
  const body = certificateOf(state);
  if (body.length === 0) return undefined;
  const iv = state.random(IV_LENGTH);
  const sealed = sealBody(state.sealKey.bytes, iv, body);
  return dataObject(TAG.CERTIFICATE, frameSealed(MESSAGE_TYPE.CERTIFICATE, state.keySetId.bytes, iv, sealed));
}

/** The answer to SELECT, tag 6F (specs/01 §4.1), at most 254 bytes. */
export function fileControlInformation(state: CardState): Uint8Array {
  const proprietary = concatBytes(profileObject(state), nodeUriObject(state) ?? new Uint8Array(0));
  return dataObject(
    TAG.FCI,
    concatBytes(dataObject(TAG.DF_NAME, CARD_AID), dataObject(TAG.FCI_PROPRIETARY, proprietary)),
  );
}
