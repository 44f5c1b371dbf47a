import { timingSafeEqual } from "node:crypto";
import { openBody, sealBody } from "../../apdu/sealed/crypto.js";
import { aesCmac } from "../../apdu/secure-channel/primitives.js";
import { bytesToHex, concatBytes } from "../../common/bytes.js";
import type { Batch } from "./batches.js";

/** What `k1` of a withdrawal stands for (specs/10 §7.3). */
export interface Ticket {
  readonly card: bigint;
  /** SUN counter, 1..2^24-1. */
  readonly counter: bigint;
  /** Unix seconds after which nothing new is paid for it. */
  readonly expiresAtSeconds: number;
}

const BLOCK = 16;
const NO_IV = new Uint8Array(BLOCK);

/**
 * `k1`: one encrypted block and its MAC, so that nothing of it has to be kept, every service of the ledger reads it, and
 * nobody sees which card it is of.
 * @returns 64 hex digits
 */
export function writeTicket(
  { cipher, mac }: Batch["ticketKeys"],
  { card, counter, expiresAtSeconds }: Ticket,
): string {
  const plain = Buffer.alloc(BLOCK);
  plain.writeBigInt64BE(card);
  plain.writeUIntBE(Number.parseInt(counter.toString(), 10), 8, 3);
  plain.writeUIntBE(expiresAtSeconds, 11, 5);
  const block = sealBody(cipher, NO_IV, plain);
  return bytesToHex(concatBytes(block, aesCmac(mac, block)));
}

/** The inverse of {@link writeTicket}; undefined for whatever another key, or nobody, made. */
export function readTicket({ cipher, mac }: Batch["ticketKeys"], k1: string): Ticket | undefined {
  if (!/^[0-9a-f]{64}$/.test(k1)) return undefined;
  const bytes = Buffer.from(k1, "hex");
  const block = bytes.subarray(0, BLOCK);
  if (!timingSafeEqual(aesCmac(mac, block), bytes.subarray(BLOCK))) return undefined;
  const plain = Buffer.from(openBody(cipher, NO_IV, block));
  return {
    card: plain.readBigInt64BE(),
    counter: BigInt(plain.readUIntBE(8, 3)),
    expiresAtSeconds: plain.readUIntBE(11, 5),
  };
}
