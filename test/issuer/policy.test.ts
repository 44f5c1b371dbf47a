import { describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import {
  describePolicy,
  evaluatePolicy,
  maxFee,
  type PolicyQuestion,
  type PolicyRefusal,
  parsePolicy,
  printPolicy,
  withinHours,
} from "../../issuer/policy/index.js";
import { PAYEE } from "../../testing/nodes/scripted-node.js";

/** 2027-01-15 08:00:00 UTC, a Friday. */
const FRIDAY_8 = 1_800_000_000_000;
const HOUR = 3_600_000;
const OTHER = `03${"11".repeat(32)}`;

const question: PolicyQuestion = {
  amount: sat(1000),
  pinVerified: false,
  payee: PAYEE,
  amountless: false,
  expiresAt: FRIDAY_8 + HOUR,
  minFinalCltv: 40,
  now: FRIDAY_8,
  spent24h: sat(0),
  spent30d: sat(0),
};

type Row = [
  name: string,
  policy: object,
  question: Partial<PolicyQuestion>,
  refusal: PolicyRefusal | undefined,
];

const ROWS: readonly Row[] = [
  ["no rules", {}, {}, undefined],
  ["1 sat, the least by default", {}, { amount: sat(1) }, undefined],
  ["one msat below it", {}, { amount: msat(999n) }, "below-min-per-transaction"],
  ["below a least of one's own", { minPerTransaction: "1001sat" }, {}, "below-min-per-transaction"],
  ["1 msat where that is the least", { minPerTransaction: "1msat" }, { amount: msat(1n) }, undefined],
  ["at the maximum", { maxPerTransaction: "1000sat" }, {}, undefined],
  ["one msat above it", { maxPerTransaction: "999999msat" }, {}, "above-max-per-transaction"],
  ["24 h filled to the brim", { maxPer24h: "5000sat" }, { spent24h: sat(4000) }, undefined],
  ["24 h one msat over", { maxPer24h: "5000sat" }, { spent24h: msat(4_000_001n) }, "above-24h"],
  ["30 d over", { maxPer30d: "5000sat" }, { spent30d: sat(4001) }, "above-30d"],
  ["24 h counts its own window", { maxPer24h: "5000sat" }, { spent30d: sat(9000) }, undefined],
  ["PIN not needed", { pinRequiredAbove: "1000sat" }, {}, undefined],
  ["PIN needed", { pinRequiredAbove: "999sat" }, {}, "pin-required"],
  ["PIN given", { pinRequiredAbove: "999sat" }, { pinVerified: true }, undefined],
  ["payee listed", { allowedPayees: [OTHER, PAYEE] }, {}, undefined],
  ["payee not listed", { allowedPayees: [OTHER] }, {}, "payee-not-allowed"],
  ["amountless by default", {}, { amountless: true }, "amountless"],
  ["amountless allowed", { allowAmountless: true }, { amountless: true }, undefined],
  ["30 s left", {}, { expiresAt: FRIDAY_8 + 30_000 }, undefined],
  ["29 s left", {}, { expiresAt: FRIDAY_8 + 29_999 }, "expires-soon"],
  ["as long as allowed", { maxTotalCltv: 40 }, {}, undefined],
  ["one block too long", { maxTotalCltv: 39 }, {}, "cltv-too-long"],
  ["in hours", { allowedHours: [{ from: "08:00", to: "09:00" }] }, {}, undefined],
  ["out of hours", { allowedHours: [{ from: "08:01", to: "09:00" }] }, {}, "outside-hours"],
];

describe("policy", () => {
  it.each(ROWS)("%s", (_name, policy, changes, refusal) => {
    expect(evaluatePolicy(parsePolicy(policy), { ...question, ...changes })).toBe(refusal);
  });

  it.each([
    ["the end is not in it", [{ from: "07:00", to: "08:00" }], "UTC", false],
    ["another zone", [{ from: "09:00", to: "09:30" }], "Europe/Zurich", true],
    ["over midnight, evening", [{ from: "22:00", to: "06:00" }], "Asia/Tokyo", false],
    ["over midnight, morning", [{ from: "22:00", to: "06:00" }], "America/Los_Angeles", true],
    ["the whole day", [{ from: "00:00", to: "00:00" }], "UTC", true],
    ["on its day", [{ days: ["fri"], from: "08:00", to: "09:00" }], "UTC", true],
    ["on another day", [{ days: ["sat"], from: "08:00", to: "09:00" }], "UTC", false],
    ["a night that began on Thursday", [{ days: ["thu"], from: "20:00", to: "09:00" }], "UTC", true],
    ["a night that begins on Friday", [{ days: ["fri"], from: "20:00", to: "09:00" }], "UTC", false],
    [
      "one of several",
      [
        { from: "01:00", to: "02:00" },
        { from: "08:00", to: "08:01" },
      ],
      "UTC",
      true,
    ],
  ])("hours: %s", (_name, allowedHours, timeZone, allowed) => {
    expect(withinHours(parsePolicy({ allowedHours, timeZone }), FRIDAY_8)).toBe(allowed);
  });

  it("fee: base and millionths, fractions dropped", () => {
    const policy = parsePolicy({ maxFee: { base: "1sat", ppm: 1500 } });
    expect(maxFee(policy, msat(1_000_999n))).toBe(2501n);
    expect(maxFee(parsePolicy({}), sat(1000))).toBe(6_000n);
  });

  it.each([
    [{ maxPerTransaction: "1" }, /policy\/maxPerTransaction: .*unit/],
    [{ maxPerDay: "1sat" }, /maxPerDay/],
    [{ allowedPayees: ["02zz"] }, /policy\/allowedPayees\/0: need a node id/],
    [
      { allowedHours: [{ from: "8:00", to: "09:00" }] },
      /policy\/allowedHours\/0\/from: need a time as HH:MM/,
    ],
    [{ timeZone: "Mars/Olympus" }, /policy\/timeZone: need a time zone/],
    [{ maxFee: { base: "1sat", ppm: -1 } }, /policy\/maxFee\/ppm/],
    ["nonsense", /policy/],
  ])("refuses %j and says where", (value, message) => {
    expect(() => parsePolicy(value)).toThrow(message);
  });

  it("says in sentences what it means", () => {
    expect(describePolicy(parsePolicy({}))).toEqual([
      "The issuer pays at least 1 sat at once.",
      "Routing one payment may cost 1 sat and 5000 millionths of the amount; all payments of a card 500 sat in any 24 hours and 5,000 sat in any 30 days.",
      "The issuer bears routing fees.",
      "The issuer refuses invoices without an amount.",
    ]);
    const all = describePolicy(
      parsePolicy({
        maxPerTransaction: "9sat",
        maxPer24h: "10sat",
        maxPer30d: "20sat",
        feesBorneBy: "card",
        pinRequiredAbove: "5sat",
        allowedPayees: [PAYEE],
        allowedHours: [{ days: ["fri"], from: "08:00", to: "09:00" }],
        allowAmountless: true,
      }),
    ).join(" ");
    for (const part of [
      "at most 9 sat.",
      "10 sat in any 24 hours and 20 sat in any 30 days",
      "The card bears routing fees",
      "the PIN above 5 sat",
      "1 listed payees alone",
      "fri 08:00 to 09:00 (UTC)",
      "also pays invoices without",
    ])
      expect(all).toContain(part);
  });

  it("prints what it reads, the same for equal policies", () => {
    const policy = parsePolicy({
      maxPer24h: "0.001btc",
      maxPerTransaction: "100000000msat",
      allowedHours: [{ to: "09:00", from: "08:00" }],
    });
    expect(parsePolicy(JSON.parse(printPolicy(policy)))).toEqual(policy);
    expect(
      printPolicy(parsePolicy({ maxPerTransaction: "100000sat", ...JSON.parse(printPolicy(policy)) })),
    ).toBe(printPolicy(policy));
  });
});
