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
  return firstMoment(named.getTime() + days * DAY_MS, timeZone);
}

/**
 * The first moment at which local time has reached `local` (local time as if it were UTC). Where the clocks skip it, that
 * is the end of what they skip; where they show it twice, the first of the two.
 */
function firstMoment(local: number, timeZone: string): number {
  // Zones are at most 14 hours from UTC, and no clock is changed twice within these days.
  const [before, after] = [local - DAY_MS, local + DAY_MS].map((time) => offsetOf(timeZone, time)) as [
    number,
    number,
  ];
  const [early, late] = [local - Math.max(before, after), local - Math.min(before, after)];
  if (early + offsetOf(timeZone, early) >= local) return early;
  if (late + offsetOf(timeZone, late - 1) - 1 < local) return late;
  // Between the two the clocks are set forward over it.
  let [low, high] = [early, late];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle + offsetOf(timeZone, middle) >= local) high = middle;
    else low = middle;
  }
  return high;
}

/** `--from DAY` and `--to DAY`, both included; absent: no end. */
export interface DaySpan {
  readonly from?: string;
  readonly to?: string;
}

/** The span as Unix milliseconds, `to` excluded. @throws ParseError, also when it ends before it begins */
export function readSpan({ from, to }: DaySpan, timeZone: string): { from?: number; to?: number } {
  const span = {
    ...(from === undefined ? {} : { from: startOfDay(from, timeZone, "--from") }),
    ...(to === undefined ? {} : { to: startOfDay(to, timeZone, "--to", 1) }),
  };
  if (from !== undefined && to !== undefined && from > to)
    throw new ParseError("--from", `need a day before or on --to ${to}, have ${from}`);
  return span;
}
