import type { Store } from "../store/types.js";
import { milliseconds } from "../store/values.js";

/** How far the payments of a node were held against the ledger. Kept with the node: each has its own clock and list. */
export interface PaymentsMark {
  /** Since when it pays for this ledger, Unix milliseconds: what it paid before is not compared. */
  readonly since: number;
  /** Up to when its payments were compared, Unix milliseconds; undefined before the first round. */
  readonly checked: number | undefined;
  /** When the last check began that found nothing in flight without an authorization; undefined before the first. */
  readonly clearAt: number | undefined;
}

/**
 * The mark of a node. Its beginning is kept at the first call; a ledger of an earlier release, whose node is its only
 * one, begins with its first card.
 * @param now Unix milliseconds
 * @throws StoreError
 */
export async function readMark(store: Store, node: bigint, now: number): Promise<PaymentsMark> {
  const row = await store.read((tx) =>
    tx
      .selectFrom("nodes")
      .select(["payments_since", "payments_checked", "clear_at"])
      .where("node", "=", node)
      .executeTakeFirst(),
  );
  return {
    since: row?.payments_since == null ? await begin(store, node, now) : milliseconds(row.payments_since),
    checked: row?.payments_checked == null ? undefined : milliseconds(row.payments_checked),
    clearAt: row?.clear_at == null ? undefined : milliseconds(row.clear_at),
  };
}

async function begin(store: Store, node: bigint, now: number): Promise<number> {
  return await store.write(async (tx) => {
    const other = await tx.selectFrom("nodes").select("node").where("node", "<>", node).limit(1).execute();
    const first =
      other.length > 0
        ? undefined
        : await tx
            .selectFrom("cards")
            .select((eb) => eb.fn.min("registered_at").as("at"))
            .executeTakeFirst();
    const at = first?.at == null ? now : Math.min(now, milliseconds(BigInt(first.at)));
    await tx
      .updateTable("nodes")
      .set({ payments_since: BigInt(at) })
      .where("node", "=", node)
      .where("payments_since", "is", null)
      .execute();
    return at;
  });
}

/** Keeps how far a round came. @param clearAt undefined: it found payments in flight without an authorization */
export async function writeMark(
  store: Store,
  node: bigint,
  { checked, clearAt }: { readonly checked: number; readonly clearAt: number | undefined },
): Promise<void> {
  await store.write(async (tx) => {
    await tx
      .updateTable("nodes")
      .set({
        payments_checked: BigInt(checked),
        ...(clearAt === undefined ? {} : { clear_at: BigInt(clearAt) }),
      })
      .where("node", "=", node)
      .execute();
  });
}

/** How old the last check of another node may be. Its service makes one in each round of its reconciler. */
const CLEAR_MS = 600_000;

/**
 * Whether every other node's service has found lately that the ledger accounts for all that its node sent. Until then a
 * payment of it may belong to counters that this service knows nothing of. A node whose service never ran has sent nothing; a
 * retired one sends nothing.
 * @param since Unix milliseconds: need a check that began after it; default: in the last ten minutes
 * @returns the ids of those that have not
 * @throws StoreError
 */
export async function uncheckedNodes(
  store: Store,
  node: bigint,
  now: number,
  since = now - CLEAR_MS,
): Promise<Buffer[]> {
  const others = await store.read((tx) =>
    tx
      .selectFrom("nodes")
      .select(["node_id", "clear_at", "payments_since"])
      .where("node", "<>", node)
      .where("state", "=", "active")
      .where("payments_since", "is not", null)
      .execute(),
  );
  return others
    .filter(({ clear_at }) => {
      const at = clear_at === null ? undefined : milliseconds(clear_at);
      // A check that is yet to come by this clock says nothing.
      return at === undefined || at < since || at > now + CLEAR_MS;
    })
    .map(({ node_id }) => node_id);
}
