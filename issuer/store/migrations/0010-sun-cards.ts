import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/**
 * Bolt Cards (specs/10): the kind of a card, what their readings are checked against, and the one-time codes with which
 * chips are programmed.
 */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const bytes = lite ? "blob" : "bytea";
  const plain = lite ? "strict" : "";
  const keyed = lite ? "strict, without rowid" : "";
  const count = (name: string) => `${name} ${int} not null check (${name} >= 0)`;
  // What an earlier step wrote in this transaction may wait for deferred triggers: tables with such are not altered.
  if (!lite) await sql.raw("set constraints all immediate").execute(db);
  const statements = [
    `alter table cards add column kind text not null default 'token' check (kind in ('token', 'sun'))`,
    `create table sun_cards (card ${int} primary key, uid ${bytes} not null check (length(uid) = 7),
       ${count("version")}, batch ${bytes} not null check (length(batch) = 4),
       live ${int} not null check (live in (0, 1)), ${count("counter")}, reading ${bytes},
       pin_check ${bytes}, ${count("pin_tries")}, face_of ${int},
       unique (uid, version), check (counter < 16777216)) ${plain}`,
    `create unique index sun_cards_uid on sun_cards (uid) where live = 1`,
    `create index sun_cards_face on sun_cards (face_of) where face_of is not null`,
    `create table sun_codes (code ${bytes} primary key, label text not null, ${count("policy")},
       batch ${bytes} not null check (length(batch) = 4), pin_check ${bytes},
       ${count("made_at")}, ${count("expires_at")}, used_at ${int}, card ${int} not null unique) ${keyed}`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
