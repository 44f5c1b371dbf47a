import type { SqliteForm } from "../../common/sqlite-file.js";
import { SaleError } from "./sale.js";

/** The schema of its first version. */
const SCHEMA = `
create table sale (
  number integer primary key autoincrement,
  amount integer not null check (amount > 0),
  description text not null,
  fiat text,
  invoice text not null unique,
  payment_hash blob not null unique check (length(payment_hash) = 32),
  created_at integer not null,
  expires_at integer not null,
  state text not null default 'open' check (state in ('open', 'cancelling', 'paid', 'cancelled')),
  cancel_reason text,
  reason_code integer,
  token blob,
  node_uri text,
  initiation text not null,
  paid_at integer,
  received integer,
  refund_invoice text,
  refund_amount integer,
  refund_state text check (refund_state in ('pending', 'paid')),
  check ((state = 'paid') = (received is not null))
) strict;
create index sale_unfinished on sale (state) where state in ('open', 'cancelling');
create index sale_paid_at on sale (paid_at);
`;

/** Refunds to the card that paid. */
const REFUNDS_TO_CARDS = `
alter table sale add column refund_to text not null default 'invoice' check (refund_to in ('invoice', 'card'));
alter table sale add column refund_id blob check (length(refund_id) = 16);
`;

/** Days that were closed, and in which one a sale and its refund count. */
const DAYS = `
create table day (z integer primary key autoincrement, closed_at integer not null) strict;
alter table sale add column z integer references day (z);
alter table sale add column refund_z integer references day (z);
create index sale_z on sale (z);
create index sale_refund_z on sale (refund_z);
`;

/** Sales that are accepted without a connection. New states need the table written again. */
const ACCEPTED = `
create table sale_4 (
  number integer primary key autoincrement,
  amount integer not null check (amount > 0),
  description text not null,
  fiat text,
  invoice text not null unique,
  invoice_of text not null default 'node' check (invoice_of in ('node', 'deputy')),
  payment_hash blob not null unique check (length(payment_hash) = 32),
  created_at integer not null,
  expires_at integer not null,
  invoice_until integer,
  state text not null default 'open'
    check (state in ('open', 'cancelling', 'accepted', 'paid', 'cancelled', 'refused')),
  cancel_reason text,
  reason_code integer,
  token blob,
  node_uri text,
  initiation text not null,
  paid_at integer,
  received integer,
  refund_invoice text,
  refund_amount integer,
  refund_state text check (refund_state in ('pending', 'paid')),
  refund_to text not null default 'invoice' check (refund_to in ('invoice', 'card')),
  refund_id blob check (length(refund_id) = 16),
  z integer references day (z),
  refund_z integer references day (z),
  accepted_at integer,
  card_id blob check (length(card_id) = 8),
  counter integer,
  card_total integer,
  issuer blob check (length(issuer) = 33),
  tries integer not null default 0,
  next_try_at integer,
  check ((state = 'paid') = (received is not null)),
  check ((accepted_at is null) = (card_id is null) and (card_id is null) = (counter is null)),
  check (state not in ('accepted', 'refused') or accepted_at is not null)
) strict;
insert into sale_4 (number, amount, description, fiat, invoice, payment_hash, created_at, expires_at, state, cancel_reason,
  reason_code, token, node_uri, initiation, paid_at, received, refund_invoice, refund_amount, refund_state, refund_to,
  refund_id, z, refund_z)
select number, amount, description, fiat, invoice, payment_hash, created_at, expires_at, state, cancel_reason,
  reason_code, token, node_uri, initiation, paid_at, received, refund_invoice, refund_amount, refund_state, refund_to,
  refund_id, z, refund_z from sale;
drop table sale;
alter table sale_4 rename to sale;
create index sale_unfinished on sale (state) where state in ('open', 'cancelling');
create index sale_paid_at on sale (paid_at);
create index sale_z on sale (z);
create index sale_refund_z on sale (refund_z);
create index sale_of_card on sale (card_id, counter) where card_id is not null;
create index sale_accepted on sale (card_id, amount) where state = 'accepted';
create index sale_to_forward on sale (next_try_at, number) where state = 'accepted';
create table denied_card (card_id blob primary key check (length(card_id) = 8), at integer not null) strict;
create table terminal (id blob not null check (length(id) = 16)) strict;
insert into terminal values (randomblob(16));
`;

/** Under which key of a client a sale was asked for: the same request again finds it. */
const REQUESTS = `
create table sale_request (key text primary key, sale integer not null unique) strict;
`;

/** What a sale was made of, for its receipt. */
const CARTS = `
alter table sale add column cart text;
`;

/** What the servers of Bolt Cards were asked to pay (specs/10 §6.4). */
const BOLT_CARDS = `
create table bolt_card_request (
  sale integer not null references sale (number),
  request blob not null check (length(request) = 32),
  at integer not null,
  primary key (sale, request)
) strict;
`;

const RESTORE = "Restore it from a copy, or start a new one with --sales.";

/** The terminal's file of sales. Its errors are SaleError `locked`, `damaged`, `newer-version`, `io`. */
export const SALE_FILE: SqliteForm = {
  name: "a file of sales",
  applicationId: 0x63687173, // "chqs"
  migrations: [SCHEMA, REFUNDS_TO_CARDS, DAYS, ACCEPTED, REQUESTS, CARTS, BOLT_CARDS],
  // The terminal before this one may be just ending.
  waitMs: 1000,
  bigints: true,
  hints: {
    locked: "Stop the other terminal, or give this one a file of its own with --sales.",
    damaged: RESTORE,
    foreign: "Choose another file with --sales.",
    "newer-version": "Use the newer version of this software that wrote it.",
  },
  error(problem, message, options) {
    if (problem === "locked" || problem === "damaged" || problem === "newer-version")
      return new SaleError(problem, message, options);
    return new SaleError(problem === "foreign" ? "damaged" : "io", message, options);
  },
};
