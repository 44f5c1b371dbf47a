import { sha256 } from "@noble/hashes/sha2.js";
import { type RawBuilder, sql } from "kysely";
import { equalBytes } from "../../common/bytes.js";
import type { Store, Tx } from "../store/types.js";
import { cardName } from "./accounts.js";
import { type NodeStanding, nodeStandings } from "./nodes.js";
import { provesPayment } from "./resolve.js";
import { listUnmatched } from "./unmatched.js";

/** An invariant that does not hold, with some of the places. */
export interface Violation {
  readonly invariant: string;
  /** What was found, at most ten of them. */
  readonly found: readonly string[];
}

/** What was checked, and what was wrong. */
export interface LedgerReport {
  readonly cards: bigint;
  readonly authorizations: bigint;
  readonly bookings: bigint;
  readonly invariants: number;
  readonly violations: readonly Violation[];
  /** Payments of the node that no authorization accounts for, and that are still open: no fault of the book. */
  readonly unmatched: { readonly payments: number; readonly amount: bigint };
  /** The same, and what is in flight and settled, by the node that pays. */
  readonly nodes: readonly NodeStanding[];
}

const SHOWN = 10;

/** An invariant, and a query for rows that break it. */
type Invariant = readonly [name: string, query: RawBuilder<Record<string, unknown>>];

/** The counters of each card as spans with the totals before and after them. */
const SPANS = sql`select card, counter as first, counter as last, total_after - amount as total_before, total_after
  from authorizations
  union all select card, first, last, total_before, total_before + amount from gaps`;

/** Cards that sign what they authorize; the others are Bolt Cards, which do not. */
const TOKEN_CARDS = sql`select card from cards where kind = 'token'`;

/** What the book says of each card. */
const BALANCES = sql`select card,
    sum(case when account = 'funded' then amount else 0 end) as funded,
    sum(case when account = 'reserved' then amount else 0 end) as reserved,
    sum(case when account = 'settled' then amount else 0 end) as settled,
    sum(case when account = 'cash-out' then amount else 0 end) as cash_out,
    sum(case when account = 'transfer' then amount else 0 end) as transfer,
    sum(case when account = 'external' then amount else 0 end) as external,
    sum(case when account = 'held' then amount else 0 end) as held,
    sum(case when account = 'charged' then amount else 0 end) as charged,
    sum(case when account = 'refunds' then amount else 0 end) as refunds,
    sum(case when account = 'guarantee' then amount else 0 end) as guarantee
  from bookings group by card`;

/** What the authorizations of each card say. */
const SUMS = sql`select card,
    sum(case when state = 'reserved' then amount else 0 end) as reserved,
    sum(case when state = 'settled' then amount else 0 end) as settled,
    sum(case when state = 'void' then amount else 0 end) as voided
  from authorizations group by card`;

/** Routing fees that are reserved or paid, at the hour in which their payments were decided. */
const FEES = sql`select a.card, a.decided_at / 3600000 as hour, coalesce(l.max_fee, a.fee, 0) as amount
  from authorizations a left join leases l on l.card = a.card and l.counter = a.counter
  where a.state <> 'void'`;

/** A ledger that never met a node has none in its table. */
const BOUND = sql`exists (select 1 from nodes)`;

