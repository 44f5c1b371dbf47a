/** What a spreadsheet runs as a formula: a leading sign, also a full-width one, and after white space. */
const FORMULA = /^(\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;

/**
 * A field of CSV (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe before it; numbers
 * are left as they are.
 */
function field(value: string | bigint): string {
  if (typeof value === "bigint") return value.toString();
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A CSV text with a head, lines ended by CR LF. Amounts are given as msat. */
export function csvText(head: readonly string[], rows: readonly (readonly (string | bigint)[])[]): string {
  return `${[head, ...rows].map((fields) => fields.map(field).join(",")).join("\r\n")}\r\n`;
}
