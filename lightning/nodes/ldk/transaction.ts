import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, ParseError } from "../../../common/index.js";

/** Which output of which transaction: the txid in its internal byte order as hex, and the output's index. */
interface Outpoint {
  readonly txid: string;
  readonly index: number;
}

/** What the simulated chain needs to know of a transaction. */
export interface TransactionFacts {
  /** Hash without witnesses, internal byte order, 32 bytes. */
  readonly id: Uint8Array;
  readonly txid: string;
  readonly inputs: readonly Outpoint[];
  readonly outputCount: number;
  readonly lockTime: number;
  /** False when every sequence is final, which turns the lock time off. */
  readonly locked: boolean;
}

/** SHA-256 twice, 32 bytes. */
export const sha256d = (...parts: Uint8Array[]): Uint8Array => sha256(sha256(concatBytes(...parts)));

/** Little-endian integer of `length` bytes, at most 8. */
export function littleEndian(value: bigint | number, length: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out.slice(0, length);
}

/** Bitcoin's CompactSize below 2^32. */
export function compactSize(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value);
  if (value <= 0xffff) return concatBytes(Uint8Array.of(0xfd), littleEndian(value, 2));
  return concatBytes(Uint8Array.of(0xfe), littleEndian(value, 4));
}

/** A strict reader over the bytes of a transaction; refuses to read past the end. */
class Cursor {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.#bytes.length)
      throw new ParseError(
        "transaction",
        `need ${length} bytes at ${this.position}, have ${this.#bytes.length - this.position}`,
      );
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  u32(): number {
    this.take(4);
    return this.#view.getUint32(this.position - 4, true);
  }

  size(): number {
    const first = this.take(1)[0] ?? 0;
    if (first < 0xfd) return first;
    if (first === 0xfd) {
      this.take(2);
      return this.#view.getUint16(this.position - 2, true);
    }
    if (first === 0xfe) return this.u32();
    throw new ParseError("transaction", "a count of more than 32 bits");
  }
}

/**
 * Reads a serialized transaction, with or without witnesses (BIP 144).
 * @throws ParseError when it is cut short, has bytes left over or no inputs
 */
export function readTransaction(raw: Uint8Array): TransactionFacts {
  const cursor = new Cursor(raw);
  const version = cursor.take(4);
  const segwit = raw[4] === 0 && raw[5] === 1;
  if (segwit) cursor.take(2);
  const start = cursor.position;
  const inputs: Outpoint[] = [];
  let locked = false;
  for (let left = cursor.size(); left > 0; left--) {
    inputs.push({ txid: bytesToHex(cursor.take(32)), index: cursor.u32() });
    cursor.take(cursor.size());
    if (cursor.u32() !== 0xffffffff) locked = true;
  }
  if (inputs.length === 0) throw new ParseError("transaction/inputs", "need at least one, have none");
  const outputCount = cursor.size();
  for (let left = outputCount; left > 0; left--) {
    cursor.take(8);
    cursor.take(cursor.size());
  }
  const end = cursor.position;
  if (segwit)
    for (let left = inputs.length; left > 0; left--)
      for (let items = cursor.size(); items > 0; items--) cursor.take(cursor.size());
  const lockTimeBytes = cursor.take(4);
  const lockTime = new DataView(raw.buffer, raw.byteOffset + cursor.position - 4).getUint32(0, true);
  if (cursor.position !== raw.length)
    throw new ParseError("transaction", `${raw.length - cursor.position} bytes left over`);
  const id = sha256d(version, raw.subarray(start, end), lockTimeBytes);
  return { id, txid: bytesToHex(id), inputs, outputCount, lockTime, locked };
}

/**
 * A transaction that spends one coin into one output, with a witness of 64 zero bytes: the simulated chain checks
 * no scripts and no signatures.
 * @param coin 32 bytes, the transaction id of the coin (its output 0); @param satoshis value of the output
 */
export function spendCoin(coin: Uint8Array, satoshis: bigint, script: Uint8Array): Uint8Array {
  return concatBytes(
    littleEndian(2, 4),
    Uint8Array.of(0, 1),
    compactSize(1),
    coin,
    littleEndian(0, 4),
    compactSize(0),
    littleEndian(0xffffffff, 4),
    compactSize(1),
    littleEndian(satoshis, 8),
    compactSize(script.length),
    script,
    compactSize(1),
    compactSize(64),
    new Uint8Array(64),
    littleEndian(0, 4),
  );
}

/** The coinbase of a block: pays nothing, and carries the height so that no two are alike (BIP 34). */
export function coinbase(height: number): Uint8Array {
  return concatBytes(
    littleEndian(2, 4),
    compactSize(1),
    new Uint8Array(32),
    littleEndian(0xffffffff, 4),
    compactSize(5),
    Uint8Array.of(4),
    littleEndian(height, 4),
    littleEndian(0xffffffff, 4),
    compactSize(1),
    littleEndian(0, 8),
    compactSize(1),
    Uint8Array.of(0x6a),
    littleEndian(0, 4),
  );
}

/** Merkle root of transaction ids (at least one), as in a block header. */
export function merkleRoot(ids: readonly Uint8Array[]): Uint8Array {
  let level = [...ids];
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] ?? new Uint8Array();
      above.push(sha256d(left, level[i + 1] ?? left));
    }
    level = above;
  }
  return level[0] ?? new Uint8Array(32);
}
