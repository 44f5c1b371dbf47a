import type { Selectable } from "kysely";
import { listUnmatched, type UnmatchedPayment } from "../ledger/unmatched.js";
import type { EvidenceTable } from "../store/schema.js";
import type { Db } from "../store/types.js";

/** What people of the issuer have to look at. */
export interface Alerts {
  /** Contradictions that cards, or copies of them, have signed, the newest first. */
  readonly evidence: readonly Selectable<EvidenceTable>[];
  /** Payments of the node that no authorization accounts for, and that nobody has checked. */
  readonly unmatched: readonly UnmatchedPayment[];
}

/** Pieces of evidence that are listed. */
const MAX_LISTED = 200;

/** @throws StoreError */
export async function alerts(db: Db): Promise<Alerts> {
  const evidence = await db
    .selectFrom("evidence")
    .selectAll()
    .orderBy("id", "desc")
    .limit(MAX_LISTED)
    .execute();
  return { evidence, unmatched: await listUnmatched(db, { open: true }) };
}
