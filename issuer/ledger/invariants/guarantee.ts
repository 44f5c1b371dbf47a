import { sql } from "kysely";
import { BALANCES, type Invariant } from "./invariant.js";

/** What the issuer lent to cards for sales that were accepted offline. */
export const GUARANTEE_INVARIANTS: readonly Invariant[] = [
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
];
