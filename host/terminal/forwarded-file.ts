import { ParseError } from "../../common/errors.js";
import { type Msat, msat } from "../../common/msat.js";
import { SqliteFile, type SqliteForm, type SqliteValue } from "../../common/sqlite-file.js";
import { type Initiation, NOT_ASKED, parseInitiation } from "../../lightning/api/initiation.js";
import { parseInvoice } from "../../lightning/bolt11/parse.js";
import type { BundledSale } from "../../offline/bundle.js";
import type { SaleResult } from "../../offline/results.js";
import type { ListHead } from "../../offline/sealed-list.js";
import type { ForwardedSale, ForwardLog } from "./forwarder.js";
import { SaleError } from "./sale.js";

const SCHEMA = `
create table forwarded (
  number integer primary key,
  payment_hash blob not null unique check (length(payment_hash) = 32),
  key_id blob not null check (length(key_id) = 4),
  file_id blob not null check (length(file_id) = 16),
  invoice text not null,
  invoice_until integer not null,
  token blob not null,
  node_uri text not null,
  accepted_at integer not null,
  initiation text not null,
  state text not null default 'open' check (state in ('open', 'paid', 'refused')),
  reason integer,
  received integer,
  paid_at integer,
  tries integer not null default 0,
  next_try_at integer not null default 0,
  check ((state = 'paid') = (received is not null))
) strict;
create index forwarded_due on forwarded (next_try_at) where state = 'open';
create index forwarded_of on forwarded (key_id, file_id);
`;

const FORM: SqliteForm = {
  name: "a file of forwarded sales",
  applicationId: 0x63716677, // "cqfw"
  migrations: [SCHEMA],
  waitMs: 1000,
  bigints: true,
  hints: { locked: "Another process forwards for this node; stop it, or ask it." },
  error(problem, message, options) {
    if (problem === "locked" || problem === "damaged" || problem === "newer-version")
      return new SaleError(problem, message, options);
    return new SaleError(problem === "foreign" ? "damaged" : "io", message, options);
  },
};

interface Row {
  payment_hash: Buffer;
  invoice: string;
  invoice_until: bigint;
  token: Buffer;
  node_uri: string;
  state: "open" | "paid" | "refused";
  reason: bigint | null;
  received: bigint | null;
  paid_at: bigint | null;
}

const toForwarded = (row: Row): ForwardedSale => ({
  invoice: row.invoice,
  paymentHash: Uint8Array.from(row.payment_hash),
  invoiceUntil: Number(row.invoice_until),
  token: Uint8Array.from(row.token),
  nodeUri: row.node_uri,
});

function toResult(row: Row): SaleResult {
  const paymentHash = Uint8Array.from(row.payment_hash);
  if (row.state === "paid")
    return { paymentHash, state: "paid", received: msat(row.received ?? 0n), paidAt: Number(row.paid_at) };
  if (row.state === "refused")
    return { paymentHash, state: "refused", reason: row.reason === null ? undefined : Number(row.reason) };
  return { paymentHash, state: "open" };
}

/** How many sales of a bundle the shop had, and how many it has learned of. */
export interface Imported {
  readonly sales: number;
  readonly known: number;
}

/**
 * What a shop forwards for its terminals, in a file beside its node: by payment hash, so that a sale that comes in many
 * bundles, late, twice or by two people is one sale (specs/09 §6). Every change is durable when its method returns. Every
 * method throws SaleError `damaged`, `io`.
 */
export class ForwardedFile implements ForwardLog {
  readonly #file: SqliteFile;

  /** @throws SaleError `locked`, `damaged`, `newer-version`, `io` */
  constructor(path: string) {
    this.#file = new SqliteFile(path === ":memory:" ? undefined : path, FORM);
  }

