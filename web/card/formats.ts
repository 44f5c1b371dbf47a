/** How numbers and times are written for a visitor. */
export interface Formats {
  /** Millisatoshi, decimal digits, as satoshi. */
  sats(msat: string): string;
  money(sum: string, currency: string): string;
  time(iso: string): string;
  /** A wait: `12 minutes`. */
  wait(seconds: number): string;
}

const MINUTE = 60;
const HOUR = 3600;

/** @param language what the page is written in; the visitor's own form of it is taken, such as de-CH */
export function formatsOf(language: string, tags: readonly string[] = navigator.languages): Formats {
  const locale = tags.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
  const whole = new Intl.NumberFormat(locale);
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const point = new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === "decimal");
  const inUnits = (count: number, unit: "second" | "minute" | "hour"): string =>
    new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
  return {
    sats(text) {
      const msat = BigInt(text);
      const rest = (msat % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
      return `${whole.format(msat / 1000n)}${rest && `${point?.value ?? "."}${rest}`} sat`;
    },
    money: (sum, currency) =>
      // As decimal digits: nothing goes through a double.
      new Intl.NumberFormat(locale, { style: "currency", currency }).format(sum as Intl.StringNumericLiteral),
    time: (iso) => time.format(new Date(iso)),
    wait(seconds) {
      if (seconds < MINUTE) return inUnits(seconds, "second");
      if (seconds < HOUR) return inUnits(Math.ceil(seconds / MINUTE), "minute");
      return inUnits(Math.ceil(seconds / HOUR), "hour");
    },
  };
}
