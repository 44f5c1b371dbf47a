import { sql } from "kysely";
import { BALANCES, type Invariant, SUMS } from "./invariant.js";

/** The book balances, and agrees with accounts, operations, orders, refunds and unmatched payments. */
export const BOOK_INVARIANTS: readonly Invariant[] = [
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
    "every matched payment has a settled authorization",
    sql`select number from unmatched u where state = 'matched' and not exists (
          select 1 from authorizations a where a.payment_hash = u.payment_hash and a.node = u.node
            and a.state = 'settled')`,
  ],
];
