/** A field of CSV (RFC 4180). A leading sign would make spreadsheets run a text as a formula: it gets a quote. */
function csvField(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A CSV text with a head. Amounts are given as msat, in digits. */
export function csv(head: readonly string[], rows: readonly (readonly (string | bigint)[])[]): string {
  const line = (fields: readonly (string | bigint)[]): string =>
    fields.map((field) => (typeof field === "bigint" ? field.toString() : csvField(field))).join(",");
  return `${[line(head), ...rows.map(line)].join("\r\n")}\r\n`;
}
