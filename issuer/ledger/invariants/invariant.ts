import { type RawBuilder, sql } from "kysely";

/** An invariant, and a query for rows that break it. */
export type Invariant = readonly [name: string, query: RawBuilder<Record<string, unknown>>];

/** The counters of each card as spans with the totals before and after them. */
export const SPANS = sql`select card, counter as first, counter as last, total_after - amount as total_before, total_after
  from authorizations
  union all select card, first, last, total_before, total_before + amount from gaps`;

/** Cards that sign what they authorize; the others are Bolt Cards, which do not. */
export const TOKEN_CARDS = sql`select card from cards where kind = 'token'`;

/** What the book says of each card. */
export const BALANCES = sql`select card,
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
export const SUMS = sql`select card,
    sum(case when state = 'reserved' then amount else 0 end) as reserved,
    sum(case when state = 'settled' then amount else 0 end) as settled,
    sum(case when state = 'void' then amount else 0 end) as voided
  from authorizations group by card`;

/** Routing fees that are reserved or paid, at the hour in which their payments were decided. */
export const FEES = sql`select a.card, a.decided_at / 3600000 as hour, coalesce(l.max_fee, a.fee, 0) as amount
  from authorizations a left join leases l on l.card = a.card and l.counter = a.counter
  where a.state <> 'void'`;

/** A ledger that never met a node has none in its table. */
export const BOUND = sql`exists (select 1 from nodes)`;