const INVARIANTS: readonly Invariant[] = [
  [
    "the lines of each booking sum to zero",
    sql`select card, kind, reference, sum(amount) as sum from bookings
        group by card, kind, reference having sum(amount) <> 0`,
  ],
  ["the whole book sums to zero", sql`select sum(amount) as sum from bookings having sum(amount) <> 0`],
  [
    "settled + reserved <= funded for each card",
    sql`select a.card, a.funded, s.settled, s.reserved from accounts a join (${SUMS}) s on s.card = a.card
        where s.settled + s.reserved > a.funded`,
  ],
  [
    "spent and fees held <= funded for each card",
    sql`select card, funded, spent, held from accounts where spent + held > funded`,
  ],
  [
    "each account agrees with the book",
    sql`select a.card from accounts a left join (${BALANCES}) b on b.card = a.card
        where a.funded <> -coalesce(b.external, 0) - coalesce(b.transfer, 0) - coalesce(b.cash_out, 0)
            - coalesce(b.charged, 0) - coalesce(b.refunds, 0) - coalesce(b.guarantee, 0)
          or a.funded - a.spent - a.held <> coalesce(b.funded, 0)
          or a.held <> coalesce(b.held, 0)
          or a.spent <> coalesce(b.reserved, 0) + coalesce(b.settled, 0)`,
  ],
  [
    "every reversal is of a top-up of its card, all together at most its amount",
    sql`select r.card, r.reverses as operation, sum(r.amount) as reversed from operations r
        left join operations o on o.card = r.card and o.operation = r.reverses
        where r.reverses is not null group by r.card, r.reverses
        having coalesce(max(o.kind), '') <> 'fund' or sum(r.amount) > max(o.amount)
        union all select card, operation, amount from operations
          where (kind = 'reverse') <> (reverses is not null)`,
  ],
  [
    "every refund is of a settled payment of its card, all open and settled ones together at most its amount",
    sql`select r.payment_hash, r.card, r.counter, sum(r.amount) as refunded from refunds r
        left join authorizations a on a.card = r.card and a.counter = r.counter
          and a.payment_hash = r.payment_hash and a.state = 'settled'
        where r.state <> 'closed' group by r.payment_hash, r.card, r.counter
        having sum(r.amount) > coalesce(max(a.amount), 0)`,
  ],
  [
    "every credit of a refund has a settled invoice of its own, and every settled invoice its credit",
    sql`select coalesce(o.card, r.credited) as card, coalesce(o.operation, r.operation) as operation
        from (select card, operation, amount from operations where kind = 'refund') o
        full outer join (select credited, operation, amount from refunds where state = 'settled') r
          on r.credited = o.card and r.operation = o.operation
        where o.amount is null or r.amount is null or o.amount <> r.amount`,
  ],
  [
    "every order booked what it says",
    sql`select d.reference, d.card, d.operation from orders d
        left join operations o on o.card = d.card and o.operation = d.operation
        where d.amount <> coalesce(o.amount, 0)`,
  ],
  [
    "each account agrees with its authorizations",
    sql`select a.card from accounts a left join (${SUMS}) s on s.card = a.card
        left join (${BALANCES}) b on b.card = a.card
        where a.spent <> coalesce(s.reserved, 0) + coalesce(s.settled, 0)
          or coalesce(b.reserved, 0) <> coalesce(s.reserved, 0)
          or coalesce(b.settled, 0) <> coalesce(s.settled, 0)`,
  ],
  [
    "fees in the book are the fees of the settled payments",
    sql`select card, reference from bookings where account = 'fees'
        except select card, counter from authorizations where state = 'settled' and fee > 0`,
  ],
  [
    "every fee is booked with its amount",
    sql`select a.card, a.counter, a.fee from authorizations a
        left join bookings b on b.card = a.card and b.kind = 'settle' and b.reference = a.counter
          and b.account = 'fees'
        where a.state = 'settled' and a.fee <> coalesce(b.amount, 0)`,
  ],
  [
    "no card bears more of a fee than was paid and held for it",
    sql`select c.card, c.reference as counter, c.amount from bookings c
        left join authorizations a on a.card = c.card and a.counter = c.reference
        left join bookings h on h.card = c.card and h.reference = c.reference and h.kind = 'reserve'
          and h.account = 'held'
        where c.account = 'charged' and (a.fee is null or c.amount > a.fee or c.amount > coalesce(h.amount, 0))`,
  ],
  [
    "what is held for fees is that of the payments in flight",
    sql`select a.card, a.held from accounts a
        left join (select card, sum(held) as held from leases group by card) l on l.card = a.card
        where a.held <> coalesce(l.held, 0)`,
  ],
  [
    "the fees of each card and hour are those reserved and paid for its payments",
    sql`select card, hour, sum(amount) as amount from (
          select card, hour, amount from card_fees
          union all select card, hour, -amount from (${FEES}) f) d
        group by card, hour having sum(amount) <> 0`,
  ],
  [
    "the issuer's fees of each hour are those of all cards",
    sql`select hour, sum(amount) as amount from (
          select hour, case when side = 'reserved' then amount else -amount end as amount from issuer_fees
          union all select hour, -amount from card_fees) d
        group by hour having sum(amount) <> 0`,
  ],
  [
    "fees in all are those of the rows",
    sql`select fees from (select
            (select coalesce(sum(case when side = 'reserved' then fees else -fees end), 0) from totals)
              - (select coalesce(sum(amount), 0) from (${FEES}) f) as fees) t
        where fees <> 0`,
  ],
  [
    "payments in flight of each node are its leases",
    sql`select node, sum(payments) as payments from (
          select node, case when side = 'reserved' then payments else -payments end as payments from node_totals
          union all select node, -1 from leases where ${BOUND}) d
        group by node having sum(payments) <> 0`,
  ],
  [
    "every authorization, lease and unmatched payment is of a node of the ledger",
    sql`select card, counter from authorizations where ${BOUND} and node not in (select node from nodes)
        union all select card, counter from leases where ${BOUND} and node not in (select node from nodes)
        union all select null, number from unmatched where ${BOUND} and node not in (select node from nodes)`,
  ],
  [
    "every lease is of the node of its authorization",
    sql`select l.card, l.counter from leases l
        join authorizations a on a.card = l.card and a.counter = l.counter where a.node <> l.node`,
  ],
  [
    "credit signed = funded + voided for each card, or the one before where that is greater; fees lower no credit",
    sql`select a.card, a.funded, a.voided, a.owed, l.credit
        from (select card, sequence, voided, owed, funded - owed as funded from accounts) a
        left join limits l on l.card = a.card and l.sequence = a.sequence
        left join limits e on e.card = a.card and e.sequence = a.sequence - 1
        left join (${BALANCES}) b on b.card = a.card
        where a.card in (${TOKEN_CARDS}) and (l.credit is null
          or l.credit < case when e.credit > a.funded + a.voided then e.credit else a.funded + a.voided end
          or l.credit > case when e.credit > a.funded + a.voided + coalesce(b.charged, 0) then e.credit
            else a.funded + a.voided + coalesce(b.charged, 0) end)`,
  ],
  [
    "voided = void authorizations + void gaps for each card",
    sql`select a.card, a.voided from accounts a left join (${SUMS}) s on s.card = a.card
        left join (select card, sum(amount) as amount from gaps where voided_at is not null group by card) g
          on g.card = a.card
        where a.voided <> coalesce(s.voided, 0) + coalesce(g.amount, 0)`,
  ],
  [
    "sequences have no gaps",
    sql`select a.card from accounts a
        left join (select card, count(*) as rows, max(sequence) as newest from limits group by card) l
          on l.card = a.card
        where a.card in (${TOKEN_CARDS})
          and (l.newest is null or l.newest <> a.sequence or l.rows <> a.sequence + 1)`,
  ],
  [
    "credit never falls from one sequence to the next",
    sql`select card, sequence from (select card, sequence, credit,
          lag(credit) over (partition by card order by sequence) as earlier from limits) l
        where credit < earlier`,
  ],
  [
    "card and counter are unique",
    sql`select card, counter from authorizations group by card, counter having count(*) > 1`,
  ],
  [
    "payment hashes are unique among reserved and settled",
    sql`select min(card) as card, min(counter) as counter from authorizations where state <> 'void'
        group by payment_hash having count(*) > 1`,
  ],
  [
    "the payment hash index covers exactly reserved and settled",
    sql`select card, counter from authorizations where (live = 1) <> (state <> 'void')`,
  ],
  [
    "void is final: nothing is settled under a void counter",
    sql`select b.card, b.reference as counter from bookings b
        join authorizations a on a.card = b.card and a.counter = b.reference
        where a.state = 'void' and b.kind = 'settle'`,
  ],
  [
    "every settled authorization was reserved and settled once, never voided",
    sql`select a.card, a.counter from authorizations a left join
          (select card, reference,
             sum(case when kind = 'reserve' and account = 'reserved' then amount else 0 end) as reserved,
             sum(case when kind = 'settle' and account = 'settled' then amount else 0 end) as settled,
             sum(case when kind = 'void' and account = 'reserved' then -amount else 0 end) as voided
           from bookings where kind in ('reserve', 'settle', 'void') group by card, reference) b
          on b.card = a.card and b.reference = a.counter
        where (a.state = 'settled' and
               (coalesce(b.reserved, 0) <> a.amount or coalesce(b.settled, 0) <> a.amount or b.voided <> 0))
           or (a.state = 'reserved' and
               (coalesce(b.reserved, 0) <> a.amount or b.settled <> 0 or b.voided <> 0))
           or (a.state = 'void' and coalesce(b.reserved, 0) <> coalesce(b.voided, 0))`,
  ],
  [
    "every reserved authorization has a lease, and nothing else has",
    sql`select coalesce(a.card, l.card) as card, coalesce(a.counter, l.counter) as counter
        from (select card, counter from authorizations where state = 'reserved') a
        full outer join leases l on l.card = a.card and l.counter = a.counter
        where a.card is null or l.card is null`,
  ],
  [
    "the totals of each card follow from one counter to the next",
    sql`select card, first from (select card, first, last, total_before, total_after,
            lag(last) over w as earlier, lag(total_after) over w as earlier_total
          from (${SPANS}) s window w as (partition by card order by first)) t
        where total_before <> coalesce(earlier_total, 0)
          or (first <> coalesce(earlier, 0) + 1 and card in (${TOKEN_CARDS}))`,
  ],
  [
    "every counter up to the highest is an authorization or in one gap",
    sql`select a.card from accounts a
        left join (select card, sum(last - first + 1) as counters, sum(total_after - total_before) as total
          from (${SPANS}) s group by card) t on t.card = a.card
        where a.top_total <> coalesce(t.total, 0)
          or (a.top_counter <> coalesce(t.counters, 0) and a.card in (${TOKEN_CARDS}))`,
  ],
  [
    "every Bolt Card has its chip, and no other card has one",
    sql`select coalesce(c.card, s.card) as card from (select card, key_set from cards where kind = 'sun') c
        full outer join (select card, batch from sun_cards) s on s.card = c.card
        where c.card is null or s.card is null or c.key_set <> s.batch
        union all select face_of as card from sun_cards
          where face_of is not null and face_of not in (${TOKEN_CARDS})
        union all select card from sun_codes where used_at is not null and card not in (select card from sun_cards)`,
  ],
  [
    "no Bolt Card pays for a counter that was not read, and the highest it paid for is its top counter",
    sql`select a.card, a.top_counter, s.counter from accounts a
        join sun_cards s on s.card = a.card
        left join (select card, max(counter) as counter from authorizations group by card) p on p.card = a.card
        where a.top_counter > s.counter or a.top_counter <> coalesce(p.counter, 0)`,
  ],
  [
    "no Bolt Card has limits, updates, gaps or statuses",
    sql`select s.card from sun_cards s join accounts a on a.card = s.card
          where a.sequence <> 0 or a.acknowledged <> 0
        union all select card from limits where card in (select card from sun_cards)
        union all select card from gaps where card in (select card from sun_cards)
        union all select card from statuses where card in (select card from sun_cards)`,
  ],
  [
    "sums in the order of decisions add up",
    sql`select card, decided_at from (select card, decided_at, spent_after, amount, state,
            lag(spent_after) over (partition by card order by decided_at, spent_after, state) as earlier
          from authorizations) t
        where state <> 'void' and spent_after - coalesce(earlier, 0) <> amount`,
  ],
  [
    "every card has an account, and every row a card",
    sql`select card from cards where card not in (select card from accounts)
        union all select card from accounts where card not in (select card from cards)
        union all select card from authorizations where card not in (select card from accounts)
        union all select card from bookings
          where card not in (select card from accounts) and kind not in ('unmatched', 'match')
        union all select card from card_pages where card not in (select card from cards)
        union all select null from card_page_tries where secret_hash not in (select secret_hash from card_pages)`,
  ],
  [
    "the account of unmatched payments agrees with the book",
    sql`select u.number from unmatched u
        left join (select reference, sum(amount) as remaining,
              sum(case when kind = 'unmatched' then amount else 0 end) as found
            from bookings where account = 'unmatched' group by reference) b on b.reference = u.number
        where coalesce(b.found, 0) <> u.amount + u.fee
          or coalesce(b.remaining, 0) <> case when u.state = 'matched' then 0 else u.amount + u.fee end
        union all select reference from bookings
          where (account = 'unmatched' or kind in ('unmatched', 'match'))
            and (card <> 0 or reference not in (select number from unmatched))`,
  ],
  [
    "each card owes what the account guarantee lent to it and did not get back",
    sql`select a.card, a.owed, b.guarantee from accounts a left join (${BALANCES}) b on b.card = a.card
        where a.owed <> -coalesce(b.guarantee, 0)`,
  ],
  [
    "what all cards owe together is kept",
    sql`select owed from guarantee_total
        where owed <> (select coalesce(sum(owed), 0) from accounts)
        union all select -1 where (select count(*) from guarantee_total) <> 1`,
  ],
  [
    "every guaranteed payment is lent once, whole",
    sql`select coalesce(g.card, b.card) as card, coalesce(g.counter, b.counter) as counter
        from (select card, counter, amount from guarantees) g
        full outer join (select card, reference as counter, sum(amount) as amount from bookings
            where kind = 'guarantee' and account = 'funded' group by card, reference) b
          on b.card = g.card and b.counter = g.counter
        where g.amount is null or b.amount is null or g.amount <> b.amount
        union all select g.card, g.counter from guarantees g
          left join authorizations a on a.card = g.card and a.counter = g.counter
          where a.amount is null or a.amount <> g.amount`,
  ],
  [
    "a loan is released with its payment alone, at most once",
    sql`select b.card, b.reference as counter from bookings b
        left join guarantees g on g.card = b.card and g.counter = b.reference
        left join authorizations a on a.card = b.card and a.counter = b.reference
        where b.kind = 'void' and b.account = 'guarantee'
        group by b.card, b.reference
        having coalesce(max(a.state), '') <> 'void' or sum(b.amount) > coalesce(max(g.amount), 0)`,
  ],
  [
    "no card owes more than its guaranteed payments that were not void",
    sql`select a.card, a.owed from accounts a
        left join (select g.card, sum(g.amount) as amount from guarantees g
            join authorizations p on p.card = g.card and p.counter = g.counter and p.state <> 'void'
            group by g.card) l on l.card = a.card
        where a.owed > coalesce(l.amount, 0)`,
  ],
  [
    "every matched payment has a settled authorization",
    sql`select number from unmatched u where state = 'matched' and not exists (
          select 1 from authorizations a where a.payment_hash = u.payment_hash and a.node = u.node
            and a.state = 'settled')`,
  ],
];

