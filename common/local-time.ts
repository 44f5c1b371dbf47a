/** One for each zone: making one costs more than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * `2026-11-22 14:03:05` in a time zone.
 * @param iso a time in ISO 8601; empty for none
 * @param timeZone IANA name
 */
export function localTime(iso: string, timeZone: string): string {
  if (iso === "") return "";
  let format = formats.get(timeZone);
  if (!format) {
    // Swedish writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    formats.set(timeZone, format);
  }
  return format.format(new Date(iso));
}
