import { ParseError, ValueError } from "./errors.js";

declare const brand: unique symbol;
/** An amount of millisatoshi, 0..MAX_MSAT. Made only by {@link msat}, {@link parseAmount} and the arithmetic here. */
export type Msat = bigint & { readonly [brand]: "msat" };

/** 21 million bitcoin in millisatoshi, the greatest amount that exists (specs/01 §2). */
export const MAX_MSAT = 2_100_000_000_000_000_000n as Msat;

/**
 * A bigint as an amount.
 * @throws ValueError below 0 or above {@link MAX_MSAT}
 */
export function msat(value: bigint, path = "amount"): Msat {
  if (value < 0n) throw new ValueError(path, `need at least 0 msat, have ${value}`);
  if (value > MAX_MSAT)
    throw new ValueError(path, `need at most ${MAX_MSAT} msat (21 million bitcoin), have ${value}`);
  return value as Msat;
}

/** Whole satoshi as an amount. @throws ValueError out of range */
export const sat = (value: bigint | number): Msat => msat(BigInt(value) * 1000n);

/** a + b. @throws ValueError above {@link MAX_MSAT} */
export const addMsat = (a: Msat, b: Msat): Msat => msat(a + b, "sum");
/** a - b. @throws ValueError below 0 */
export const subMsat = (a: Msat, b: Msat): Msat => msat(a - b, "difference");
/** Sum of any number of amounts. @throws ValueError above {@link MAX_MSAT} */
export const sumMsat = (amounts: Iterable<Msat>): Msat => {
  let total = 0n as Msat;
  for (const amount of amounts) total = addMsat(total, amount);
  return total;
};

const UNITS = { msat: 0, sat: 3, btc: 11 } as const;
const AMOUNT = /^(\d{1,20})(?:\.(\d{1,11}))?([a-z]{1,12})$/;

/**
 * Reads `1000msat`, `2500sat` or `0.001btc`: decimal digits, a unit, no spaces or signs, whole sat and msat. A point
 * before exactly three digits is refused where it may stand between thousands.
 * @throws ParseError naming what is wrong; nothing is rounded
 */
export function parseAmount(text: string, path = "amount"): Msat {
  const shown = text.slice(0, 40);
  const found = AMOUNT.exec(text.toLowerCase());
  if (!found)
    throw new ParseError(
      path,
      `need a number with a unit such as 2500sat, 1000msat or 0.001btc, with nothing between thousands, have "${shown}"`,
    );
  const [, whole = "", fraction = "", unit = ""] = found;
  if (!isUnit(unit)) throw new ParseError(path, `"${unit}" is no unit; did you mean sat? (sat, msat or btc)`);
  const digits = UNITS[unit];
  if (fraction.length === 3 && !/^0+$/.test(whole))
    throw new ParseError(
      path,
      `"${shown}" can be read in two ways; write ${whole}${fraction}${unit}${unit === "btc" ? `, or ${whole}.${fraction}0btc` : ""}`,
    );
  if (unit === "sat" && /[1-9]/.test(fraction))
    throw new ParseError(
      path,
      `need whole sat, have "${shown}"; write a part of a sat in msat, such as 500msat`,
    );
  if (fraction.replace(/0+$/, "").length > digits)
    throw new ParseError(path, `${text} is not a whole number of millisatoshi`);
  const value = BigInt(whole + fraction.padEnd(digits, "0").slice(0, digits));
  if (value > MAX_MSAT) throw new ParseError(path, `${text} is more than 21 million bitcoin`);
  return value as Msat;
}

const isUnit = (text: string): text is keyof typeof UNITS => Object.hasOwn(UNITS, text);

/** `2,500 sat`, `0.5 sat`: for people. Exact: three decimals where there are millisatoshi. */
export function formatMsat(amount: bigint): string {
  const sign = amount < 0n ? "-" : "";
  const absolute = amount < 0n ? -amount : amount;
  const whole = (absolute / 1000n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = (absolute % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
  return `${sign}${whole}${rest ? `.${rest}` : ""} sat`;
}

/** The exact text {@link parseAmount} reads back, in the largest unit without a fraction: `2500sat`, `1001msat`. */
export function printAmount(amount: Msat): string {
  return amount % 1000n === 0n ? `${amount / 1000n}sat` : `${amount}msat`;
}
