/**
 * What was typed on the pad. Without a point the last digits are the decimals, as on tills: 1, 2, 3 are 1.23 where there
 * are two; with one they are written out: 1 point 5 is 1.50.
 */
export interface Entry {
  /** Digits, and at most one point. */
  readonly typed: string;
  /** Of the unit: EUR 2, sat 0. */
  readonly decimals: number;
}

const MAX_DIGITS = 11;

/** With a key of the pad: a digit, `00`, a point. Keys that cannot follow change nothing. */
export function typeKey({ typed, decimals }: Entry, key: string): Entry {
  const [whole = "", part] = typed.split(".");
  if (key === ".")
    return part !== undefined || decimals === 0
      ? { typed, decimals }
      : { typed: `${whole || "0"}.`, decimals };
  let next = typed;
  for (const digit of key) {
    const { length } = next.replace(".", "");
    const isFull = part === undefined ? length >= MAX_DIGITS : (next.split(".")[1] ?? "").length >= decimals;
    if (!isFull) next = next === "0" || next === "" ? digit : next + digit;
  }
  return { typed: next === "0" || next === "00" ? "" : next, decimals };
}

/** Without the last key. */
export const deleteKey = ({ typed, decimals }: Entry): Entry => ({
  typed: typed === "0." ? "" : typed.slice(0, -1),
  decimals,
});

/** As the API reads it: `1.23`; undefined while nothing is typed but zeros. */
export function entryText({ typed, decimals }: Entry): string | undefined {
  if (!/[1-9]/.test(typed)) return undefined;
  return entryDigits({ typed, decimals });
}

/** What stands on the pad, with all decimals. */
export function entryDigits({ typed, decimals }: Entry): string {
  const [whole = "", part] = typed.split(".");
  if (part !== undefined) return `${whole}.${part.padEnd(decimals, "0")}`;
  if (decimals === 0) return typed === "" ? "0" : typed;
  const padded = typed.padStart(decimals + 1, "0");
  return `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
}