/**
 * Proves every invariant of the ledger (specs/03 §6) on one unchanging snapshot, while payments go on.
 * @throws StoreError
 */
export async function verifyLedger(store: Store): Promise<LedgerReport> {
  return await store.read((tx) => prove(tx), { long: true });
}

async function prove(tx: Tx): Promise<LedgerReport> {
  const violations: Violation[] = [];
  for (const [invariant, query] of INVARIANTS) {
    const { rows } = await sql<Record<string, unknown>>`select * from (${query}) v limit ${SHOWN}`.execute(
      tx,
    );
    if (rows.length > 0) violations.push({ invariant, found: rows.map(describe) });
  }
  const unproven = await unprovenPayments(tx);
  if (unproven.length > 0)
    violations.push({ invariant: "every settled payment has its preimage", found: unproven });
  const unmatched = await listUnmatched(tx, { open: true });
  return {
    cards: await count(tx, "accounts"),
    authorizations: await count(tx, "authorizations"),
    bookings: await count(tx, "bookings"),
    invariants: INVARIANTS.length + 1,
    violations,
    unmatched: {
      payments: unmatched.length,
      amount: unmatched.reduce((sum, { amount, fee }) => sum + amount + fee, 0n),
    },
    nodes: await nodeStandings(tx),
  };
}

