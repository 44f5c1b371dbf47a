import { sql } from "kysely";
import { BALANCES, type Invariant, SPANS, SUMS, TOKEN_CARDS } from "./invariant.js";

/** Signed limits agree with what was funded and voided, and counters have no holes. */
export const LIMIT_INVARIANTS: readonly Invariant[] = [
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
];
