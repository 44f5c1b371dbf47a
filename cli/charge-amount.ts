import {
  isCurrency,
  type Msat,
  msat,
  ParseError,
  type Price,
  parseAmount,
  parsePrice,
  satsFor,
} from "../common/index.js";

/** A sum in the currency of the run: `3.50eur`, `3,50`, `3.50€`. */
const SUM = /^(\d{1,9})(?:[.,](\d{1,9}))?([a-z]{3}|\p{Sc})?$/iu;

const MAX_SATS = 2_100_000_000_000_000n;

/** What to charge, and what the customer saw. */
export interface ChargeAmount {
  readonly amount: Msat;
  /** `3.50 EUR` */
  readonly fiat: string | undefined;
}

/**
 * An amount to charge: `2500sat`, or a sum in the one currency of the run, which the rate or `currency` names. Rounded
 * up to a whole satoshi.
 * @param rate `61500eur`; where `currency` is given also `61500`
 * @param currency ISO 4217, for sums without a currency
 * @throws ParseError
 */
export function parseCharge(text: string, rate: string | undefined, currency?: string): ChargeAmount {
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
    return { amount: positive(parseAmount(text, "--amount")), fiat: undefined };
  if (own !== undefined && code !== own)
    throw new ParseError("--amount", `need ${own}, the currency of this run, have "${text}"`);
  if (!price)
    throw new ParseError(
      "--rate",
      `need the price of one bitcoin in ${code}, such as 61500${code.toLowerCase()}, have none`,
    );
  return chargeSum(text, whole, fraction, price);
}

function chargeSum(text: string, whole: string, fraction: string, price: Price): ChargeAmount {
  const { digits, currency } = price;
  const code = currency.toLowerCase();
  if (fraction.length > digits)
    throw new ParseError(
      "--amount",
      fraction.length === 3
        ? `"${text}" can be read in two ways; write ${whole}${fraction}${code} with nothing between thousands`
        : `need at most ${digits} decimals in ${currency}, have "${text}"`,
    );
  const decimals = fraction.padEnd(digits, "0");
  const sats = satsFor(BigInt(whole + decimals), price);
  if (sats > MAX_SATS) throw new ParseError("--amount", `need at most 21 million bitcoin, have ${text}`);
  return {
    amount: positive(msat(sats * 1000n)),
    fiat: `${whole}${digits === 0 ? "" : `.${decimals}`} ${currency}`,
  };
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

function positive(amount: Msat): Msat {
  if (amount === 0n) throw new ParseError("--amount", "need more than 0");
  return amount;
}
