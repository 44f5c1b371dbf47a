import { type ChargeOptions, readCharge } from "../../cli/charge-check.js";
import { readAnswer } from "../../cli/node/ask-node.js";
import type { AnswerOf, OperationName, RequestOf } from "../../cli/node/operations.js";
import type { ReadersNow } from "../../cli/reader-choice.js";
import type { Language } from "../../common/languages/language.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import type { ChargeAmount } from "../../host/terminal/charge-amount.js";
import type { RateBook } from "../../host/terminal/rate-book.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import { HttpProblem } from "../problem.js";
import type { Counter } from "./counter.js";
import type { RatePoller } from "./rate-poller.js";

/** A till that serves an API. */
export interface OpenTill {
  readonly counter: Counter;
  readonly store: SaleStore;
  /** Absolute path of the file of sales, by which operations name it. */
  readonly sales: string;
  /** Folder of the merchant's node. */
  readonly folder: string;
  /** What its amounts mean: currency, limit. The rate is in `rates`. */
  readonly charging: Omit<ChargeOptions, "rate">;
  readonly rates: RateBook;
  /** Asks for the rate, where a source is set. */
  readonly poller: RatePoller | undefined;
  /** Tips that a customer is offered; undefined: none is taken. */
  readonly tips: { readonly percents: readonly number[]; readonly amounts: readonly string[] } | undefined;
  /** Of its notices, and of its page. */
  readonly language: Language;
  readonly place: string;
  /** How long a sale stays open unless a charge says otherwise. */
  readonly expirySeconds: number;
  /** The readers that this process watches. @throws TransportError */
  readonly readersNow: ReadersNow;
  /** Whether the node or a payer is known to be away. */
  isOffline(): boolean;
  /** Prints lines where there is a receipt printer. @throws FileError; InputError */
  readonly print: ((lines: readonly string[]) => Promise<void>) | undefined;
  /** Characters of a line of its paper. */
  readonly columns: number;
  /** Does what the control channel of the node does. */
  run(request: unknown): Promise<unknown>;
}

/** Has an operation of the control channel done. @throws as the operation */
export const ask = async <Name extends OperationName>(
  { run }: Pick<OpenTill, "run">,
  name: Name,
  request: RequestOf<Name>,
): Promise<AnswerOf<Name>> => readAnswer(name, await run({ op: name, ...request }));

/** What an amount means now. @param rate of the request; undefined: the till's */
export const chargingOf = (
  { charging, rates }: Pick<OpenTill, "charging" | "rates">,
  rate: string | undefined,
): ChargeOptions => {
  const used = rate ?? rates.last?.price;
  return { ...charging, ...(used === undefined ? {} : { rate: used }) };
};

/** Holds that the till's rate may be used. @throws HttpProblem `rate-too-old` */
export function expectFreshRate({ rates }: Pick<OpenTill, "rates">, now = Date.now()): void {
  const { last } = rates;
  if (!last?.isTooOld) return;
  const minutes = Math.floor((now / 1000 - last.at) / 60);
  throw new HttpProblem(409, "rate-too-old", TERMINAL.refusal.oldRate(last.price, minutes), {
    hint: TERMINAL.refusal.newRate,
  });
}

/** Reads an amount. @throws ParseError; HttpProblem `rate-too-old` */
export function amountNow(till: OpenTill, text: string, rate: string | undefined): ChargeAmount {
  const wanted = readCharge(text, chargingOf(till, rate));
  if (wanted.fiat !== undefined && rate === undefined) expectFreshRate(till);
  return wanted;
}
