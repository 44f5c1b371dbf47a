import { describe, expect, it } from "vitest";
import { readSpan, startOfDay } from "../../cli/issuer/time-span.js";
import { ParseError } from "../../common/index.js";

const DAY = 24 * 3_600_000;
const iso = (day: string, zone: string): string => new Date(startOfDay(day, zone, "--from")).toISOString();
const localDay = (zone: string, time: number): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(time);

describe("a day in a time zone", () => {
  it.each([
    ["2025-09-07", "America/Santiago", "2025-09-07T04:00:00.000Z"],
    ["2024-10-06", "America/Asuncion", "2024-10-06T04:00:00.000Z"],
    ["2025-03-09", "America/Havana", "2025-03-09T05:00:00.000Z"],
    ["2025-03-30", "Atlantic/Azores", "2025-03-30T01:00:00.000Z"],
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
    ["2024-09-08", "America/Coyhaique", "2024-09-08T04:00:00.000Z"],
    ["2023-03-26", "America/Scoresbysund", "2023-03-26T01:00:00.000Z"],
    ["2023-04-28", "Africa/Cairo", "2023-04-27T22:00:00.000Z"],
    ["2025-03-30", "Asia/Beirut", "2025-03-29T22:00:00.000Z"],
  ])("%s in %s begins where the clocks skip midnight", (day, zone, expected) => {
    expect(iso(day, zone)).toBe(expected);
  });

  it.each([
    ["2025-11-02", "America/Havana", "2025-11-02T04:00:00.000Z"],
    ["2025-10-26", "Atlantic/Azores", "2025-10-26T00:00:00.000Z"],
    ["2025-04-06", "America/Santiago", "2025-04-06T04:00:00.000Z"],
    ["2026-10-25", "Europe/Zurich", "2026-10-24T22:00:00.000Z"],
    ["2026-11-22", "Pacific/Kiritimati", "2026-11-21T10:00:00.000Z"],
    ["2026-11-22", "Etc/GMT+12", "2026-11-22T12:00:00.000Z"],
  ])("%s in %s begins at its first midnight", (day, zone, expected) => {
    expect(iso(day, zone)).toBe(expected);
  });

  it("begins with its first millisecond in every zone that changes its clocks, each day of four years", () => {
    for (const zone of [
      "America/Santiago",
      "America/Havana",
      "Atlantic/Azores",
      "Africa/Cairo",
      "Asia/Beirut",
      "America/Scoresbysund",
    ])
      for (let at = Date.UTC(2023, 0, 1); at < Date.UTC(2027, 0, 1); at += DAY) {
        const day = new Date(at).toISOString().slice(0, 10);
        const start = startOfDay(day, zone, "--from");
        expect([zone, day, localDay(zone, start) >= day]).toEqual([zone, day, true]);
        expect([zone, day, localDay(zone, start - 1) < day]).toEqual([zone, day, true]);
      }
  });

  it("is the last day of a span and the first of the next, without a gap", () => {
    const { to } = readSpan({ from: "2025-09-06", to: "2025-09-06" }, "America/Santiago");
    const { from } = readSpan({ from: "2025-09-07" }, "America/Santiago");
    expect(to).toBe(from);
  });

  it("is not after the day that ends the span", () => {
    expect(() => readSpan({ from: "2026-11-23", to: "2026-11-22" }, "Europe/Zurich")).toThrow(
      new ParseError("--from", "need a day before or on --to 2026-11-22, have 2026-11-23"),
    );
  });
});
