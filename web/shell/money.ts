import type { Language } from "../../common/languages/language.js";

/** Keeps the place of a line that says nothing yet. */
export const NBSP = "\u00a0";

/** Digits of millisatoshi, as the API sends them, for people: `2,500 sat`. Nothing is rounded. */
export function showSat(msat: string, language: Language): string {
  const whole = BigInt(msat.slice(0, -3) || "0");
  const rest = msat.padStart(3, "0").slice(-3).replace(/0+$/, "");
  const point = new Intl.NumberFormat(language).format(1.5).replace(/\d/g, "");
  return `${new Intl.NumberFormat(language).format(whole)}${rest === "" ? "" : point + rest} sat`;
}

const DECIMAL = /^(\d+(?:\.(\d+))?) ([A-Z]{3})$/;

/** `3.50 EUR`, as the API sends it, as the language writes it; anything else as it is. */
export function showSum(text: string, language: Language): string {
  const [, value, decimals = "", currency] = DECIMAL.exec(text) ?? [];
  if (value === undefined || currency === undefined) return showSatText(text, language);
  const format = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    minimumFractionDigits: decimals.length,
    maximumFractionDigits: decimals.length,
  });
  // A text of digits is formatted exactly; the type wants it to be a literal.
  return format.format(value as `${number}`);
}

/** `2,500 sat`, with the separators of the language. */
function showSatText(text: string, language: Language): string {
  const [, whole, rest = ""] = /^([\d,]+)(?:\.(\d{1,3}))? sat$/.exec(text) ?? [];
  return whole === undefined ? text : showSat(whole.replaceAll(",", "") + rest.padEnd(3, "0"), language);
}

/** `61500eur`, as rates are kept, as a price. */
export function showRate(price: string, language: Language): string {
  const [, value, currency] = /^(\d+(?:\.\d+)?)([a-z]{3})$/.exec(price) ?? [];
  return value === undefined || currency === undefined
    ? price
    : showSum(`${value} ${currency.toUpperCase()}`, language);
}
