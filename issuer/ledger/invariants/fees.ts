import { sql } from "kysely";
import { FEES, type Invariant } from "./invariant.js";

/** Routing fees: in the book, on the cards that bear them, and in the sums of each hour. */
export const FEE_INVARIANTS: readonly Invariant[] = [
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
];
