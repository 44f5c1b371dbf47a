import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_LIMIT } from "../../apdu/index.js";
import { ParseError } from "../../common/index.js";
import { policyMistakes } from "../../issuer/policy/index.js";
import { describeProfile, nodeUriProblem, parseProfile } from "../../personalize/index.js";
import { NODE_URI, profileOf, profileText, WITHOUT_PIN } from "./deterministic.js";

const problemOf = (changes: Record<string, unknown>): string => {
  try {
    profileOf(changes);
    return "";
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    expect(error.hint).toContain("no card was touched");
    return error.message;
  }
};

describe("profile", () => {
  it("is read from YAML with human units", () => {
    const profile = parseProfile(
      `name: festival 2026
node-uri: ${NODE_URI}
limits:
  credit: 0.0005btc
  max-per-transaction: 25000sat
  pin-threshold: 5000sat
  no-pin-budget: 20000000msat
  max-transactions: 500
pin: random
pin-length: 6
publish: [pin-threshold]
card-keys: { version: 255, rotate-to: 1 }
policy:
  maxPer24h: 30000sat
`,
      "festival.yaml",
    );
    expect(profile).toEqual({
      name: "festival 2026",
      nodeUri: NODE_URI,
      keySet: undefined,
      credit: 50_000_000n,
      limits: {
        maxPerTransaction: 25_000_000n,
        pinThreshold: 5_000_000n,
        noPinBudget: 20_000_000n,
        maxTransactions: 500,
      },
      pinLength: 6,
      publish: 8,
      cardKeys: { version: 255, rotateTo: 1 },
      policy: { maxPer24h: "30000sat" },
    });
  });

  it("has defaults that limit nothing", () => {
    const profile = profileOf({ pin: undefined, limits: { credit: "1sat" } });
    expect(profile.limits).toEqual({
      maxPerTransaction: NO_LIMIT,
      pinThreshold: NO_LIMIT,
      noPinBudget: NO_LIMIT,
      maxTransactions: 0xffffffff,
    });
    expect(profile).toMatchObject({
      pinLength: undefined,
      publish: 12,
      cardKeys: { version: 255, rotateTo: undefined },
    });
  });

  it("is explained in sentences", () => {
    expect(describeProfile(profileOf())).toEqual([
      "A new card can spend 50,000 sat.",
      "One payment is at most 25,000 sat.",
      "The number of payments is not limited.",
      "Without PIN up to 5,000 sat a time and 20,000 sat in all; with the random PIN of 4 digits up to the other limits.",
      "A card tells everybody who holds a reader to it its limit for one payment and from which amount it needs the PIN.",
      `Payments are asked for at ${NODE_URI}.`,
      "Terminals without a connection do not accept the cards: they get no certificate.",
      "The cards keep their keys of version 255.",
    ]);
    const open = describeProfile(
      profileOf({
        pin: "none",
        limits: { credit: "0sat", "max-transactions": 3 },
        publish: ["available"],
        "card-keys": { version: 2, "rotate-to": 3 },
      }),
    );
    expect(open).toContain("A new card is empty until it is topped up.");
    expect(open).toContain("A card makes at most 3 payments.");
    expect(open).toContain("The cards have no PIN: who holds a card can spend it.");
    expect(open).toContain("Two taps of one card can be linked by the amount that it shows.");
    expect(open).toContain("The cards come with keys of version 2 and leave with keys of version 3.");
    expect(describeProfile(profileOf({ publish: [] })).join(" ")).toContain("does not tell what is on it");
  });

  it.each([
    [
      { ...WITHOUT_PIN, limits: { credit: "9sat", "pin-threshold": "5sat" } },
      "payments above 5 sat would always fail",
    ],
    [{ ...WITHOUT_PIN, limits: { credit: "9sat", "no-pin-budget": "5sat" } }, "stop at 5 sat for good"],
    [{ limits: { credit: "9sat" } }, "a random PIN that is never needed"],
    [
      { limits: { credit: "9sat", "max-per-transaction": "5sat", "pin-threshold": "5sat" } },
      "5 sat is never exceeded",
    ],
    [
      { limits: { credit: "9sat", "pin-threshold": "5sat", "no-pin-budget": "4sat" } },
      "4 sat in all is less than pin-threshold 5 sat",
    ],
    [
      { ...WITHOUT_PIN, limits: { credit: "9sat", "max-per-transaction": "10sat" } },
      "10 sat is more than the credit of 9 sat",
    ],
    [
      { ...WITHOUT_PIN, limits: { credit: "9sat", "max-per-transaction": "0sat" } },
      "allows no payment at all",
    ],
    [{ ...WITHOUT_PIN, limits: { credit: "9sat", "max-transactions": 0 } }, "allows no payment at all"],
    [{ ...WITHOUT_PIN, "card-keys": { version: 3, "rotate-to": 3 } }, "have keys of version 3 already"],
    [{ ...WITHOUT_PIN, "card-keys": { version: 3, "rotate-to": 255 } }, "255 stands for factory keys"],
  ])("contradicts itself: %o", (changes, sentence) => {
    expect(problemOf(changes)).toContain(sentence);
  });

  it("names the mistakes of its policy with all others, each with its line", () => {
    const text = `name: festival
node-uri: ${NODE_URI}
limits: { credit: 5000 }
policy:
  maxPerTransacton: 5sat
  maxPer24h: 30000
  allowedHours:
    - { from: 8:00, to: "09:00" }
    - days: [mon, tues]
      from: "08:00"
      to: "09:00"
  maxFee: { base: 1sat, pmp: 5 }
  feesBorneBy: crad
opne: true
`;
    expect(() => parseProfile(text, "p.yaml", policyMistakes)).toThrow(
      [
        "p.yaml: 9 mistakes:",
        "line 3: limits/credit: need text, have a number",
        "line 5: policy/maxPerTransacton: unknown field; did you mean maxPerTransaction?",
        "line 6: policy/maxPer24h: need text, have a number",
        "line 8: policy/allowedHours/0/from: need a time as HH:MM",
        "line 9: policy/allowedHours/1/days/1: need mon or tue or wed or thu or fri or sat or sun; did you mean tue?",
        "line 12: policy/maxFee/ppm: missing, need a number",
        "line 12: policy/maxFee/pmp: unknown field; did you mean ppm?",
        "line 13: policy/feesBorneBy: need issuer or card; did you mean card?",
        "line 14: opne: unknown field",
      ].join("\n  "),
    );
    expect(() => parseProfile("policy: []", "p.yaml", policyMistakes)).toThrow(
      "line 1: policy: need fields, have a list",
    );
  });

  it("keeps its policy as it is written, which a batch's fingerprint covers", () => {
    const text = profileText({ policy: { maxPer24h: "30000sat" } });
    expect(parseProfile(text, "p.yaml", policyMistakes)).toEqual(parseProfile(text, "p.yaml"));
  });

  it("names every mistake at once, with its path", () => {
    const problem = problemOf({
      name: "",
      "node-uri": "nonsense",
      limits: { credit: "5 euro", "max-per-transaction": 7, "max-transactions": 1.5 },
      pin: "1234",
      publish: ["everything"],
      "card-keys": { version: 200 },
      extra: 1,
    });
    for (const part of [
      "name:",
      "node-uri: need pubkey@host:port, have no @",
      "limits/credit: need a number with a unit",
      "limits/max-per-transaction:",
      "limits/max-transactions:",
      "pin:",
      "publish/0:",
      "card-keys/version: need a key version",
      "extra",
    ])
      expect(problem).toContain(part);
  });

  it("refuses what is not YAML, too long, or hostile", () => {
    const refuse = (text: string) => expect(() => parseProfile(text, "p.yaml")).toThrow(ParseError);
    refuse("a: [");
    refuse("name: x\nname: y");
    refuse("");
    refuse("- 1");
    refuse(`name: ${"x".repeat(70_000)}`);
    refuse(`a: &a [x]\nb: [*a, *a]`);
    expect(() => parseProfile("name: x\nlimits: [", "p.yaml")).toThrow("line");
  });

  it("never throws anything but a ParseError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.json({ maxDepth: 3 }), mutated()), (text) => {
        try {
          parseProfile(text, "fuzz");
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

/** A right profile with one character changed. */
const mutated = () =>
  fc
    .tuple(fc.nat(profileText().length - 1), fc.string({ minLength: 0, maxLength: 2 }))
    .map(([at, insert]) => {
      const text = profileText();
      return text.slice(0, at) + insert + text.slice(at + 1);
    });

describe("node URI", () => {
  const key = NODE_URI.slice(0, 66);
  it.each([
    [`${key}@node.example:9735`, ""],
    [`${key}@192.0.2.1:1`, ""],
    [`${key}@[2001:db8::1]:65535`, ""],
    [`${key}@${"a".repeat(56)}.onion:9735`, ""],
    [`${key}@${"a".repeat(130)}:973`, "need at most 200"],
    [`${key}@host`, "need a port after the host"],
    [`${key}@host:0`, "need a decimal number"],
    [`${key}@host:65536`, "need a decimal number"],
    [`${key}@ho st:1`, "need printable ASCII"],
    [`${key}@2001:db8::1:9735`, "must stand in brackets"],
    [`05${key.slice(2)}@host:1`, "not a compressed point"],
    ["host:1", "have no @"],
    ["", "have no @"],
    ...[
      ...[
        "node.example.:9735",
        "node.example:09735",
        "-bad.example:9735",
        "a..b:9735",
        "-:9735",
        "127.1:9735",
      ],
      ...["2130706433:9735", "0x7f000001:9735", "0177.0.0.1:9735", "256.256.256.256:9735", "[:::]:9735"],
      ...["[12345::]:9735", `${"a".repeat(64)}.example:9735`, "x.onion:9735"],
    ].map((address) => [`${key}@${address}`, "e"]),
  ])("%s", (uri, problem) => {
    expect(nodeUriProblem(uri) ?? "").toContain(problem);
    expect(nodeUriProblem(uri) === undefined).toBe(problem === "");
  });
});
