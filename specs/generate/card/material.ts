import { ascii } from "../../../reference/bytes.js";
import { pointOf, sha256 } from "../../../reference/crypto.js";

export { MAX_AMOUNT, NO_LIMIT } from "../../../reference/sealed.js";

/**
 * Fixed keys and values of the vectors. Each comes from a name by SHA-256, so that nothing here is chosen with
 * care and everything can be made again. They are public: never for use.
 */
export function named(name: string, length = 32): Buffer {
  return sha256(ascii(`chequecard vectors: ${name}`)).subarray(0, length);
}

/** A fixed key pair; the point has 65 bytes. */
export interface VectorKey {
  readonly secretKey: Buffer;
  readonly point: Buffer;
}

function key(name: string): VectorKey {
  const secretKey = named(name);
  return { secretKey, point: pointOf(secretKey) };
}

export const ISSUER = key("issuer key");
export const OTHER_ISSUER = key("another issuer key");

/** A key set: 4 bytes that name it, and its seal key. */
export interface VectorKeySet {
  readonly keySetId: Buffer;
  readonly sealKey: Buffer;
}

export const KEY_SET: VectorKeySet = {
  keySetId: Buffer.from("c0ffee01", "hex"),
  sealKey: named("seal key", 16),
};
export const OTHER_KEY_SET: VectorKeySet = {
  keySetId: Buffer.from("c0ffee02", "hex"),
  sealKey: named("another seal key", 16),
};

/** A card of the vectors. */
export interface VectorCard extends VectorKey {
  readonly cardId: Buffer;
}

export const CARD: VectorCard = { cardId: Buffer.from("0102030405060708", "hex"), ...key("card key") };
export const OTHER_CARD: VectorCard = {
  cardId: Buffer.from("1112131415161718", "hex"),
  ...key("another card key"),
};

/** A point of 65 bytes in 33, hex. */
export const compressed = (point: Uint8Array): string =>
  Buffer.concat([Buffer.of(2 + ((point[64] ?? 0) & 1)), point.subarray(1, 33)]).toString("hex");

/** A key that no file names. */
export const STRANGER: VectorKey = key("key of a stranger");
export const NODE_URI = "02e89ca9e8da72b33d896bae51d20e7e6675aa971f7557500b6591b15429e717f1@pay.example:9735";

/** Secret and public parts as they stand in a vector file. */
export const keysForFile = {
  comment: "For vectors only. Points are uncompressed.",
  issuer: { secretKey: ISSUER.secretKey.toString("hex"), point: ISSUER.point.toString("hex") },
  keySets: [KEY_SET, OTHER_KEY_SET].map(({ keySetId, sealKey }) => ({
    keySetId: keySetId.toString("hex"),
    sealKey: sealKey.toString("hex"),
  })),
  cards: [CARD, OTHER_CARD].map(({ cardId, secretKey, point }) => ({
    cardId: cardId.toString("hex"),
    secretKey: secretKey.toString("hex"),
    point: point.toString("hex"),
  })),
};
