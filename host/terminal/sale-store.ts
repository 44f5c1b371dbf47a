import { TERMINAL } from "../../common/languages/spoken.js";
import type { Msat } from "../../common/msat.js";
import { SqliteFile, type SqliteValue } from "../../common/sqlite-file.js";
import { type Initiation, type InitiationLog, NOT_ASKED } from "../../lightning/api/initiation.js";
import { AcceptedSales } from "./accepted-sales.js";
import { type ClosedDay, type DayTotals, dayTotals } from "./day.js";
import {
  alreadyStarted,
  type CancelReason,
  type Refund,
  type Sale,
  SaleError,
  type SaleState,
} from "./sale.js";
import { SALE_FILE } from "./sale-file.js";
import { seconds, toSale } from "./sale-row.js";

const NEW_SALES = "(state in ('paid', 'cancelled', 'refused') and z is null)";
const NEW_REFUNDS = "(refund_state = 'paid' and refund_z is null)";

/**
 * The terminal's sales in an SQLite file. Every method that changes one is durable when it returns: a power cut
 * at any moment leaves the sale as it was before or after. One process at a time. Every method also throws SaleError
 * `damaged`, `io`.
 */
export class SaleStore implements InitiationLog {
  readonly #file: SqliteFile;
  /** Those that were accepted without a connection. */
  readonly accepted: AcceptedSales;
  readonly #observers = new Set<(sale: Sale) => void>();

