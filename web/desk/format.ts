/** Numbers and times as people read them. */
export interface Format {
  /** Millisatoshi in decimal digits, as satoshi. */
  sat(msat: string): string;
  count(number: string | number): string;
  /** ISO 8601, in the issuer's time zone. */
  time(iso: string | undefined): string;
  /** Hour and minute alone. */
  hour(iso: string): string;
}

/** @param timeZone of the issuer */
export function formatOf(language: string, timeZone: string): Format {
  const number = new Intl.NumberFormat(language);
  const fine = new Intl.NumberFormat(language, { minimumFractionDigits: 3 });
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone });
  const hour = new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  });
  return {
    sat(msat) {
      const amount = BigInt(msat);
      if (amount % 1000n === 0n) return `${number.format(amount / 1000n)} sat`;
      // Digits as a text: no number is between.
      const digits = amount.toString().padStart(4, "0");
      const text = `${digits.slice(0, -3)}.${digits.slice(-3)}` as `${number}`;
      return `${fine.format(text as unknown as number)} sat`;
    },
    count: (value) => number.format(typeof value === "number" ? value : BigInt(value)),
    time: (iso) => (iso === undefined ? "" : time.format(new Date(iso))),
    hour: (iso) => hour.format(new Date(iso)),
  };
}
