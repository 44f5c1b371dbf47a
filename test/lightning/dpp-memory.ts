import { bytesToHex } from "../../common/index.js";
import type { PaidHashes, PaidRecord } from "../../lightning/dpp/index.js";

/** Paid invoices in memory: for tests of decisions, where durability is not the subject. */
export class PaidInMemory implements PaidHashes {
  readonly records = new Map<string, PaidRecord>();

  find(paymentHash: Uint8Array): PaidRecord | undefined {
    return this.records.get(bytesToHex(paymentHash));
  }

  record(paid: PaidRecord): void {
    const key = bytesToHex(paid.paymentHash);
    if (this.records.has(key)) throw new Error("recorded twice");
    this.records.set(key, paid);
  }

  forgetExpired(before: number): void {
    for (const [key, { expiresAt }] of this.records)
      if (expiresAt !== undefined && expiresAt < before) this.records.delete(key);
  }
}
