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

/**
 * Currencies of today (ISO 4217, list one, without funds, metals and codes for tests). What Node.js knows has the money
 * of the past among it.
 */
const CURRENCIES: ReadonlySet<string> = new Set(
  `
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR
PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF
YER ZAR ZMW ZWG
`
    .trim()
    .split(/\s+/),
);

/** Whether three letters are a code of ISO 4217 for money of today, in either case. */
export const isCurrency = (code: string): boolean => CURRENCIES.has(code.toUpperCase());

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
