import { sql } from "kysely";
import { type Invariant, TOKEN_CARDS } from "./invariant.js";

/** Rows of cards belong together; Bolt Cards have what is theirs, and nothing of the others. */
export const CARD_INVARIANTS: readonly Invariant[] = [
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
    "every card has an account, and every row a card",
    sql`select card from cards where card not in (select card from accounts)
        union all select card from accounts where card not in (select card from cards)
        union all select card from authorizations where card not in (select card from accounts)
        union all select card from bookings
          where card not in (select card from accounts) and kind not in ('unmatched', 'match')
        union all select card from card_pages where card not in (select card from cards)
        union all select null from card_page_tries where secret_hash not in (select secret_hash from card_pages)`,
  ],
];
