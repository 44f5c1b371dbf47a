import { ParseError } from "../../common/index.js";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 24 * 3_600_000;

/** How far a time zone is from UTC at a time, in milliseconds. */
function offsetOf(timeZone: string, time: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(time);
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number.parseInt(parts.find((one) => one.type === type)?.value ?? "", 10);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local - Math.floor(time / 1000) * 1000;
}

/**
 * Unix milliseconds at which a day begins in a time zone. (Where the clocks skip midnight, the first moment after it.)
 * @param text `2026-11-22`; @param option names it in the error; @param days later than that day
 * @throws ParseError
 */
export function startOfDay(text: string, timeZone: string, option: string, days = 0): number {
  const [year = 0, month = 0, day = 0] = (DATE.exec(text) ?? [])
    .slice(1)
    .map((digits) => Number.parseInt(digits, 10));
  const named = new Date(Date.UTC(year, month - 1, day));
  // 2026-02-30 would become a day of March.
  if (named.getUTCFullYear() !== year || named.getUTCMonth() !== month - 1 || named.getUTCDate() !== day)
    throw new ParseError(option, `need a date such as 2026-11-22, have "${text.slice(0, 20)}"`);
  const utc = named.getTime() + days * DAY_MS;
  // The offset at the day's begin is that of one of the hours around it.
  const guess = utc - offsetOf(timeZone, utc);
  return utc - offsetOf(timeZone, guess);
}

/** `--from DAY` and `--to DAY`, both included; absent: no end. */
export interface DaySpan {
  readonly from?: string;
  readonly to?: string;
}

/** The span as Unix milliseconds, `to` excluded. @throws ParseError */
export const readSpan = ({ from, to }: DaySpan, timeZone: string): { from?: number; to?: number } => ({
  ...(from === undefined ? {} : { from: startOfDay(from, timeZone, "--from") }),
  ...(to === undefined ? {} : { to: startOfDay(to, timeZone, "--to", 1) }),
});
