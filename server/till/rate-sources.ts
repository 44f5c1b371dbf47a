import { ValueError } from "../../common/errors.js";

/** Where the price of a bitcoin is read. */
export interface RateSource {
  /** For people. */
  readonly name: string;
  readonly url: string;
  /** Where the price is in its JSON, names and numbers with points between; `*`: the only member. */
  readonly path: string;
}

/** Public sources by name; each says what one bitcoin costs without a key. `{CUR}`: the currency, `{cur}` in small letters. */
const KNOWN: Readonly<Record<string, Omit<RateSource, "name">>> = {
  bitstamp: { url: "https://www.bitstamp.net/api/v2/ticker/btc{cur}/", path: "last" },
  coinbase: { url: "https://api.coinbase.com/v2/prices/BTC-{CUR}/spot", path: "data.amount" },
  coingecko: {
    url: "https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies={cur}",
    path: "bitcoin.{cur}",
  },
  kraken: { url: "https://api.kraken.com/0/public/Ticker?pair=XBT{CUR}", path: "result.*.c.0" },
  mempool: { url: "https://mempool.space/api/v1/prices", path: "{CUR}" },
};

/** The names of the sources that are known. */
export const RATE_SOURCES: readonly string[] = Object.keys(KNOWN);

/** A source that is known by name. @param currency ISO 4217 */
export function knownSource(name: string, currency: string): RateSource | undefined {
  const found = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  const filled = (text: string) =>
    text.replaceAll("{CUR}", currency.toUpperCase()).replaceAll("{cur}", currency.toLowerCase());
  return found && { name, url: filled(found.url), path: filled(found.path) };
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 40);

function step(value: unknown, name: string, path: string): unknown {
  if (typeof value !== "object" || value === null)
    throw new ValueError("path", `"${path}" leads to ${shown(value)} before "${name}"`);
  if (name !== "*") return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  const members = Object.values(value);
  if (members.length !== 1)
    throw new ValueError("path", `need one member at "*" of "${path}", have ${members.length}`);
  return members[0];
}

const PRICE = /^(\d{1,12})(?:\.(\d{1,2})\d{0,30})?$/;

/**
 * The price in what a source answered, cut off after two decimals.
 * @returns digits, such as `61500.25`
 * @throws ValueError
 */
export function priceIn(body: string, path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ValueError("answer", "need JSON");
  }
  for (const name of path.split(".")) value = step(value, name, path);
  const text = typeof value === "number" || typeof value === "string" ? String(value).trim() : "";
  const [, whole, cents] = PRICE.exec(text) ?? [];
  if (whole === undefined || /^0*$/.test(whole + (cents ?? "")))
    throw new ValueError("path", `need a price above 0 at "${path}", have ${shown(value)}`);
  return cents === undefined ? whole : `${whole}.${cents}`;
}
