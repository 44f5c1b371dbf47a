const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The order of what is printed on cards and stalls: `A9` before `A10`, whatever the case. */
export const byLabel = (one: string, other: string): number =>
  collator.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0);
