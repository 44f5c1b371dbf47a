import { requireLength } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";

/** The greatest integer that both databases hold in 64 bits; stands for "no such limit". */
export const NO_LIMIT_STORED = 0x7fffffffffffffffn;
/** "No such limit" on the card: all bits set (specs/01 §4). */
const NO_LIMIT_ON_CARD = 0xffffffffffffffffn;

const { readBigInt64BE } = Buffer.prototype;

/** The 8 bytes of a card id as the signed 64-bit integer that keys the tables. */
export function cardKey(cardId: Uint8Array): bigint {
  requireLength(cardId, 8, "card id");
  return readBigInt64BE.call(cardId);
}

/** The inverse of {@link cardKey}. */
export function cardIdOf(key: bigint): Uint8Array {
  const out = Buffer.allocUnsafe(8);
  out.writeBigInt64BE(key);
  return new Uint8Array(out.buffer, out.byteOffset, 8);
}

/** The first 8 bytes of a node id's x-coordinate as the signed 64-bit integer that names the node in the tables. */
export function nodeKey(nodeId: Uint8Array): bigint {
  requireLength(nodeId, 33, "node id");
  return readBigInt64BE.call(nodeId, 1);
}

/** A u64 limit of the card as it is stored. @throws ValueError when it is neither an amount nor "no limit" */
export function storeLimit(limit: bigint, path: string): bigint {
  if (limit === NO_LIMIT_ON_CARD) return NO_LIMIT_STORED;
  if (limit < 0n || limit >= NO_LIMIT_STORED)
    throw new ValueError(path, `need an amount or no limit, have ${limit}`);
  return limit;
}

/** The inverse of {@link storeLimit}. */
export const loadLimit = (stored: bigint): bigint => (stored === NO_LIMIT_STORED ? NO_LIMIT_ON_CARD : stored);

/** Drivers want a Buffer; this is one over the same memory. */
export const blob = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A time read from a column, in Unix milliseconds. */
export const milliseconds = (time: bigint): number => Number.parseInt(time.toString(), 10);
