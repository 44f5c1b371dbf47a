import type { AuthorizerConfig, IssuerPorts } from "../authorizer/index.js";

/** A reserved authorization whose lease is ours now. */
export interface OpenAuthorization {
  readonly card: bigint;
  readonly counter: bigint;
  readonly payment_hash: Buffer;
  readonly amount: bigint;
  /** The amount again where the invoice has none, else null. */
  readonly amountless: bigint | null;
  readonly invoice: string;
  readonly max_fee: bigint;
  readonly max_cltv: bigint;
  /** Unix milliseconds. */
  readonly expires_at: bigint;
  readonly takeovers: bigint;
}

/** Leases taken in one round. */
const AT_A_TIME = 500;

/**
 * Renews this process's own leases and takes over those that ran out. Of several processes one gets each.
 * @throws StoreError
 */
export async function claimLeases(
  { store, owner, clock }: Pick<IssuerPorts, "store" | "owner" | "clock">,
  { leaseMs }: Pick<AuthorizerConfig, "leaseMs">,
): Promise<OpenAuthorization[]> {
  const now = BigInt(clock());
  const until = now + BigInt(leaseMs);
  return await store.write(async (tx) => {
    const due = tx
      .selectFrom("leases as l")
      .innerJoin("authorizations as a", (join) =>
        join.onRef("a.card", "=", "l.card").onRef("a.counter", "=", "l.counter"),
      )
      .select(["l.card", "l.counter", "a.payment_hash", "a.amount", "l.amount as amountless"])
      .select(["l.invoice", "l.max_fee", "l.max_cltv", "l.expires_at", "l.takeovers", "l.owner"])
      .where((eb) => eb.or([eb("l.owner", "=", owner), eb("l.until", "<", now)]))
      .where("a.state", "=", "reserved")
      .orderBy("l.until")
      .limit(AT_A_TIME);
    const rows = await (store.kind === "postgres" ? due.forUpdate("l").skipLocked() : due).execute();
    for (const { card, counter, owner: before } of rows)
      await tx
        .updateTable("leases")
        .set((eb) => ({ owner, until, ...(before === owner ? {} : { takeovers: eb("takeovers", "+", 1n) }) }))
        .where("card", "=", card)
        .where("counter", "=", counter)
        .execute();
    return rows.map(({ owner: before, takeovers, ...row }) => ({
      ...row,
      takeovers: before === owner ? takeovers : takeovers + 1n,
    }));
  });
}
