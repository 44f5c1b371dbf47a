import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import type { RefundStep } from "../../issuer/authorizer/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { REFUND_REASON } from "../../lightning/api/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { Bench, refundRequest, type Service, START, startService } from "../../testing/issuer/service.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";

const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

const AMOUNT = sat(2000);
const EXPIRED_MS = 11 * 60_000;

/** What is going on when the process dies, for each step. */
const STORIES: Readonly<Record<RefundStep, "asked" | "paid" | "expired">> = {
  "refund-invoice": "asked",
  "refund-open": "asked",
  "refund-paid": "paid",
  "refund-credited": "paid",
  "refund-cancelled": "expired",
};
const STEPS = Object.keys(STORIES) as RefundStep[];
/** The long campaign of `npm run prove` instead of the share of `npm test`. */
const KINDS: readonly StoreKind[] =
  process.env.CHEQUECARD_PROVE === "full" ? ["sqlite", "postgres"] : ["sqlite"];

const left = async ({ store }: Service, cardId: Uint8Array): Promise<bigint> => {
  const { funded, spent } = await store.db
    .selectFrom("accounts")
    .select(["funded", "spent"])
    .where("card", "=", cardKey(cardId))
    .executeTakeFirstOrThrow();
  return funded - spent;
};

describe.each(KINDS)("an issuer's process that is killed in a refund, on %s", (kind) => {
  it.each(STEPS)("at %s loses nothing and credits nothing twice", async (step) => {
    const location = kind === "sqlite" ? await bench.location(kind) : await (await bench.server()).database();
    const service = await startService(bench, kind, {}, {}, location);
    try {
      const card = await service.card(1);
      await service.tap(card, 1, sat(5000));
      const story = STORIES[step];
      const open = story === "asked" ? undefined : await service.refund(1, AMOUNT);
      if (story === "paid") expect(service.pay(open?.invoice, true)).toBe(true);
      const { path: keyFile } = await bench.keys();
      const now = story === "expired" ? START + EXPIRED_MS : START;
      const child = await IssuerChild.start(
        program,
        { kind, location, keyFile, now, dieAt: step },
        service.node,
      );
      const work = story === "asked" ? child.refund(refundRequest(1, AMOUNT)) : child.resolveRefunds();
      await expect(work).rejects.toMatchObject({ code: "closed" });
      await child.stop();
      expect(await service.violations()).toEqual([]);

      if (story === "expired") service.clock.pass(EXPIRED_MS);
      await service.refunds.resolve();
      if (story !== "paid") {
        if (story === "expired")
          expect(await service.refund(1, AMOUNT)).toMatchObject({ reason: REFUND_REASON.REFUND_OVER });
        const again = await service.refund(1, AMOUNT, story === "expired" ? 2 : 1);
        expect(service.pay(again?.invoice, true)).toBe(true);
        await service.refunds.resolve();
      }
      await service.refunds.resolve();
      expect(await left(service, card.cardId)).toBe(msat(sat(15_000) + AMOUNT));
      await service.identify(card);
      expect(card.credit).toBe(sat(22_000));
      expect(await service.violations()).toEqual([]);
    } finally {
      await service.close();
    }
  });
});
