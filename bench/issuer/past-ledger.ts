import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { internPolicy } from "../../issuer/ledger/policies.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { insertMany } from "../../issuer/store/many.js";
import type { ColumnType, ManyRow, ManyStatement, Store, Tx } from "../../issuer/store/types.js";
import { NO_LIMIT_STORED, nodeKey } from "../../issuer/store/values.js";

/** Past authorizations of each card. */
const PAST = 5;
const AMOUNT = 1_000_000n;
const FUNDED = 1_000_000_000_000n;
const DAY = 86_400_000n;
const CARDS_AT_A_TIME = 50_000;

const columns = (names: string, type: ColumnType = "int") =>
  Object.fromEntries(names.split(" ").map((name) => [name, type]));
const INSERT = {
  cards: insertMany<string>(
    "cards",
    { ...columns("card registered_at node"), ...columns("public_key key_set", "bytes"), label: "text" },
    "card",
  ),
  accounts: insertMany<string>(
    "accounts",
    {
      ...columns(
        "card policy funded spent voided decided_at top_counter top_total sequence acknowledged operation",
      ),
      state: "text",
    },
    "card",
  ),
  limits: insertMany<string>(
    "limits",
    {
      ...columns(
        "card sequence credit max_per_transaction pin_threshold no_pin_budget max_transactions flags",
      ),
      ...columns("created_at"),
      cause: "text",
    },
    "card",
  ),
  authorizations: insertMany<string>(
    "authorizations",
    {
      ...columns(
        "card counter live amount total_after flags sequence spent_after decided_at resolved_at fee node",
      ),
      ...columns("invoice_hash payment_hash payee signature preimage", "bytes"),
      state: "text",
    },
    "card",
  ),
  leases: insertMany<string>(
    "leases",
    {
      ...columns("card counter owner until takeovers max_fee max_cltv expires_at node"),
      payee: "bytes",
      invoice: "text",
    },
    "card",
  ),
  bookings: insertMany<string>(
    "bookings",
    { ...columns("card reference amount at"), ...columns("kind account", "text") },
    "card",
  ),
};

/** A card as the ledger has to know it before anything is presented. */
export interface PastCard {
  readonly card: bigint;
  /** 33 bytes. */
  readonly publicKey: Buffer;
  /** 4 bytes. */
  readonly keySet: Buffer;
}

/** What each card of {@link fillPast} has behind it. */
export const PAST_TOTALS = { counter: PAST, total: AMOUNT * BigInt(PAST), credit: FUNDED } as const;

/**
 * Fills an empty ledger with cards that have five settled payments each behind them, in the last 60 days. Preimages
 * are random: this is bulk for measuring, not a ledger that proves itself.
 */
export async function fillPast(
  store: Store,
  nodeId: Uint8Array,
  cards: readonly PastCard[],
  now: number,
): Promise<void> {
  const policy = await store.write((tx) => internPolicy(tx, parsePolicy({})));
  const sorted = [...cards].sort((a, b) => (a.card < b.card ? -1 : 1));
  // Only the filling may be lost with the power; what is measured afterwards opens the file again.
  if (store.kind === "sqlite") {
    await sql`pragma synchronous = off`.execute(store.db);
    await sql`pragma cache_size = -1048576`.execute(store.db);
  }
  const node = nodeKey(nodeId);
  for (let i = 0; i < sorted.length; i += CARDS_AT_A_TIME) {
    const part = sorted.slice(i, i + CARDS_AT_A_TIME);
    await store.write((tx) => fillPart(store, tx, part, { policy, node, now: BigInt(now) }));
  }
  // As a ledger is that grew over years: looked after, and on disk.
  if (store.kind === "postgres") {
    await sql`vacuum (analyze)`.execute(store.db);
    await sql`checkpoint`.execute(store.db);
  }
}

/** Payments in flight of each card, and to each payee, of {@link fillInFlight}. */
const HANGING = 10;

