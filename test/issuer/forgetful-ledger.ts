import type { Store } from "../../issuer/store/index.js";
import type { Tables } from "../../issuer/store/schema.js";

/** Tables of the books. */
const BOOKS = [
  "settings",
  "nodes",
  "node_totals",
  "accounts",
  "limits",
  "authorizations",
  "leases",
  "gaps",
  "statuses",
  "operations",
  "orders",
  "bookings",
  "unmatched",
  "evidence",
  "card_fees",
  "issuer_fees",
  "totals",
] as const satisfies readonly (keyof Tables)[];

/**
 * Remembers the books as they are.
 * @returns puts them back, as a restored backup does, or a standby that had not heard of the last commits
 */
export async function remember(store: Store): Promise<() => Promise<void>> {
  const kept = await store.read(async (tx) => {
    const tables = new Map<(typeof BOOKS)[number], object[]>();
    for (const table of BOOKS) tables.set(table, await tx.selectFrom(table).selectAll().execute());
    return tables;
  });
  return () =>
    store.write(async (tx) => {
      for (const [table, rows] of kept) {
        await tx.deleteFrom(table).execute();
        for (const row of rows)
          await tx
            .insertInto(table)
            .values(row as never)
            .execute();
      }
    });
}
