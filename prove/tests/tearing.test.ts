import { describe, expect, it } from "vitest";
import { answer } from "../../reference/card/answer.js";
import { reset as resetOutcome } from "../../reference/card/make.js";
import { type Card, LIFECYCLE } from "../../reference/card/state.js";
import { authorize, update, verify } from "../card/apdus.js";
import { PIN_BLOCK, WRONG_PIN_BLOCK } from "../card/material.js";
import { sealedUpdate } from "../card/sealed.js";
import { cellsOf, settledAfterTear } from "../model/cells.js";
import { enter, SALE, type TornState, tornStates } from "../tearing/states.js";
import { sweepTears } from "../tearing/sweep.js";

const SHARE = { seed: 819, budget: { seconds: Number.POSITIVE_INFINITY, units: 3_000 } };

describe("tearing", () => {
  it("a share of the sweep finds nothing", async () => {
    const result = await sweepTears(SHARE);
    expect(result.failures).toEqual([]);
    expect(result.units).toBeGreaterThanOrEqual(3_000);
    expect(result.counts["tears of a roll-back"]).toBeGreaterThan(1_000);
  });

  it("reaches every state it names", () => {
    const states = tornStates();
    expect(new Set(states.map(({ name }) => name)).size).toBe(states.length);
    for (const state of states)
      expect(state.name.startsWith("blank"), state.name).toBe(
        enter(state).model.lifecycle === LIFECYCLE.BLANK,
      );
  });

  it("knows a half-done change, a gained try and a try without its sequence", () => {
    const [state] = tornStates(["one wrong PIN"]);
    const before: Card = { ...(state as TornState).start.model, selected: "application" };
    const outcomeOf = (command: Uint8Array) => answer(before, command, (length) => new Uint8Array(length));
    const found = (changes: Partial<Card>) => cellsOf({ ...before, ...changes });
    const sale = outcomeOf(authorize(60n, SALE));
    expect(sale.sw).toBe("9000");
    expect(settledAfterTear(before, sale, found({ counter: 1 }))).toBeUndefined();
    expect(settledAfterTear(before, sale, found({}))).toBe(before);
    const right = outcomeOf(verify(PIN_BLOCK));
    const wrong = outcomeOf(verify(WRONG_PIN_BLOCK));
    expect([before.tries, right.next.tries, wrong.next.tries]).toEqual([2, 3, 1]);
    expect(settledAfterTear(before, right, found({ tries: 1 }))?.tries).toBe(1);
    expect(settledAfterTear(before, wrong, found({ tries: 3 }))).toBeUndefined();
    const point = Buffer.from(before.point, "hex");
    const reset = outcomeOf(update(sealedUpdate({ point, flags: 2 })));
    expect(reset.next).toMatchObject({ tries: 3, sequence: 1 });
    expect(settledAfterTear(before, reset, found({ tries: 3 }))).toBeUndefined();
  });

  it("a blank card with a key of its earlier life is not what RESET may leave", () => {
    const [state] = tornStates(["personalized"]);
    const before = (state as TornState).start.model;
    const blank: Card = { ...before, lifecycle: LIFECYCLE.BLANK };
    const outcome = resetOutcome(before, 0, new Uint8Array(0));
    expect(settledAfterTear(before, outcome, cellsOf(blank))).toBeUndefined();
    const erased = { secretKey: "", point: "", sealKey: "" };
    expect(settledAfterTear(before, outcome, cellsOf({ ...blank, ...erased }))).toBeUndefined();
    const unfinished = { ...before, lifecycle: LIFECYCLE.RESETTING };
    expect(settledAfterTear(before, outcome, cellsOf(unfinished))?.secretKey).toBe(before.secretKey);
    expect(settledAfterTear(before, outcome, cellsOf({ ...unfinished, ...erased }))?.credit).toBe(
      before.credit,
    );
    expect(settledAfterTear(before, outcome, cellsOf({ ...unfinished, credit: 1n }))).toBeUndefined();
  });
});
