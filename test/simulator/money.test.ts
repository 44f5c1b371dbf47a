import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorizationMessage } from "../../apdu/index.js";
import type { Msat } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import { authorize, hash, SEAL_KEY, select, tappedCard, verify, WRONG_PIN_BLOCK } from "./fixture.js";
import { update } from "./issuer.js";

const LIMITS = {
  credit: 1_000n as Msat,
  maxPerTransaction: 400n,
  pinThreshold: 100n,
  noPinBudget: 150n,
  maxTransactions: 9,
};

type Step =
  | {
      readonly kind: "authorize";
      readonly amount: bigint;
      readonly invoice: number;
      readonly tear: number | undefined;
    }
  | { readonly kind: "verify"; readonly right: boolean }
  | { readonly kind: "top-up"; readonly sequence: number; readonly credit: bigint }
  | { readonly kind: "reset" }
  | { readonly kind: "select" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("authorize" as const),
      amount: fc.constantFrom(1n, 50n, 99n, 100n, 101n, 150n, 399n, 400n, 401n, 2n ** 63n, 2n ** 64n - 1n),
      invoice: fc.nat(7),
      tear: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("verify" as const), right: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("top-up" as const),
      sequence: fc.nat(5),
      credit: fc.constantFrom(900n, 1_000n, 1_200n, 1_500n),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: "reset" as const }, { kind: "select" as const }) },
);

/** One token for each counter that was ever handed out, by what it says. */
type Seen = Map<
  number,
  { readonly amount: bigint; readonly total: bigint; readonly flags: number; readonly invoice: number }
>;

function tap(card: SimulatedCard, seen: Seen, amount: bigint, invoice: number): void {
  const { sw, data } = authorize(card, amount, hash(`invoice ${invoice}`));
  if (sw !== "9000") return;
  const { fields } = authorizationMessage.open(data, () => SEAL_KEY);
  const { counter, flags } = fields;
  const token = { amount: fields.amount, total: fields.authorizedTotal, flags, invoice };
  const known = seen.get(counter);
  if (known) expect(token).toEqual(known);
  const recent = [...seen].filter(([, past]) => past.invoice === invoice && past.amount === amount);
  for (const [past] of recent)
    if (past !== counter) expect(Math.abs(counter - past)).toBeGreaterThanOrEqual(4);
  seen.set(counter, token);
}

function run(card: SimulatedCard, seen: Seen, next: Step): bigint {
  switch (next.kind) {
    case "authorize":
      card.tearAt(next.tear === undefined ? undefined : { write: next.tear });
      try {
        tap(card, seen, next.amount, next.invoice);
      } catch (error) {
        if (card.isPowered) throw error;
        card.powerOn();
        select(card);
        tap(card, seen, next.amount, next.invoice);
      }
      card.tearAt(undefined);
      return 0n;
    case "verify":
      verify(card, next.right ? undefined : WRONG_PIN_BLOCK);
      return 0n;
    case "top-up":
      update(card, { ...LIMITS, sequence: next.sequence, credit: next.credit as Msat });
      return next.credit;
    case "reset":
      card.powerOn();
      select(card);
      return 0n;
    case "select":
      select(card);
      return 0n;
  }
}

describe("no sequence of commands, tears and resets", () => {
  it("spends more than the credit, exceeds a limit or charges an invoice in the ring twice", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const card = tappedCard({ limits: LIMITS });
        const seen: Seen = new Map();
        let credit: bigint = LIMITS.credit;
        for (const next of steps) {
          const offered = run(card, seen, next);
          credit = offered > credit ? offered : credit;
        }
        const tokens = [...seen].sort(([a], [b]) => a - b).map(([, token]) => token);
        let total = 0n;
        let withoutPin = 0n;
        for (const token of tokens) {
          total += token.amount;
          expect(token.total).toBe(total);
          expect(token.amount).toBeLessThanOrEqual(LIMITS.maxPerTransaction);
          withoutPin = token.flags ? 0n : withoutPin + token.amount;
          expect(withoutPin).toBeLessThanOrEqual(LIMITS.noPinBudget);
          if (!token.flags) expect(token.amount).toBeLessThanOrEqual(LIMITS.pinThreshold);
        }
        expect(total).toBeLessThanOrEqual(credit);
        expect([...seen.keys()].sort((a, b) => a - b)).toEqual(tokens.map((_, index) => index + 1));
        expect(tokens.length).toBeLessThanOrEqual(LIMITS.maxTransactions);
      }),
      { numRuns: 300, seed: 20 },
    );
  });
});