function describe(row: Record<string, unknown>): string {
  return Object.entries(row)
    .map(
      ([name, value]) => `${name} ${name === "card" && typeof value === "bigint" ? cardName(value) : value}`,
    )
    .join(", ");
}

async function count(tx: Tx, table: "accounts" | "authorizations" | "bookings"): Promise<bigint> {
  const row = await tx
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<bigint>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Settled rows and unmatched payments whose preimage is not of their payment hash; read in pages, so that memory stays bounded. */
async function unprovenPayments(tx: Tx): Promise<string[]> {
  const found: string[] = [];
  for (const { number, payment_hash, preimage } of await listUnmatched(tx))
    if (!equalBytes(sha256(preimage), payment_hash) && found.length < SHOWN)
      found.push(`unmatched payment ${number}`);
  const refunds = await tx
    .selectFrom("refunds")
    .select(["refund_hash", "preimage"])
    .where("state", "=", "settled")
    .execute();
  for (const { refund_hash, preimage } of refunds)
    if (!provesPayment(refund_hash, preimage ?? new Uint8Array(0)) && found.length < SHOWN)
      found.push(`refund ${refund_hash.toString("hex")}`);
  let last: { card: bigint; counter: bigint } | undefined;
  for (;;) {
    let query = tx
      .selectFrom("authorizations")
      .select(["card", "counter", "payment_hash", "preimage"])
      .where("state", "=", "settled")
      .orderBy("card")
      .orderBy("counter")
      .limit(5000);
    if (last) {
      const { card, counter } = last;
      query = query.where(sql<boolean>`(card, counter) > (${card}, ${counter})`);
    }
    const rows = await query.execute();
    for (const row of rows)
      if (!row.preimage || !equalBytes(sha256(row.preimage), row.payment_hash))
        if (found.length < SHOWN) found.push(`card ${cardName(row.card)}, counter ${row.counter}`);
    last = rows.at(-1);
    if (rows.length < 5000) return found;
  }
}
