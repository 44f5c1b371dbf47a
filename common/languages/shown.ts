import { localTime } from "../local-time.js";
import { formatMsat } from "../msat.js";
import type { Language } from "./language.js";
import { LANGUAGE } from "./spoken.js";

/** A space that no line is broken at. */
const NO_BREAK = "\u00a0";

/** Writes decimals; exact, since a text of digits is no double. */
const decimals = (language: Language, digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** `2,500 sat`, `2.500 sat`, `2 500 sat` in the language of this process. Exact, as {@link formatMsat} is. */
export function shownMsat(amount: bigint): string {
  if (LANGUAGE === "en") return formatMsat(amount);
  const rest = (amount % 1000n).toString().replace("-", "").padStart(3, "0").replace(/0+$/, "");
  const whole = (amount < 0n ? -amount : amount) / 1000n;
  return `${amount < 0n ? "-" : ""}${shownDecimal(`${whole}${rest ? `.${rest}` : ""}`)}${NO_BREAK}sat`;
}

/** A sum that a sale has kept, `3.50 EUR` or `2,500 sat`, in the language of this process. */
export function shownSum(sum: string): string {
  const [, number, currency] = /^(\d+(?:\.\d+)?) ([A-Z]{3}|sat)$/.exec(sum.replaceAll(",", "")) ?? [];
  return LANGUAGE === "en" || number === undefined ? sum : `${shownDecimal(number)}${NO_BREAK}${currency}`;
}

/** `2026-11-22 14:03:05`, `22.11.2026, 14:03:05`. @param iso ISO 8601; @param timeZone IANA name */
export function shownTime(iso: string, timeZone: string): string {
  if (LANGUAGE === "en") return localTime(iso, timeZone);
  const date = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return new Intl.DateTimeFormat(LANGUAGE, { timeZone, ...date, ...time }).format(new Date(iso));
}

/** `1234.50` with the language's own separators. */
function shownDecimal(number: string): string {
  const [, fraction = ""] = number.split(".");
  // French has a narrow space between thousands, which many fonts and printers lack.
  return decimals(LANGUAGE, fraction.length)
    .format(number as Intl.StringNumericLiteral)
    .replaceAll("\u202f", NO_BREAK);
}
