import {
  isCurrency,
  type Msat,
  msat,
  ParseError,
  type Price,
  parseAmount,
  parsePrice,
  satsFor,
} from "../../common/index.js";
import { TERMINAL } from "../../common/languages/spoken.js";

/** A sum in the currency of the run: `3.50eur`, `3,50`, `3.50€`. */
const SUM = /^(\d{1,9})(?:[.,](\d{1,9}))?([a-z]{3}|\p{Sc})?$/iu;

const MAX_SATS = 2_100_000_000_000_000n;

/** What to charge, and what the customer saw. */
export interface ChargeAmount {
  readonly amount: Msat;
  /** `3.50 EUR` */
  readonly fiat: string | undefined;
}

/** A sum as it was typed: in the smallest units of a currency, or of bitcoin. */
export type Sum = { readonly units: bigint; readonly price: Price } | { readonly amount: Msat };

/**
 * An amount to charge: `2500sat`, or a sum in the one currency of the run, which the rate or `currency` names. Rounded
 * up to a whole satoshi.
 * @param rate `61500eur`; where `currency` is given also `61500`
 * @param currency ISO 4217, for sums without a currency
 * @throws ParseError
 */
export const parseCharge = (text: string, rate: string | undefined, currency?: string): ChargeAmount =>
  chargeOf(parseSum(text, rate, currency), text);

/** A sum as {@link parseCharge} reads it, not yet converted. @throws ParseError */
export function parseSum(text: string, rate: string | undefined, currency?: string): Sum {
  if (currency !== undefined && !isCurrency(currency))
    throw new ParseError(
      "--currency",
      `need a code of ISO 4217 such as eur, have "${currency.slice(0, 20)}"`,
    );
  const price = rate === undefined ? undefined : readRate(rate, currency);
  const own = price?.currency ?? currency?.toUpperCase();
  const [, whole, fraction = "", unit] = SUM.exec(text) ?? [];
  const code = unit === undefined || unit === symbolOf(own) ? own : unit.toUpperCase();
  if (whole === undefined || code === undefined || !isCurrency(code))
    return { amount: parseAmount(text, "--amount") };
  if (own !== undefined && code !== own)
    throw new ParseError("--amount", TERMINAL.refusal.otherCurrency(own, text));
  if (!price) throw new ParseError("--rate", TERMINAL.refusal.noRate(code, `61500${code.toLowerCase()}`));
  return { units: unitsOf(text, whole, fraction, price), price };
}

function unitsOf(text: string, whole: string, fraction: string, { digits, currency }: Price): bigint {
  if (fraction.length > digits)
    throw new ParseError(
      "--amount",
      fraction.length === 3
        ? TERMINAL.refusal.twoWays(text, `${whole}${fraction}${currency.toLowerCase()}`)
        : TERMINAL.refusal.decimals(digits, currency, text),
    );
  return BigInt(whole + fraction.padEnd(digits, "0"));
}

/** What a sum is charged as. @param text for errors @throws ParseError for nothing, and for more than there is */
export function chargeOf(sum: Sum, text: string): ChargeAmount {
  const amount = "price" in sum ? amountOf(sum, text) : sum.amount;
  if (amount === 0n) throw new ParseError("--amount", TERMINAL.refusal.nothing);
  return { amount, fiat: "price" in sum ? formatUnits(sum.units, sum.price) : undefined };
}

/** A sum in whole satoshi, rounded up. @throws ParseError above 21 million bitcoin */
export function amountOf(
  { units, price }: { readonly units: bigint; readonly price: Price },
  text: string,
): Msat {
  const sats = satsFor(units, price);
  if (sats > MAX_SATS) throw new ParseError("--amount", TERMINAL.refusal.tooMuch(text));
  return msat(sats * 1000n);
}

/** `3.50 EUR` */
export function formatUnits(units: bigint, { digits, currency }: Price): string {
  const text = units.toString().padStart(digits + 1, "0");
  return `${digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`} ${currency}`;
}

function readRate(rate: string, currency: string | undefined): Price {
  const price = parsePrice(/[a-z]$/i.test(rate) || currency === undefined ? rate : rate + currency, "--rate");
  if (currency !== undefined && price.currency !== currency.toUpperCase())
    throw new ParseError(
      "--rate",
      `need a price in ${currency.toUpperCase()}, the default currency, have "${rate}"`,
    );
  return price;
}

/** `€` of EUR. */
function symbolOf(currency: string | undefined): string | undefined {
  if (currency === undefined) return undefined;
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  });
  return format.formatToParts(0).find(({ type }) => type === "currency")?.value;
}
