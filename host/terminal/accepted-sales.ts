import { TERMINAL } from "../../common/languages/spoken.js";
import { type Msat, msat } from "../../common/msat.js";
import type { SqliteFile } from "../../common/sqlite-file.js";
import { type CardPoint, contradictionAmong } from "../../offline/contradiction.js";
import type { HeldSales } from "../../offline/floor-limits.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import type { OfflineAuthorization } from "../../offline/verify.js";
import { type Sale, SaleError } from "./sale.js";
import { type SaleRow, seconds, toSale } from "./sale-row.js";

/** What is kept of a sale when it is accepted. */
export interface Acceptance {
  /** 149 bytes. */
  readonly token: Uint8Array;
  /** Where it will be forwarded to. */
  readonly nodeUri: string;
  /** Issuer key of the pack, 33 bytes. */
  readonly issuer: Uint8Array;
  /** Unix seconds. */
  readonly acceptedAt: number;
}

/** How many there are of a state, and over how much. */
export interface SalesSum {
  readonly sales: number;
  readonly total: Msat;
}

interface PointRow {
  counter: bigint;
  amount: bigint;
  card_total: bigint;
}

interface SumRow {
  sales: bigint;
  total: bigint;
}

const toPoint = ({ counter, amount, card_total }: PointRow): CardPoint => ({
  counter,
  amount,
  total: card_total,
});

/**
 * Sales that a terminal accepted without a connection, in its file of sales (specs/09 §4). Every change is durable when its
 * method returns. Every method throws SaleError `damaged`, `io`.
 */
export class AcceptedSales {
  readonly #file: SqliteFile;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  /** Names the file in bundles, 16 bytes. */
  id(): Uint8Array {
    const [id] = this.#file.all("select id from terminal", [], (row: { id: Buffer }) =>
      Uint8Array.from(row.id),
    );
    if (!id) throw new SaleError("damaged", "the file of sales has lost its id");
    return id;
  }

  /** What is accepted and neither paid nor refused. @param cardId 8 bytes */
  held(cardId: Uint8Array): HeldSales {
    const all = this.open();
    const [card] = this.#sums("state = 'accepted' and card_id = ?", [Buffer.from(cardId)]);
    return { ...all, card: card?.total ?? msat(0n) };
  }

  /** Sum of what is accepted and neither paid nor refused. */
  open(): SalesSum {
    const [sum] = this.#sums("state = 'accepted'", []);
    return sum ?? { sales: 0, total: msat(0n) };
  }

  /** Whether a card has signed here what contradicts. @param cardId 8 bytes */
  isDenied(cardId: Uint8Array): boolean {
    return (
      this.#file.all("select 1 from denied_card where card_id = ?", [Buffer.from(cardId)], () => 1).length > 0
    );
  }

  /**
   * Accepts an open sale, durably, in one step with the check that its token contradicts none of those held. A card that
   * contradicts is denied here from now on.
   * @throws OfflineRefusal `card-contradicts`; SaleError `wrong-state` unless open: nothing is accepted then
   */
  accept(number: number, authorization: OfflineAuthorization, acceptance: Acceptance): Sale {
    const { cardId, amount } = authorization;
    const point = { counter: BigInt(authorization.counter), amount, total: authorization.total };
    const refusal = this.#file.transaction((): OfflineRefusal | undefined => {
      const contradiction = contradictionAmong(point, this.#beside(number, cardId, point.counter));
      if (contradiction !== undefined) {
        this.#file.run("insert into denied_card (card_id, at) values (?, ?) on conflict do nothing", [
          Buffer.from(cardId),
          acceptance.acceptedAt,
        ]);
        return new OfflineRefusal("card-contradicts", { hint: `Found: ${contradiction}.` });
      }
      const { changes } = this.#file.run(
        `update sale set state = 'accepted', token = ?, node_uri = ?, issuer = ?, accepted_at = ?, next_try_at = ?,
           card_id = ?, counter = ?, card_total = ? where number = ? and state = 'open' and amount = ?`,
        [
          Buffer.from(acceptance.token),
          acceptance.nodeUri,
          Buffer.from(acceptance.issuer),
          acceptance.acceptedAt,
          acceptance.acceptedAt,
          Buffer.from(cardId),
          point.counter,
          point.total,
          number,
          amount,
        ],
      );
      if (changes === 0) throw new SaleError("wrong-state", `sale ${number}: need it open to be accepted`);
      return undefined;
    });
    if (refusal) throw refusal;
    return this.#sale(number);
  }

  /** Accepted sales whose next attempt is due, oldest first. @param now Unix seconds */
  due(now: number, limit: number): Sale[] {
    return this.#sales("state = 'accepted' and next_try_at <= ? order by number limit ?", [now, limit]);
  }

  /** When the next one is due, Unix seconds; undefined: none is open. */
  nextDue(): number | undefined {
    return this.#file.all(
      "select next_try_at from sale where state = 'accepted' order by next_try_at limit 1",
      [],
      (row: { next_try_at: bigint }) => seconds(row.next_try_at),
    )[0];
  }

  /** Every sale that was accepted and is not paid or refused, a page at a time: those after a number, oldest first. */
  page(after: number, limit: number): Sale[] {
    return this.#sales("state = 'accepted' and number > ? order by number limit ?", [after, limit]);
  }

  /** The accepted sale of an invoice, whatever became of it. @param paymentHash 32 bytes */
  ofInvoice(paymentHash: Uint8Array): Sale | undefined {
    return this.#sales("accepted_at is not null and payment_hash = ?", [Buffer.from(paymentHash)])[0];
  }

  /** Tries an accepted sale again later. @returns how often it was tried @param at Unix seconds */
  later(number: number, at: (tries: number) => number): number {
    const [tries = 0] = this.#file.all(
      "select tries from sale where number = ?",
      [number],
      (row: { tries: bigint }) => seconds(row.tries),
    );
    this.#file.run("update sale set tries = ?, next_try_at = ? where number = ? and state = 'accepted'", [
      tries + 1,
      at(tries + 1),
      number,
    ]);
    return tries + 1;
  }

  /** All accepted sales are due at once: there is a connection again. @param now Unix seconds */
  dueNow(now: number): void {
    this.#file.run("update sale set next_try_at = ? where state = 'accepted' and next_try_at > ?", [
      now,
      now,
    ]);
  }

  #beside(number: number, cardId: Uint8Array, counter: bigint) {
    const point = (where: string): CardPoint | undefined =>
      this.#file.all(
        `select counter, amount, card_total from sale where card_id = ? and number <> ? and ${where} limit 1`,
        [Buffer.from(cardId), number, counter],
        toPoint,
      )[0];
    const before = point("counter < ? order by counter desc");
    const same = point("counter = ?");
    const after = point("counter > ? order by counter");
    return { ...(before ? { before } : {}), ...(same ? { same } : {}), ...(after ? { after } : {}) };
  }

  #sums(where: string, values: readonly Buffer[]): SalesSum[] {
    return this.#file.all(
      `select count(*) as sales, coalesce(sum(amount), 0) as total from sale where ${where}`,
      values,
      ({ sales, total }: SumRow) => ({ sales: seconds(sales), total: msat(total, "total") }),
    );
  }

  #sale(number: number): Sale {
    const [sale] = this.#sales("number = ?", [number]);
    if (!sale) throw new SaleError("not-found", TERMINAL.refusal.noSale(number));
    return sale;
  }

  #sales(where: string, values: readonly (string | number | Uint8Array)[]): Sale[] {
    return this.#file.all(`select * from sale where ${where}`, values, (row: SaleRow) => toSale(row));
  }
}
