import { describe, expect, it } from "vitest";
import { inNamespace } from "../../scripts/pcscd/namespace.mjs";
import { isListening } from "../../scripts/pcscd/service.mjs";
import { closingLine, countReport, isSuccess, sum } from "../../scripts/report/counts.mjs";

const file = (status: string, ...statuses: string[]) => ({
  status,
  assertionResults: statuses.map((each) => ({ status: each })),
});
const report = (...testResults: object[]) => ({ testResults });

describe("countReport", () => {
  it.each([
    [
      "tests of several files",
      report(file("passed", "passed", "passed"), file("failed", "passed", "failed")),
      1,
      [3, 1, 0],
    ],
    [
      "whatever did not run counts as skipped",
      report(file("passed", "skipped", "pending", "todo", "passed")),
      0,
      [1, 0, 3],
    ],
    ["a file that could not be loaded", report(file("failed"), file("passed", "passed")), 1, [1, 1, 0]],
    ["a hook that threw after all tests passed", report(file("failed", "passed")), 1, [1, 1, 0]],
    ["an error outside of any test", report(file("passed", "passed")), 1, [1, 1, 0]],
    ["no report", undefined, 0, [0, 1, 0]],
    ["no tests", report(), 0, [0, 0, 0]],
  ])("%s", (_, json, exitCode, [passed, failed, skipped]) => {
    expect(countReport(json, exitCode)).toEqual({ passed, failed, skipped });
  });
});

describe("the closing line", () => {
  it("adds the runs up", () => {
    const total = sum([
      { passed: 2, failed: 0, skipped: 1 },
      { passed: 3, failed: 1, skipped: 0 },
    ]);
    expect(closingLine(total)).toBe("5 passed, 1 failed, 1 skipped");
    expect(closingLine(sum([]))).toBe("0 passed, 0 failed");
  });
});

describe("isSuccess", () => {
  it.each([
    ["all passed", { passed: 1, failed: 0, skipped: 0 }, false, true],
    ["one failed", { passed: 9, failed: 1, skipped: 0 }, true, false],
    ["nothing ran", { passed: 0, failed: 0, skipped: 0 }, true, false],
    ["skipped where that is allowed", { passed: 1, failed: 0, skipped: 1 }, true, true],
    ["skipped where nothing may be", { passed: 1, failed: 0, skipped: 1 }, false, false],
  ])("%s", (_, counts, maySkip, answer) => expect(isSuccess(counts, { maySkip })).toBe(answer));
});

describe("the virtual reader", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 00000000:8C7B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1",
    "   1: 0100007F:8C7C 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 2",
    "   2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 3",
  ].join("\n");
  it.each([
    [35963, true],
    [35964, false],
    [8080, true],
    [80, false],
  ])("port %i listening: %s", (port, answer) => expect(isListening(table, port)).toBe(answer));

  it("a user other than root gets a user namespace as well", () => {
    expect(inNamespace(["true"], 0)).not.toContain("--map-root-user");
    expect(inNamespace(["true"], 1000)).toContain("--map-root-user");
    expect(inNamespace(["vitest", "run"], 0).slice(-2)).toEqual(["vitest", "run"]);
  });
});
