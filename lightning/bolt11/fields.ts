import {
  bytesToHex,
  concatBytes,
  readU16,
  readU32,
  readU64,
  requireLength,
  u16,
  u32,
  u64,
  utf8,
} from "../../common/bytes.js";
import { ParseError, ValueError } from "../../common/errors.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import { type FeatureBits, featuresFromWords, featuresToWords } from "../features.js";
import { type Fallback, type RouteHop, TAG, type TaggedField } from "./types.js";
import { bytesToWords, numberToWords, type Words, wordsToBytes, wordsToNumber } from "./words.js";

/** Words of a field of 32 bytes. */
const HASH_WORDS = 52;
const NODE_ID_WORDS = 53;
const HOP_BYTES = 51;

/** One reader and one writer for each field of BOLT 11; the writer throws ValueError, the reader ParseError. */

/** 32 bytes, or undefined where the length is wrong: the field is then as if it were not there. */
export const readHash = (words: Words, path: string): Uint8Array | undefined =>
  words.length === HASH_WORDS ? wordsToBytes(words, path) : undefined;

/** A node id of 33 bytes, or undefined where the length is wrong. */
export function readNodeId(words: Words, path: string): Uint8Array | undefined {
  if (words.length !== NODE_ID_WORDS) return undefined;
  const nodeId = wordsToBytes(words, path);
  if (!secp256k1.isPublicKey(nodeId)) throw new ParseError(path, "not a point of secp256k1");
  return nodeId;
}

/** A number without leading zero words, as fields `x` and `c` hold it. */
export function readNumber(words: Words, path: string): number {
  if (words[0] === 0) throw new ParseError(path, "not in its shortest form");
  if (words.length > 10) throw new ParseError(path, `need at most 50 bits, have ${words.length * 5}`);
  return wordsToNumber(words);
}

export function readFeatures(words: Words, path: string): FeatureBits {
  if (words[0] === 0) throw new ParseError(path, "not in its shortest form");
  return featuresFromWords(words);
}

const descriptions = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function readDescription(words: Words, path: string): string {
  const bytes = wordsToBytes(words, path);
  try {
    return descriptions.decode(bytes);
  } catch (cause) {
    throw new ParseError(path, "not valid UTF-8", { cause });
  }
}

export function readRouteHint(words: Words, path: string): RouteHop[] {
  const bytes = wordsToBytes(words, path);
  if (bytes.length === 0 || bytes.length % HOP_BYTES !== 0)
    throw new ParseError(path, `need whole hops of ${HOP_BYTES} bytes, have ${bytes.length} bytes`);
  const hops: RouteHop[] = [];
  for (let at = 0; at < bytes.length; at += HOP_BYTES) {
    const nodeId = bytes.slice(at, at + 33);
    if (!secp256k1.isPublicKey(nodeId))
      throw new ParseError(`${path}[${hops.length}]/node id`, "not a point of secp256k1");
    hops.push({
      nodeId,
      shortChannelId: readU64(bytes, at + 33),
      feeBase: readU32(bytes, at + 41),
      feeProportional: readU32(bytes, at + 45),
      cltvDelta: readU16(bytes, at + 49),
    });
  }
  return hops;
}

/** Why a witness program, or a hash for versions 17 and 18, has a wrong length; undefined when it is right. */
function wrongProgram({ version, program }: Fallback): string | undefined {
  const { length } = program;
  if (version >= 17) return length === 20 ? undefined : `need 20 bytes, have ${length}`;
  if (version === 0)
    return length === 20 || length === 32 ? undefined : `need 20 or 32 bytes, have ${length}`;
  return length >= 2 && length <= 40 ? undefined : `need 2 to 40 bytes, have ${length}`;
}

/** The fallback, or undefined where its version (19..31) is unknown and the field is to be skipped. */
export function readFallback(words: Words, path: string): Fallback | undefined {
  const version = words[0];
  if (version === undefined) throw new ParseError(path, "need a version, have no words");
  if (version > 18) return undefined;
  const fallback = { version, program: wordsToBytes(words.subarray(1), path) };
  const problem = wrongProgram(fallback);
  if (problem) throw new ParseError(path, problem);
  return fallback;
}

function hashField(tag: number, hash: Uint8Array, path: string): TaggedField {
  requireLength(hash, 32, path);
  return { tag, words: bytesToWords(hash) };
}

/** A field of any bytes. @throws ValueError above the 639 bytes that fit */
function bytesField(tag: number, bytes: Uint8Array, path: string): TaggedField {
  if (bytes.length > 639) throw new ValueError(path, `need at most 639 bytes, have ${bytes.length}`);
  return { tag, words: bytesToWords(bytes) };
}

export const paymentHashField = (hash: Uint8Array) => hashField(TAG.paymentHash, hash, "payment hash");
export const paymentSecretField = (secret: Uint8Array) =>
  hashField(TAG.paymentSecret, secret, "payment secret");
export const descriptionHashField = (hash: Uint8Array) =>
  hashField(TAG.descriptionHash, hash, "description hash");
export const deputyNonceField = (nonce: Uint8Array) => hashField(TAG.deputyNonce, nonce, "deputy nonce");
export const descriptionField = (text: string) => bytesField(TAG.description, utf8(text), "description");
export const metadataField = (bytes: Uint8Array) => bytesField(TAG.metadata, bytes, "payment metadata");
export const expiryField = (seconds: number): TaggedField => ({
  tag: TAG.expiry,
  words: numberToWords(seconds, "expiry"),
});
export const minFinalCltvField = (blocks: number): TaggedField => ({
  tag: TAG.minFinalCltv,
  words: numberToWords(blocks, "min final cltv"),
});
export const featuresField = (bits: FeatureBits): TaggedField => ({
  tag: TAG.features,
  words: featuresToWords(bits),
});

export function payeeField(nodeId: Uint8Array): TaggedField {
  if (nodeId.length !== 33 || !secp256k1.isPublicKey(nodeId))
    throw new ValueError("payee", `need a point of 33 bytes, have ${bytesToHex(nodeId.subarray(0, 33))}`);
  return { tag: TAG.payee, words: bytesToWords(nodeId) };
}

export function routeHintField(hops: readonly RouteHop[]): TaggedField {
  if (hops.length === 0) throw new ValueError("route hint", "need at least one hop");
  const parts = hops.flatMap((hop) => {
    requireLength(hop.nodeId, 33, "route hint/node id");
    return [
      hop.nodeId,
      u64(hop.shortChannelId, "route hint/short channel id"),
      u32(hop.feeBase, "route hint/fee base"),
      u32(hop.feeProportional, "route hint/fee proportional"),
      u16(hop.cltvDelta, "route hint/cltv delta"),
    ];
  });
  return bytesField(TAG.routeHint, concatBytes(...parts), "route hint");
}

export function fallbackField(fallback: Fallback): TaggedField {
  const { version, program } = fallback;
  const problem =
    Number.isInteger(version) && version >= 0 && version <= 18
      ? wrongProgram(fallback)
      : `need a version of 0 to 18, have ${version}`;
  if (problem) throw new ValueError("fallback", problem);
  return { tag: TAG.fallback, words: Uint8Array.of(version, ...bytesToWords(program)) };
}
