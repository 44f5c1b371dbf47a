import { type Msat, msat, ParseError, parseAmount } from "../common/index.js";

const FIAT = /^(\d{1,9})(?:\.(\d{1,2}))?([a-z]{3})$/i;
const RATE = /^(\d{1,12})(?:\.(\d{1,4}))?$/;

const MAX_SATS = 2_100_000_000_000_000n;

/** What to charge, and what the customer saw. */
export interface ChargeAmount {
  readonly amount: Msat;
  /** `3.50 EUR` */
  readonly fiat: string | undefined;
}

/**
 * An amount to charge: `2500sat`, or `3.50eur` with a rate in that currency a bitcoin. Rounded up to a whole
 * satoshi.
 * @throws ParseError
 */
export function parseCharge(text: string, rate: string | undefined): ChargeAmount {
  const fiat = FIAT.exec(text);
  if (!fiat || /^\d+(\.\d+)?(sat|btc)$/i.test(text))
    return { amount: positive(parseAmount(text, "--amount")), fiat: undefined };
  const price = RATE.exec(rate ?? "");
  if (!price)
    throw new ParseError(
      "--rate",
      `need the price of one bitcoin in ${fiat[3]}, such as 61500.00, have ${rate ?? "none"}`,
    );
  const cents = BigInt(fiat[1] + (fiat[2] ?? "").padEnd(2, "0"));
  const ratePer10000 = BigInt(price[1] + (price[2] ?? "").padEnd(4, "0"));
  if (ratePer10000 === 0n) throw new ParseError("--rate", "need more than 0");
  // cents / 100 / (rate / 10^4) bitcoin, in satoshi, rounded up.
  const sats = (cents * 10_000_000_000n + ratePer10000 - 1n) / ratePer10000;
  if (sats > MAX_SATS)
    throw new ParseError("--amount", `need at most 21 million bitcoin, have ${text} at ${rate}`);
  return {
    amount: positive(msat(sats * 1000n)),
    fiat: `${fiat[1]}.${(fiat[2] ?? "").padEnd(2, "0")} ${fiat[3]?.toUpperCase()}`,
  };
}

function positive(amount: Msat): Msat {
  if (amount === 0n) throw new ParseError("--amount", "need more than 0");
  return amount;
}