/** Adds payments that hang: to many payees, of cards that pay nothing else. */
export async function fillInFlight(
  store: Store,
  nodeId: Uint8Array,
  count: number,
  now: number,
): Promise<void> {
  const node = nodeKey(nodeId);
  const owner = randomBytes(8).readBigInt64BE();
  const until = BigInt(now) + DAY;
  const payees = Array.from({ length: Math.ceil(count / HANGING) }, () => randomBytes(33));
  for (let from = 0; from < count; from += CARDS_AT_A_TIME) {
    const rows = Array.from({ length: Math.min(CARDS_AT_A_TIME, count - from) }, (_, i) => {
      const number = from + i;
      const card = BigInt(1 + Math.floor(number / HANGING));
      const counter = BigInt(1 + (number % HANGING));
      // In another order than the cards: no payee is paid by one card alone.
      return { card, counter, payee: payees[(number * 7919) % payees.length] as Buffer };
    });
    await store.write(async (tx) => {
      await store.many.change(
        tx,
        INSERT.authorizations,
        rows.map(({ card, counter, payee }) => ({
          ...authorizationRow({ card, counter, at: BigInt(now), node }),
          payee,
          state: "reserved",
          resolved_at: null,
          fee: null,
          preimage: null,
        })),
      );
      await store.many.change(
        tx,
        INSERT.leases,
        rows.map((row) => ({ ...row, ...LEASE, node, owner, until, expires_at: until })),
      );
    });
  }
  await store.write(async (tx) => {
    const payments = BigInt(count);
    await tx
      .updateTable("node_totals")
      .set((eb) => ({ payments: eb("payments", "+", payments) }))
      .where("node", "=", node)
      .where("side", "=", "reserved")
      .execute();
  });
  if (store.kind === "postgres") await sql`vacuum (analyze)`.execute(store.db);
}

const LEASE = { takeovers: 0n, invoice: "x".repeat(300), max_fee: 0n, max_cltv: 100n };

async function fillPart(
  store: Store,
  tx: Tx,
  cards: readonly PastCard[],
  { policy, node, now }: Readonly<Record<"policy" | "node" | "now", bigint>>,
): Promise<void> {
  const put = (statement: ManyStatement<string>, rows: ManyRow<string>[]) =>
    store.many.change(tx, statement, rows);
  await put(
    INSERT.cards,
    cards.map(({ card, publicKey, keySet }) => ({
      card,
      public_key: publicKey,
      key_set: keySet,
      label: "",
      registered_at: now,
      node,
    })),
  );
  await put(
    INSERT.accounts,
    cards.map(({ card }) => accountRow(card, policy, now)),
  );
  await put(
    INSERT.limits,
    cards.map(({ card }) => limitsRow(card, now)),
  );
  for (let counter = 1n; counter <= BigInt(PAST); counter++) {
    const at = now - (BigInt(PAST) - counter) * 12n * DAY;
    await put(
      INSERT.authorizations,
      cards.map(({ card }) => authorizationRow({ card, counter, at, node })),
    );
    await put(
      INSERT.bookings,
      cards.flatMap(({ card }) => bookingRows(card, counter, at)),
    );
  }
}

const accountRow = (card: bigint, policy: bigint, now: bigint) => ({
  card,
  state: "active",
  policy,
  funded: FUNDED,
  spent: PAST_TOTALS.total,
  voided: 0n,
  decided_at: now,
  top_counter: BigInt(PAST),
  top_total: PAST_TOTALS.total,
  sequence: 0n,
  acknowledged: 0n,
  operation: 1n,
});

const limitsRow = (card: bigint, now: bigint) => ({
  card,
  sequence: 0n,
  credit: FUNDED,
  max_per_transaction: NO_LIMIT_STORED,
  pin_threshold: NO_LIMIT_STORED,
  no_pin_budget: NO_LIMIT_STORED,
  max_transactions: 0xffffffffn,
  flags: 0n,
  cause: "personalization",
  created_at: now,
});

const PAYEE = randomBytes(33);
const SIGNATURE = randomBytes(64);

const authorizationRow = ({
  card,
  counter,
  at,
  node,
}: Readonly<Record<"card" | "counter" | "at" | "node", bigint>>) => ({
  card,
  node,
  counter,
  state: "settled",
  live: 1n,
  amount: AMOUNT,
  total_after: AMOUNT * counter,
  flags: 0n,
  sequence: 0n,
  invoice_hash: randomBytes(32),
  payment_hash: randomBytes(32),
  payee: PAYEE,
  signature: SIGNATURE,
  spent_after: AMOUNT * counter,
  decided_at: at,
  resolved_at: at,
  fee: 0n,
  preimage: randomBytes(32),
});

const bookingRows = (card: bigint, reference: bigint, at: bigint) =>
  (
    [
      ["reserve", "funded", -AMOUNT],
      ["reserve", "reserved", AMOUNT],
      ["settle", "reserved", -AMOUNT],
      ["settle", "settled", AMOUNT],
    ] as const
  ).map(([kind, account, amount]) => ({ card, kind, reference, account, amount, at }));
