import { ParseError, ValueError } from "../../common/errors.js";
import { MAX_MSAT, type Msat } from "../../common/msat.js";
import { isNetwork, type Network } from "../network.js";

/** Msat in one unit of each multiplier, as a fraction: amount * numerator / denominator. */
const MULTIPLIERS = {
  "": [100_000_000_000n, 1n],
  m: [100_000_000n, 1n],
  u: [100_000n, 1n],
  n: [100n, 1n],
  p: [1n, 10n],
} as const;

const FORM = /^ln([a-z]+?)(?:(\d+)([a-z]?))?$/;

/**
 * The human-readable part: `ln`, network, then amount and multiplier where there is one.
 * @throws ParseError naming `network` or `amount`
 */
export function parsePrefix(hrp: string): { readonly network: Network; readonly amount: Msat | undefined } {
  const found = FORM.exec(hrp);
  const [, network = "", digits, letter = ""] = found ?? [];
  if (!isNetwork(network))
    throw new ParseError(
      "invoice/network",
      `need ln and a network (bc, tb, tbs, bcrt, sb), have "${hrp.slice(0, 12)}"`,
      { hint: "This is no Lightning invoice, or one of a network that is not known here." },
    );
  return { network, amount: digits === undefined ? undefined : parseDigits(digits, letter) };
}

function parseDigits(digits: string, letter: string): Msat {
  const path = "invoice/amount";
  const multiplier = MULTIPLIERS[letter as keyof typeof MULTIPLIERS];
  if (!multiplier) throw new ParseError(path, `need the multiplier m, u, n or p, have "${letter}"`);
  if (digits.startsWith("0") || digits.length > 20)
    throw new ParseError(path, "need 1 to 20 digits without a leading zero");
  const [numerator, denominator] = multiplier;
  const scaled = BigInt(digits) * numerator;
  if (scaled % denominator !== 0n) throw new ParseError(path, `${digits}${letter} is a fraction of an msat`);
  const amount = scaled / denominator;
  if (amount > MAX_MSAT) throw new ParseError(path, `${digits}${letter} is more than 21 million bitcoin`);
  return amount as Msat;
}

/**
 * The human-readable part, with the shortest form of the amount.
 * @throws ValueError for an amount of 0; leave it out instead
 */
export function formatPrefix(network: Network, amount: Msat | undefined): string {
  if (amount === undefined) return `ln${network}`;
  if (amount === 0n) throw new ValueError("invoice/amount", "need at least 1 msat, or no amount");
  for (const letter of ["", "m", "u", "n"] as const) {
    const [unit] = MULTIPLIERS[letter];
    if (amount % unit === 0n) return `ln${network}${amount / unit}${letter}`;
  }
  return `ln${network}${amount * 10n}p`;
}
