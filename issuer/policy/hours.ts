import { type AllowedHours, type Policy, WEEKDAYS, type Weekday } from "./schema.js";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(timeZone: string): Intl.DateTimeFormat {
  let found = formats.get(timeZone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(timeZone, found);
  }
  return found;
}

/** Day of the week and time of day at a moment in a zone. */
function localTime(now: number, timeZone: string): { readonly day: Weekday; readonly time: string } {
  const parts = new Map(
    format(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  const name = parts.get("weekday")?.toLowerCase();
  const day = WEEKDAYS.find((weekday) => weekday === name) ?? "mon";
  return { day, time: `${parts.get("hour")}:${parts.get("minute")}` };
}

/**
 * Whether payments are allowed now. A span whose end is not after its begin runs over midnight and belongs to
 * the day on which it begins; `00:00` to `00:00` is the whole day.
 * @param now Unix milliseconds
 */
export function withinHours(policy: Policy, now: number): boolean {
  if (!policy.allowedHours) return true;
  const { day, time } = localTime(now, policy.timeZone);
  const yesterday = WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7] ?? day;
  const on = (span: AllowedHours, weekday: Weekday) => span.days?.includes(weekday) ?? true;
  return policy.allowedHours.some((span) => {
    if (span.from < span.to) return on(span, day) && time >= span.from && time < span.to;
    return (on(span, day) && time >= span.from) || (on(span, yesterday) && time < span.to);
  });
}
