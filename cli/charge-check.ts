import { type Msat, parseAmount } from "../common/index.js";
import { shownMsat, shownSum } from "../common/languages/shown.js";
import { TERMINAL } from "../common/languages/spoken.js";
import type { SaleStore } from "../host/index.js";
import { type ChargeAmount, parseCharge } from "../host/terminal/charge-amount.js";
import type { CommandContext } from "./command-context.js";
import { confirm } from "./prompt/confirm.js";

/** Options that say what an amount means, and when to ask whether it is meant. */
export interface ChargeOptions {
  readonly rate?: string;
  readonly currency?: string;
  readonly maxSale?: string;
  readonly yes?: boolean;
}

/** A rate that makes the same sum this many times dearer or cheaper than at the last sale is asked about. */
const ODD_FACTOR = 2n;

/** Reads an amount, and the limit with it. @throws ParseError */
export function readCharge(text: string, options: ChargeOptions): ChargeAmount {
  largestSale(options);
  return parseCharge(text, options.rate, options.currency);
}

const largestSale = ({ maxSale }: ChargeOptions): Msat | undefined =>
  maxSale === undefined ? undefined : parseAmount(maxSale, "--max-sale");

/** The sentences that ask whether an amount is meant, where it is above the merchant's limit, or its rate far from the last. */
export function chargeQuestion(
  store: SaleStore,
  charge: ChargeAmount,
  options: ChargeOptions,
): string | undefined {
  const questions = [limitQuestion(charge, options), rateQuestion(store, charge, options)];
  return questions.filter((question) => question !== undefined).join(" ") || undefined;
}

const named = ({ fiat, amount }: ChargeAmount): string =>
  fiat === undefined ? shownMsat(amount) : TERMINAL.question.are(shownSum(fiat), shownMsat(amount));

function limitQuestion(charge: ChargeAmount, options: ChargeOptions): string | undefined {
  const limit = largestSale(options);
  if (limit === undefined || charge.amount <= limit) return undefined;
  return TERMINAL.question.aboveLimit(named(charge), shownMsat(limit));
}

function rateQuestion(store: SaleStore, charge: ChargeAmount, options: ChargeOptions): string | undefined {
  const before = charge.fiat === undefined ? undefined : lastIn(store, charge.fiat.slice(-3));
  if (before?.fiat === undefined) return undefined;
  const now = parseCharge(before.fiat.replace(" ", ""), options.rate, options.currency).amount;
  if (now <= before.amount * ODD_FACTOR && before.amount <= now * ODD_FACTOR) return undefined;
  return TERMINAL.question.oddRate(
    named(charge),
    shownSum(before.fiat),
    shownMsat(before.amount),
    shownMsat(now),
  );
}

/**
 * Asks whether an amount is meant that is above the merchant's limit, or whose rate is far from the last one.
 * @throws InputError when there is no terminal to ask on
 */
export async function isMeant(
  context: CommandContext,
  store: SaleStore,
  charge: ChargeAmount,
  options: ChargeOptions,
): Promise<boolean> {
  for (const question of [limitQuestion(charge, options), rateQuestion(store, charge, options)])
    if (question !== undefined && !(await confirm(context, question, options.yes))) return false;
  return true;
}

/** The last sale whose customer saw a sum in a currency. */
const lastIn = (store: SaleStore, currency: string) =>
  store.between(0, Number.MAX_SAFE_INTEGER).findLast(({ fiat }) => fiat?.endsWith(` ${currency}`));
