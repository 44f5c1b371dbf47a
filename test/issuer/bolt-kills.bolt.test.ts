import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { SAID, sentenceOf } from "../../issuer/bolt-cards/sentences.js";
import { REASON } from "../../lightning/api/reasons.js";
import { buildProgram } from "../../testing/build-program.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { Bench, startService } from "../../testing/issuer/service.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";
import { BOLT_STEPS, proveBoltKill } from "./prove-bolt-kills.js";

/** A share with `npm test`; `npm run prove` kills at every step on both databases. */
const isFull = process.env.CHEQUECARD_PROVE === "full";
const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

describe("a process killed on the way of a Bolt Card's payment", () => {
  it.each(BOLT_STEPS)("at %s takes no reading twice and pays nothing twice, on sqlite", async (step) => {
    await proveBoltKill(bench, program, "sqlite", step);
  });

  it.each(isFull ? BOLT_STEPS : (["in-reading", "in-reserve", "reserved", "paid", "in-settle"] as const))(
    "at %s takes no reading twice and pays nothing twice, on postgres",
    async (step) => {
      await proveBoltKill(bench, program, "postgres", step);
    },
  );
});

describe.each(["sqlite", "postgres"] as const)("several services on one ledger, on %s", (kind) => {
  it("take a reading of a Bolt Card once, and pay one of the invoices that are handed in for it", async () => {
    const location = await bench.location(kind);
    const service = await startService(bench, kind, {}, {}, location);
    const keys = await bench.keys();
    const cards = await BoltCards.open(service, keys);
    const children = await Promise.all(
      [1, 2, 3].map(() => IssuerChild.start(program, { kind, location, keyFile: keys.path }, service.node)),
    );
    try {
      for (let round = 0; round < 4; round++) {
        const chip = await cards.chip(round + 1);
        const reading = chip.read();
        const answers = await Promise.all(children.map((child) => child.read(reading)));
        const offers = answers.filter((answer) => typeof answer === "object") as { k1: string }[];
        expect(offers).toHaveLength(1);
        expect(answers.filter((answer) => answer === SAID.repeat)).toHaveLength(2);
        const [{ k1 } = { k1: "" }] = offers;
        const invoices = [0, 1, 2].map((i) => service.invoice(10 * round + i, sat(100)));
        const asked = children.flatMap((child, i) =>
          [i, i + 1].map(async (at) => {
            const pr = invoices[at % 3] as string;
            return { pr, answer: await child.withdraw({ k1, pr }) };
          }),
        );
        const said = await Promise.all(asked);
        // Both that handed in the same invoice hear the same.
        expect(new Set(said.filter(({ answer }) => answer === undefined).map(({ pr }) => pr)).size).toBe(1);
        expect(said.filter(({ answer }) => answer === undefined)).toHaveLength(2);
        const others = said.filter(({ answer }) => answer !== undefined).map(({ answer }) => answer);
        expect(new Set(others)).toEqual(new Set([sentenceOf(REASON.TOKEN_OTHER_INVOICE)]));
      }
      const leases = service.store.db.selectFrom("leases").selectAll();
      await expect.poll(() => leases.execute()).toEqual([]);
      expect([...service.node.sent.values()]).toEqual([1, 1, 1, 1]);
      expect(await service.violations()).toEqual([]);
    } finally {
      for (const child of children) await child.stop();
      await service.close();
    }
  });
});