  /**
   * Keeps the sales of a bundle, all or none.
   * @throws ParseError for an invoice that is none: nothing is kept then
   */
  import({ keyId, fileId }: ListHead, sales: readonly BundledSale[]): Imported {
    const before = this.#count();
    this.#file.transaction(() => {
      for (const [i, sale] of sales.entries()) {
        const { paymentHash, expiresAt } = invoiceOf(sale.invoice, `bundle/${i}/invoice`);
        this.#file.run(
          `insert into forwarded (payment_hash, key_id, file_id, invoice, invoice_until, token, node_uri, accepted_at, initiation)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (payment_hash) do nothing`,
          [
            Buffer.from(paymentHash),
            Buffer.from(keyId),
            Buffer.from(fileId),
            sale.invoice,
            expiresAt,
            Buffer.from(sale.token),
            sale.nodeUri,
            sale.acceptedAt,
            JSON.stringify(NOT_ASKED),
          ],
        );
      }
      // Somebody is here with it, so there may be a way again.
      this.#file.run("update forwarded set next_try_at = 0 where state = 'open' and key_id = ?", [
        Buffer.from(keyId),
      ]);
    });
    return { sales: sales.length, known: sales.length - (this.#count() - before) };
  }

  /** What became of everything that one terminal's file of sales has sent. */
  results({ keyId, fileId }: Pick<ListHead, "keyId" | "fileId">): SaleResult[] {
    return this.#file.all(
      "select * from forwarded where key_id = ? and file_id = ? order by number",
      [Buffer.from(keyId), Buffer.from(fileId)],
      toResult,
    );
  }

  /** @param paymentHash 32 bytes */
  find(paymentHash: Uint8Array): ForwardedSale | undefined {
    return this.#sales("payment_hash = ?", [Buffer.from(paymentHash)])[0];
  }

  due(now: number, limit: number): ForwardedSale[] {
    return this.#sales("state = 'open' and next_try_at <= ? order by accepted_at, number limit ?", [
      now,
      limit,
    ]);
  }

  nextDue(): number | undefined {
    return this.#file.all(
      "select next_try_at from forwarded where state = 'open' order by next_try_at limit 1",
      [],
      (row: { next_try_at: bigint }) => Number(row.next_try_at),
    )[0];
  }

  loadInitiation(paymentHash: Uint8Array): Initiation {
    const [text] = this.#file.all(
      "select initiation from forwarded where payment_hash = ?",
      [Buffer.from(paymentHash)],
      (row: { initiation: string }) => row.initiation,
    );
    return text === undefined ? NOT_ASKED : parseInitiation(text);
  }

  saveInitiation(paymentHash: Uint8Array, state: Initiation): void {
    this.#change("initiation = ?", [JSON.stringify(state)], paymentHash);
  }

  paid(paymentHash: Uint8Array, received: Msat, paidAt: number): void {
    this.#change("state = 'paid', reason = null, received = ?, paid_at = ?", [received, paidAt], paymentHash);
  }

  refused(paymentHash: Uint8Array, reason: number | undefined): void {
    this.#change("state = 'refused', reason = ?", [reason ?? null], paymentHash, "state = 'open'");
  }

  later(paymentHash: Uint8Array, at: (tries: number) => number): void {
    const [tries = 0] = this.#file.all(
      "select tries from forwarded where payment_hash = ?",
      [Buffer.from(paymentHash)],
      (row: { tries: bigint }) => Number(row.tries),
    );
    this.#change("tries = ?, next_try_at = ?", [tries + 1, at(tries + 1)], paymentHash, "state = 'open'");
  }

  close(): void {
    this.#file.close();
  }

  #change(set: string, values: readonly SqliteValue[], paymentHash: Uint8Array, where = "true"): void {
    this.#file.run(`update forwarded set ${set} where payment_hash = ? and ${where}`, [
      ...values,
      Buffer.from(paymentHash),
    ]);
  }

  #count(): number {
    const [count = 0] = this.#file.all("select count(*) as n from forwarded", [], (row: { n: bigint }) =>
      Number(row.n),
    );
    return count;
  }

  #sales(where: string, values: readonly SqliteValue[]): ForwardedSale[] {
    return this.#file.all(`select * from forwarded where ${where}`, values, toForwarded);
  }
}

function invoiceOf(text: string, path: string) {
  try {
    return parseInvoice(text);
  } catch (cause) {
    throw cause instanceof ParseError ? new ParseError(path, cause.message, { cause }) : cause;
  }
}
