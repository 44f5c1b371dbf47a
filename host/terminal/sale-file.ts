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

const RESTORE = "Restore it from a copy, or start a new one with --sales.";

/** The terminal's file of sales. Its errors are SaleError `locked`, `damaged`, `newer-version`, `io`. */
export const SALE_FILE: SqliteForm = {
  name: "a file of sales",
  applicationId: 0x63687173, // "chqs"
  migrations: [SCHEMA, REFUNDS_TO_CARDS, DAYS],
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
