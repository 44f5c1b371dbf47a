import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParseError } from "../../common/index.js";
import {
  type Initiation,
  InitiationError,
  type InitiationEvent,
  isTemporaryReason,
  NOT_ASKED,
  nextInitiation,
  parseInitiation,
  REASON,
} from "../../lightning/api/index.js";

/**
 * Payers that keep specs/08 §4.3: one pays a payment hash at most once, and never with a token that it has rejected
 * for good. Messages may be lost and late, in any order.
 */
class HonestPayer {
  readonly shown = new Set<string>();
  readonly rejectedForGood = new Set<string>();
  paid = false;

  mayDecide(token: string): boolean {
    return this.shown.has(token) && !this.paid && !this.rejectedForGood.has(token);
  }
}

const PAYERS = ["a", "b"];
const payer = fc.constantFrom(...PAYERS);
const token = fc.constantFrom("1", "2");
const reason = fc.constantFrom(REASON.NOT_FUNDED, REASON.BUSY, undefined);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("ask" as const), payer, token, lost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pay" as const), payer, token }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("reject" as const), payer, token, reason, lost: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("deliver" as const), late: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
);

describe("one invoice is paid once", () => {
  it("whatever is lost, late or repeated, however often the terminal crashes", () => {
    const seen = { payments: 0, refusals: 0, secondPayers: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 60, size: "max" }), (steps) => {
        const payers = new Map(PAYERS.map((name) => [name, new HonestPayer()]));
        const of = (name: string) => payers.get(name) as HonestPayer;
        const onTheWay: { payer: string; tokenHash: string; reason: number | undefined }[] = [];
        let state: Initiation = NOT_ASKED;
        let stored = JSON.stringify(state);
        const go = (event: InitiationEvent): void => {
          state = nextInitiation(state, event);
          stored = JSON.stringify(state);
        };
        for (const now of steps) {
          if (now.do === "ask") {
            try {
              go({ event: "ask", payer: now.payer, tokenHash: now.token });
              if (!now.lost) of(now.payer).shown.add(now.token);
            } catch (error) {
              expect(error).toBeInstanceOf(InitiationError);
              seen.refusals++;
            }
          } else if (now.do === "pay" && of(now.payer).mayDecide(now.token)) {
            of(now.payer).paid = true;
            seen.payments++;
            if ([...payers.values()].some(({ rejectedForGood }) => rejectedForGood.size)) seen.secondPayers++;
          } else if (now.do === "reject" && of(now.payer).mayDecide(now.token)) {
            if (!isTemporaryReason(now.reason)) of(now.payer).rejectedForGood.add(now.token);
            if (!now.lost) onTheWay.push({ payer: now.payer, tokenHash: now.token, reason: now.reason });
          } else if (now.do === "deliver") {
            const reject = now.late ? onTheWay.pop() : onTheWay.shift();
            if (reject) go({ event: "rejected", ...reject });
          } else if (now.do === "crash") {
            state = JSON.parse(stored) as Initiation;
          }
          if ([...payers.values()].filter(({ paid }) => paid).length > 1) throw new Error("paid twice");
        }
      }),
      { seed: 819, numRuns: 1500 },
    );
    // The run went where it can go wrong.
    expect(seen.payments).toBeGreaterThan(500);
    expect(seen.refusals).toBeGreaterThan(1000);
    expect(seen.secondPayers).toBeGreaterThan(100);
  });
});

describe("a stored initiation", () => {
  it.each<Initiation>([
    NOT_ASKED,
    { phase: "asked", payer: "02", tokenHashes: ["00", "11"] },
    { phase: "paid" },
    { phase: "cancelled" },
  ])("reads as it was written: %j", (state) => {
    expect(parseInitiation(JSON.stringify(state))).toEqual(state);
  });

  it.each(["", "{", "5", "null", "[]", '{"phase":"unknown"}', '{"phase":"asked","payer":"02"}'])(
    "is refused as %j",
    (text) => {
      expect(() => parseInitiation(text)).toThrow(ParseError);
    },
  );

  it("is refused with hashes that are no texts", () => {
    expect(() => parseInitiation('{"phase":"asked","payer":"02","tokenHashes":[1]}')).toThrow(ParseError);
  });
});
