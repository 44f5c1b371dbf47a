import { sql } from "kysely";
import { BOUND, type Invariant } from "./invariant.js";

/** Each authorization has one end, one node and one payment hash, and a lease while it is open. */
export const AUTHORIZATION_INVARIANTS: readonly Invariant[] = [
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
    "sums in the order of decisions add up",
    sql`select card, decided_at from (select card, decided_at, spent_after, amount, state,
            lag(spent_after) over (partition by card order by decided_at, spent_after, state) as earlier
          from authorizations) t
        where state <> 'void' and spent_after - coalesce(earlier, 0) <> amount`,
  ],
];
