import { formatMsat, type Msat, msat, ParseError, type Price } from "../../common/index.js";
import { amountOf, type ChargeAmount, chargeOf, formatUnits, parseSum, type Sum } from "./charge-amount.js";

/** One line of a cart: a product, or a free amount. */
export interface CartItem {
  /** Of the product; undefined for a free amount. */
  readonly name: string | undefined;
  /** Of one, as it would be typed: `3.50eur`, `2500sat`. */
  readonly price: string;
  /** 1 to {@link MAX_QUANTITY}. */
  readonly quantity: number;
}

/** Whole percents of what is sold, or a sum. */
type Tip = { readonly percent: number } | { readonly amount: string };

/** What a customer buys. */
export interface Cart {
  readonly items: readonly CartItem[];
  readonly tip?: Tip | undefined;
  /** For the receipt, and for the payer. */
  readonly note?: string | undefined;
}

/** What one bitcoin costs, and in what currency sums without one are. */
export interface CartRate {
  readonly rate: string | undefined;
  readonly currency: string | undefined;
}

/** A line as it is charged. */
interface QuotedLine {
  readonly name: string | undefined;
  readonly quantity: number;
  /** Of one: `3.50 EUR`, `2,500 sat`. */
  readonly price: string;
  /** Of all: `7.00 EUR`. */
  readonly total: string;
  /** Of all, rounded up to a whole satoshi by itself: the sum is rounded once, so it may be a little less than these. */
  readonly amount: Msat;
}

/** What a cart comes to. */
export interface Quote extends ChargeAmount {
  /** Without the tip. */
  readonly goods: ChargeAmount;
  readonly lines: readonly QuotedLine[];
  /** `amount`: what it adds to the charge. */
  readonly tip:
    | { readonly percent: number | undefined; readonly total: string; readonly amount: Msat }
    | undefined;
  readonly note: string | undefined;
  /** Whether a rate was needed. */
  readonly isConverted: boolean;
}

/** A cart as the sale keeps it, for the receipt. */
export interface SoldCart {
  readonly lines: readonly { readonly name?: string; readonly quantity: number; readonly total: string }[];
  readonly tip?: { readonly percent?: number; readonly total: string };
  readonly note?: string;
}

export const MAX_QUANTITY = 999;
/** Lines of one cart: its receipt stays a receipt. */
export const MAX_LINES = 50;

const times = (sum: Sum, quantity: bigint): Sum =>
  "price" in sum
    ? { ...sum, units: sum.units * quantity }
    : { amount: msat(sum.amount * quantity, "amount") };

const show = (sum: Sum): string =>
  "price" in sum ? formatUnits(sum.units, sum.price) : formatMsat(sum.amount);

const inMsat = (sum: Sum, text: string): Msat => ("price" in sum ? amountOf(sum, text) : sum.amount);

/** Sums in one currency stay in it and are converted once; where a sum in bitcoin is among them all are. */
function add(sums: readonly Sum[], path: string): Sum {
  let units = 0n;
  let price: Price | undefined;
  let amount = 0n;
  for (const sum of sums) {
    if ("price" in sum) {
      units += sum.units;
      ({ price } = sum);
    } else amount += sum.amount;
  }
  if (!price) return { amount: msat(amount, path) };
  return amount === 0n ? { units, price } : { amount: msat(amount + amountOf({ units, price }, path), path) };
}

/** Half a smallest unit, or half a satoshi, is rounded up. */
function percentOf(sum: Sum, percent: number): Sum {
  const share = BigInt(percent);
  if ("price" in sum) return { ...sum, units: (sum.units * share + 50n) / 100n };
  return { amount: msat(((sum.amount * share + 50_000n) / 100_000n) * 1000n, "tip") };
}

/** @throws ParseError with the path of the field */
function within<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ParseError) || error.path === "--rate") throw error;
    throw new ParseError(path, error.message.replace(/^--?\w+: /, ""));
  }
}

function readTip(tip: Tip, goods: Sum, { rate, currency }: CartRate): Sum {
  if ("amount" in tip)
    return within("tip/amount", () => {
      const sum = parseSum(tip.amount, rate, currency);
      chargeOf(sum, tip.amount);
      return sum;
    });
  const { percent } = tip;
  if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return percentOf(goods, percent);
  throw new ParseError("tip/percent", `need a whole number from 1 to 100, have ${percent}`);
}

