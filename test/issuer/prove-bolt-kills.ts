import { expect } from "vitest";
import { sat } from "../../common/index.js";
import type { Step } from "../../issuer/authorizer/index.js";
import { SAID } from "../../issuer/bolt-cards/sentences.js";
import { showCard } from "../../issuer/ledger/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { type Bench, START, startService } from "../../testing/issuer/service.js";
import type { Behaviour } from "../../testing/nodes/scripted-node.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";

const AMOUNT = sat(100);

/** Every step between a reading of a Bolt Card and the end of its payment, and how that payment goes. */
const ENDS = {
  "in-reading": "settle",
  read: "settle",
  verified: "settle",
  "before-reserve": "settle",
  "in-reserve": "settle",
  reserved: "settle",
  paid: "settle",
  "in-settle": "settle",
  settled: "settle",
  failed: "fail",
  "in-void": "fail",
  voided: "fail",
} as const satisfies Partial<Record<Step, Behaviour>>;
export const BOLT_STEPS = Object.keys(ENDS) as (keyof typeof ENDS)[];

/**
 * Kills a service process at one step of a Bolt Card's payment, then goes on with another: the terminal asks again with
 * the same reading and the same invoice. A reading is never taken twice, an invoice never paid twice, and the ledger
 * proves itself at once and at the end.
 */
export async function proveBoltKill(
  bench: Bench,
  program: string,
  kind: StoreKind,
  step: keyof typeof ENDS,
): Promise<void> {
  const location = kind === "sqlite" ? await bench.location(kind) : await (await bench.server()).database();
  const service = await startService(bench, kind, { payTimeoutMs: 100 }, {}, location);
  try {
    service.node.behaviour = ENDS[step];
    const keys = await bench.keys();
    const cards = await BoltCards.open(service, keys);
    const chip = await cards.chip(1);
    const child = await IssuerChild.start(
      program,
      { kind, location, keyFile: keys.path, now: START, dieAt: step },
      service.node,
    );
    const isReading = step === "in-reading" || step === "read";
    const reading = chip.read();
    let k1 = "";
    if (isReading) {
      await expect(child.read(reading)).rejects.toMatchObject({ code: "closed" });
      const again = await cards.desk.read(reading.p, reading.c);
      // Rolled back, or used up: never an offer for one that may have been given before.
      if (step === "read") expect(again).toBe(SAID.repeat);
      else expect(typeof again).toBe("object");
      k1 = (await cards.read(chip)).k1;
    } else {
      const offer = await cards.desk.read(reading.p, reading.c);
      if (typeof offer === "string") throw new Error(offer);
      k1 = offer.k1;
    }
    const pr = service.invoice(1, AMOUNT);
    if (!isReading) {
      // Whether the answer got out before the process died is a race that both sides must bear.
      await child.withdraw({ k1, pr }).catch(() => undefined);
      await child.ended;
    }
    await child.stop();
    expect(await service.violations()).toEqual([]);
    const answer = await cards.desk.withdraw({ k1, pr });
    service.clock.pass(service.config.leaseMs + 1);
    await service.reconciler.run();
    service.clock.pass(3 * 3_600_000);
    await service.reconciler.run();
    expect(await service.violations()).toEqual([]);
    const isPaid = ENDS[step] === "settle";
    if (isPaid) expect(answer).toBeUndefined();
    expect([...service.node.sent.values()]).toEqual(isPaid ? [1] : []);
    const { spent } = await showCard(service.store.db, chip.cardId);
    expect(spent).toBe(isPaid ? AMOUNT : 0n);
    const later = await cards.desk.withdraw({ k1, pr });
    expect(later === undefined).toBe(isPaid);
    expect(await service.store.db.selectFrom("leases").selectAll().execute()).toEqual([]);
  } finally {
    await service.close();
  }
}
