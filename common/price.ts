import { ParseError } from "./errors.js";

/** What one bitcoin costs. */
export interface Price {
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** In the ten-thousandth part of the currency. */
  readonly perBitcoin: bigint;
  /** Decimals of the currency: JPY 0, EUR 2, KWD 3. */
  readonly digits: number;
}

const PRICE = /^(\d{1,12})(?:\.(\d{1,2}))? ?([a-z]{3})$/i;
const MSAT_PER_BITCOIN = 100_000_000_000n;
const SATS_PER_BITCOIN = 100_000_000n;
const SCALE = 10_000n;

/** Whether three letters are a code of ISO 4217, in either case. */
export const isCurrency = (code: string): boolean =>
  Intl.supportedValuesOf("currency").includes(code.toUpperCase());

/**
 * Reads a price that names its currency: `61500eur`, `61500.50 EUR`.
 * @param name of the option, for errors
 * @throws ParseError
 */
export function parsePrice(text: string, name: string): Price {
  const [, whole = "", cents = "", currency = ""] = PRICE.exec(text) ?? [];
  const perBitcoin = BigInt(whole + cents.padEnd(4, "0"));
  if (!isCurrency(currency) || perBitcoin === 0n)
    throw new ParseError(
      name,
      `need the price of one bitcoin and its currency, such as 61500eur with nothing between thousands, have "${text.slice(0, 40)}"`,
    );
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return {
    currency: currency.toUpperCase(),
    perBitcoin,
    digits: format.resolvedOptions().maximumFractionDigits ?? 2,
  };
}

/** What a sum of a currency's smallest units costs, in whole satoshi, rounded up. */
export function satsFor(units: bigint, { perBitcoin, digits }: Price): bigint {
  const divisor = perBitcoin * 10n ** BigInt(digits);
  return (units * SATS_PER_BITCOIN * SCALE + divisor - 1n) / divisor;
}

/** An amount of msat in a currency, with as many decimals as that has, half a unit rounded up. */
export function msatIn(amount: bigint, price: Price): string {
  if (amount < 0n) return `-${msatIn(-amount, price)}`;
  const { perBitcoin, digits } = price;
  const unit = 10n ** BigInt(digits);
  const divisor = MSAT_PER_BITCOIN * SCALE;
  const units = (amount * perBitcoin * unit + divisor / 2n) / divisor;
  const text = units.toString().padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
