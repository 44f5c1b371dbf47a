import { sql } from "kysely";
import type { AuthorizerConfig, IssuerPorts } from "../authorizer/index.js";
import type { AuthorizationKey } from "../ledger/resolve.js";
import type { Store } from "../store/types.js";
import { nodeKey } from "../store/values.js";
import type { Sightings } from "./sightings.js";

/** A reserved authorization whose lease is ours now. */
export interface OpenAuthorization {
  readonly card: bigint;
  readonly counter: bigint;
  readonly payment_hash: Buffer;
  readonly amount: bigint;
  /** The amount again where the invoice has none, else null. */
  readonly amountless: bigint | null;
  readonly invoice: string;
  /** Of the authorization, Unix milliseconds. */
  readonly decided_at: bigint;
  readonly max_fee: bigint;
  /** Of the fee, what the card bears. */
  readonly held: bigint;
  readonly max_cltv: bigint;
  /** Unix milliseconds. */
  readonly expires_at: bigint;
  readonly takeovers: bigint;
  /** 1 where the payee accepts offline, by a pack that is not revoked, else 0. */
  readonly is_retried: bigint;
}

/** Leases taken in one round. */
const AT_A_TIME = 500;

/** Another process's lease. */
export interface SeenLease extends AuthorizationKey {
  readonly owner: bigint;
  readonly until: bigint;
}

/**
 * Renews this process's own leases and takes over those of its node that ran out. Of several processes one gets each. A lease
 * that ends later than one taken now was taken by a process whose clock is ahead, or whose leases are longer: it has
 * run out when it was not renewed for a lease's length of this process's running time (specs/03 §4).
 * @throws StoreError
 */
export async function claimLeases(
  {
    store,
    nodeId,
    owner,
    clock,
    monotonic,
  }: Pick<IssuerPorts, "store" | "nodeId" | "owner" | "clock" | "monotonic">,
  { leaseMs }: Pick<AuthorizerConfig, "leaseMs">,
  sightings: Sightings<SeenLease>,
): Promise<OpenAuthorization[]> {
  const node = nodeKey(nodeId);
  const now = BigInt(clock());
  const until = now + BigInt(leaseMs);
  const beyond = await leasesBeyond(store, node, owner, until);
  const left = beyond.filter((lease) => sightings.see(nameOf(lease), lease, monotonic()) >= leaseMs);
  return await store.write(async (tx) => {
    for (const lease of left)
      await tx
        .updateTable("leases")
        .set((eb) => ({ owner, until, takeovers: eb("takeovers", "+", 1n) }))
        .where("card", "=", lease.card)
        .where("counter", "=", lease.counter)
        .where("owner", "=", lease.owner)
        .where("until", "=", lease.until)
        .execute();
    const due = tx
      .selectFrom("leases as l")
      .innerJoin("authorizations as a", (join) =>
        join.onRef("a.card", "=", "l.card").onRef("a.counter", "=", "l.counter"),
      )
      .select(["l.card", "l.counter", "a.payment_hash", "a.amount", "a.decided_at", "l.amount as amountless"])
      .select(["l.invoice", "l.max_fee", "l.held", "l.max_cltv", "l.expires_at", "l.takeovers", "l.owner"])
      .select(
        sql<bigint>`cast(case when exists (
          select 1 from packs where packs.payee = l.payee and packs.revoked_at is null
        ) then 1 else 0 end as bigint)`.as("is_retried"),
      )
      .where("l.node", "=", node)
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

/**
 * Takes over every lease of the node at once, as if no other process had ever held it: for the process that alone has the
 * node, so that the owner before cannot send any more.
 * @throws StoreError
 */
export async function inheritLeases(
  { store, nodeId, owner, clock }: Pick<IssuerPorts, "store" | "nodeId" | "owner" | "clock">,
  { leaseMs }: Pick<AuthorizerConfig, "leaseMs">,
): Promise<void> {
  const until = BigInt(clock()) + BigInt(leaseMs);
  await store.write(async (tx) => {
    await tx
      .updateTable("leases")
      .set({ owner, until, takeovers: 0n })
      .where("node", "=", nodeKey(nodeId))
      .execute();
  });
}

/** Another name once it is renewed. */
const nameOf = ({ card, counter, owner, until }: SeenLease) => `${card}:${counter}:${owner}:${until}`;

/** Leases of other processes of the node that end later than one taken now would. */
const leasesBeyond = (store: Store, node: bigint, owner: bigint, until: bigint): Promise<SeenLease[]> =>
  store.read((tx) =>
    tx
      .selectFrom("leases")
      .select(["card", "counter", "owner", "until"])
      .where("node", "=", node)
      .where("owner", "<>", owner)
      .where("until", ">", until)
      .orderBy("until")
      .limit(AT_A_TIME)
      .execute(),
  );