  /** @param path file, made when absent; `:memory:` for tests @throws SaleError */
  constructor(path: string) {
    this.#file = new SqliteFile(path === ":memory:" ? undefined : path, SALE_FILE);
    this.accepted = new AcceptedSales(this.#file);
  }

  /** @param requestKey of a client's request: {@link requested} finds the sale by it. One key has one sale. */
  create(
    sale: Pick<
      Sale,
      "amount" | "description" | "fiat" | "invoice" | "paymentHash" | "createdAt" | "expiresAt"
    > &
      Partial<Pick<Sale, "invoiceOf" | "invoiceUntil" | "cart">>,
    requestKey?: string,
  ): Sale {
    if (requestKey === undefined) return this.#inserted(sale);
    return this.#file.transaction(() => {
      const created = this.#inserted(sale);
      this.#file.run("insert into sale_request (key, sale) values (?, ?)", [requestKey, created.number]);
      return created;
    });
  }

  #inserted(sale: Parameters<SaleStore["create"]>[0]): Sale {
    const { lastInsertRowid } = this.#file.run(
      `insert into sale (amount, description, fiat, invoice, payment_hash, created_at, expires_at, initiation, invoice_of, invoice_until, cart)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        sale.amount,
        sale.description,
        sale.fiat ?? null,
        sale.invoice,
        Buffer.from(sale.paymentHash),
        sale.createdAt,
        sale.expiresAt,
        JSON.stringify(NOT_ASKED),
        sale.invoiceOf ?? "node",
        sale.invoiceUntil ?? sale.expiresAt,
        sale.cart === undefined ? null : JSON.stringify(sale.cart),
      ],
    );
    return this.get(seconds(BigInt(lastInsertRowid)));
  }

  /** The sale that was created for the request of a key. */
  requested(key: string): Sale | undefined {
    return this.#sales("number = (select sale from sale_request where key = ?)", [key])[0];
  }

  /** Has every change of a sale reported, after it is durable. @returns ends that */
  observe(observer: (sale: Sale) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** @throws SaleError `not-found` */
  get(number: number): Sale {
    const [sale] = this.#sales("number = ?", [number]);
    if (!sale) throw new SaleError("not-found", TERMINAL.refusal.noSale(number));
    return sale;
  }

  /** Sales that are not final, oldest first. */
  unfinished(): Sale[] {
    return this.#sales("state in ('open', 'cancelling')", []);
  }

  /** Sales whose refund is not known to have arrived. */
  pendingRefunds(): Sale[] {
    return this.#sales("refund_state = 'pending'", []);
  }

  /** Sales after the one of this number, whatever the clock said, oldest first. */
  after(number: number): Sale[] {
    return this.#sales("number > ?", [number]);
  }

  /** Number of the newest sale; 0 for none. @throws SaleError */
  lastNumber(): number {
    const [last] = this.#sales("number = (select max(number) from sale)", []);
    return last?.number ?? 0;
  }

  /** Sales created in [from, to), unix seconds, oldest first. */
  between(from: number, to: number): Sale[] {
    return this.#sales("created_at >= ? and created_at < ?", [from, to]);
  }

  /** What a closing would have now: all that is final and in no day yet. */
  openDay(): DayTotals {
    return dayTotals(this.#sales(NEW_SALES, []), this.#sales(NEW_REFUNDS, []));
  }

  /**
   * Closes the day under the next number: each final sale and each paid refund is in one day, and in no other.
   * @param now Unix seconds
   * @returns undefined when nothing is new; no number is used then
   */
  closeDay(now: number): ClosedDay | undefined {
    const z = this.#file.transaction(() => {
      if (this.#sales(`${NEW_SALES} or ${NEW_REFUNDS}`, []).length === 0) return undefined;
      const { lastInsertRowid } = this.#file.run("insert into day (closed_at) values (?)", [now]);
      const number = seconds(BigInt(lastInsertRowid));
      this.#file.run(`update sale set z = ? where ${NEW_SALES}`, [number]);
      this.#file.run(`update sale set refund_z = ? where ${NEW_REFUNDS}`, [number]);
      return number;
    });
    return z === undefined ? undefined : this.day(z);
  }

  /** A day that was closed. @param z its number; without it the last one @throws SaleError `not-found` */
  day(z?: number): ClosedDay {
    const where = z === undefined ? "z = (select max(z) from day)" : "z = ?";
    const [found] = this.#file.all(
      `select z, closed_at from day where ${where}`,
      z === undefined ? [] : [z],
      (row: { z: bigint; closed_at: bigint }) => ({ z: seconds(row.z), closedAt: seconds(row.closed_at) }),
    );
    if (!found)
      throw new SaleError(
        "not-found",
        z === undefined ? "no day was closed yet" : `day ${z}: there is none of that number`,
        {
          hint: "Close the day with: chequecard terminal day",
        },
      );
    return {
      ...found,
      ...dayTotals(this.#sales("z = ?", [found.z]), this.#sales("refund_z = ?", [found.z])),
    };
  }

  /**
   * Another invoice for a sale whose first one can no longer be paid and was never asked for (specs/09 §4.4).
   * @throws SaleError `wrong-state` unless open and never asked for
   */
  reinvoice(
    number: number,
    {
      invoice,
      paymentHash,
      invoiceOf,
      invoiceUntil,
    }: Pick<Sale, "invoice" | "paymentHash" | "invoiceOf" | "invoiceUntil">,
  ): Sale {
    const sale = this.get(number);
    if (sale.initiation.phase !== "idle")
      throw new SaleError("wrong-state", `sale ${number}: its invoice was asked for`);
    return this.#change(
      number,
      "open",
      "invoice = ?, payment_hash = ?, invoice_of = ?, invoice_until = ?, token = null, node_uri = null",
      [invoice, Buffer.from(paymentHash), invoiceOf, invoiceUntil],
    );
  }

  /** The token is kept before anybody is asked with it. @throws SaleError `wrong-state` unless open */
  authorized(number: number, token: Uint8Array, nodeUri: string): Sale {
    return this.#change(number, "open", "token = ?, node_uri = ?", [Buffer.from(token), nodeUri]);
  }

  /**
   * Keeps that a Bolt Card's server is asked to pay a sale, before it is (specs/10 §6.4).
   * @param request names what is asked for, 32 bytes; @param at Unix seconds
   * @returns false: the very same was asked for before
   * @throws SaleError `wrong-state` unless open
   */
  askBoltCard(number: number, request: Uint8Array, at: number): boolean {
    const { changes } = this.#file.run(
      `insert or ignore into bolt_card_request (sale, request, at)
       select number, ?, ? from sale where number = ? and state = 'open'`,
      [Buffer.from(request), at, number],
    );
    if (changes === 0 && this.get(number).state !== "open") throw this.#wrongState(number, ["open"]);
    return changes > 0;
  }

  /** Whether a Bolt Card's server was asked to pay a sale. */
  wasBoltCardAsked(number: number): boolean {
    return (
      this.#file.all("select 1 from bolt_card_request where sale = ? limit 1", [number], () => true).length >
      0
    );
  }

  /** @throws SaleError `not-found` */
  loadInitiation(paymentHash: Uint8Array): Initiation {
    return this.#ofInvoice(paymentHash).initiation;
  }

  /** @throws SaleError `not-found`, `wrong-state` unless open, cancelling or accepted */
  saveInitiation(paymentHash: Uint8Array, state: Initiation): void {
    const { number } = this.#ofInvoice(paymentHash);
    this.#change(number, ["open", "cancelling", "accepted"], "initiation = ?", [JSON.stringify(state)]);
  }

  /** @throws SaleError `wrong-state` unless open */
  cancelling(number: number, reason: CancelReason, reasonCode?: number): Sale {
    return this.#change(number, "open", "state = 'cancelling', cancel_reason = ?, reason_code = ?", [
      reason,
      reasonCode ?? null,
    ]);
  }

  cancelled(number: number): Sale {
    return this.#change(number, "cancelling", "state = 'cancelled'", []);
  }

  /** Also while cancelling, and after a refusal of what had been accepted: the money was there first. */
  paid(number: number, received: Msat, paidAt: number): Sale {
    return this.#change(
      number,
      ["open", "cancelling", "accepted", "refused"],
      "state = 'paid', cancel_reason = null, reason_code = null, received = ?, paid_at = ?",
      [received, paidAt],
    );
  }

  /** Durable before the money leaves. @throws SaleError `wrong-state` unless paid, or when another refund stands */
  refunding(number: number, invoice: string, amount: Msat, to: Refund["to"] = "invoice"): Sale {
    const sale = this.get(number);
    if (sale.refund && sale.refund.invoice !== invoice) throw alreadyStarted(sale);
    return this.#change(
      number,
      "paid",
      "refund_invoice = ?, refund_amount = ?, refund_state = coalesce(refund_state, 'pending'), refund_to = ?",
      [invoice, amount, to],
    );
  }

  /**
   * Keeps the id under which a refund to the card will be asked for, in the place of another one.
   * @returns the id to ask with: another one where somebody else put it there meanwhile
   */
  newRefundId(number: number, before: Uint8Array | undefined, id: Uint8Array): Uint8Array {
    const { refundId } = this.#change(
      number,
      "paid",
      "refund_id = case when refund_id is ? then ? else refund_id end",
      [before ? Buffer.from(before) : null, Buffer.from(id)],
    );
    return refundId ?? id;
  }

  refunded(number: number): Sale {
    return this.#change(number, "paid", "refund_state = 'paid'", []);
  }

  /** Forgets a refund that failed for certain. */
  refundFailed(number: number): Sale {
    return this.#change(
      number,
      "paid",
      "refund_invoice = null, refund_amount = null, refund_state = null",
      [],
    );
  }

  /** An accepted sale that will not be paid. @throws SaleError `wrong-state` unless accepted */
  refused(number: number, reasonCode: number | undefined): Sale {
    return this.#change(
      number,
      "accepted",
      "state = 'refused', cancel_reason = 'rejected', reason_code = ?",
      [reasonCode ?? null],
    );
  }

  close(): void {
    this.#file.close();
  }

  #change(number: number, from: SaleState | SaleState[], set: string, values: SqliteValue[]): Sale {
    const states = [from].flat();
    const marks = states.map(() => "?").join(", ");
    const { changes } = this.#file.run(`update sale set ${set} where number = ? and state in (${marks})`, [
      ...values,
      number,
      ...states,
    ]);
    if (changes === 0) throw this.#wrongState(number, states);
    const sale = this.get(number);
    for (const observer of this.#observers) observer(sale);
    return sale;
  }

  #wrongState(number: number, states: readonly SaleState[]): SaleError {
    const { state } = this.get(number);
    return new SaleError("wrong-state", `sale ${number}: need it ${states.join(" or ")}, it is ${state}`);
  }

  #ofInvoice(paymentHash: Uint8Array): Sale {
    const [sale] = this.#sales("payment_hash = ?", [Buffer.from(paymentHash)]);
    if (!sale) throw new SaleError("not-found", "no sale has an invoice of this payment hash");
    return sale;
  }

  #sales(where: string, values: SqliteValue[]): Sale[] {
    return this.#file.all(`select * from sale where ${where} order by number`, values, toSale);
  }
}