function readItem({ name, price, quantity }: CartItem, at: number, rate: CartRate): Sum {
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY)
    throw new ParseError(
      `items/${at}/quantity`,
      `need a whole number from 1 to ${MAX_QUANTITY}, have ${quantity}`,
    );
  const path = name === undefined ? `items/${at}/amount` : `items/${at}/product`;
  return within(path, () => {
    const sum = parseSum(price, rate.rate, rate.currency);
    chargeOf(sum, price);
    return sum;
  });
}

/**
 * What a cart comes to. Lines in the till's currency are added in its smallest units and converted once, rounded up to a
 * whole satoshi; with a line in satoshi among them the whole cart is counted in satoshi. A tip in percent is rounded to the
 * nearest unit of what the goods are counted in, half a unit up.
 * @throws ParseError naming the line; ValueError above 21 million bitcoin
 */
export function quoteCart({ items, tip, note }: Cart, rate: CartRate): Quote {
  if (items.length === 0 || items.length > MAX_LINES)
    throw new ParseError("items", `need 1 to ${MAX_LINES} lines, have ${items.length}`);
  const read = items.map((item, at) => {
    const one = readItem(item, at, rate);
    return { item, one, all: times(one, BigInt(item.quantity)) };
  });
  const sold = add(
    read.map(({ all }) => all),
    "items",
  );
  const given = tip && readTip(tip, sold, rate);
  const goods = chargeOf(sold, "the cart");
  const total = given ? chargeOf(add([sold, given], "tip"), "the cart") : goods;
  return {
    ...total,
    goods,
    lines: read.map(({ item: { name, quantity }, one, all }) => ({
      name,
      quantity,
      price: show(one),
      total: show(all),
      amount: inMsat(all, "the line"),
    })),
    tip: given && {
      percent: tip && "percent" in tip ? tip.percent : undefined,
      total: show(given),
      amount: msat(total.amount - goods.amount),
    },
    note,
    isConverted: [...read.map(({ one }) => one), ...(given ? [given] : [])].some((sum) => "price" in sum),
  };
}

/** What the sale keeps of its cart. */
export const soldCart = ({ lines, tip, note }: Quote): SoldCart => ({
  lines: lines.map(({ name, quantity, total }) => ({
    ...(name === undefined ? {} : { name }),
    quantity,
    total,
  })),
  ...(tip
    ? { tip: { ...(tip.percent === undefined ? {} : { percent: tip.percent }), total: tip.total } }
    : {}),
  ...(note === undefined ? {} : { note }),
});

/** Reads what {@link soldCart} kept. */
export const parseCart = (text: string): SoldCart => JSON.parse(text) as SoldCart;

/** Bytes of UTF-8 that a description in an invoice has at most (BOLT 11). */
const MAX_DESCRIPTION = 639;

const size = (text: string): number => Buffer.byteLength(text);

/** As many whole characters as fit. */
function cut(text: string, bytes: number): string {
  let kept = "";
  for (const character of text) {
    if (size(kept + character) > bytes) return kept;
    kept += character;
  }
  return kept;
}

/**
 * What the payer sees of a cart: its lines, the tip and the note, within the bounds of an invoice. Lines that do not fit are
 * counted.
 * @param place where a free amount has neither name nor note
 */
export function describeCart({ lines, tip, note }: Quote, place: string): string {
  const parts = lines.map(({ name, quantity, price }) =>
    quantity === 1 ? (name ?? price) : `${quantity} x ${name ?? price}`,
  );
  const [only] = lines;
  const isPlain = lines.length === 1 && only?.name === undefined && only?.quantity === 1;
  const end = [...(tip ? [`+ ${tip.total}`] : []), ...(note === undefined ? [] : [`(${note})`])].join(" ");
  if (isPlain) return cut(note ?? place, MAX_DESCRIPTION);
  for (let shown = parts.length; shown >= 0; shown--) {
    const rest = parts.length - shown;
    const text = [parts.slice(0, shown).join(", "), ...(rest === 0 ? [] : [`+${rest}`]), end]
      .filter(Boolean)
      .join(" ");
    if (size(text) <= MAX_DESCRIPTION) return text;
  }
  return cut(end, MAX_DESCRIPTION);
}
