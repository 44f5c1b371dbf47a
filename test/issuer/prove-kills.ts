import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { sat } from "../../common/index.js";
import type { ReadingStep, Step } from "../../issuer/authorizer/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { statusChallenge } from "../../lightning/api/status-challenge.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { type Bench, NODE_ID, type Service, START, startService } from "../../testing/issuer/service.js";
import type { Behaviour } from "../../testing/nodes/scripted-node.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";

const DAY = 24 * 3_600_000;
const AMOUNT = sat(100);

/** What is going on when the process dies, for each step. */
type Story = "tap" | "refused tap" | "gap" | "status" | "reconciler";
/** The steps of readings have a story of their own, in bolt-kills. */
const STORIES: Readonly<Record<Exclude<Step, ReadingStep>, readonly [Story, Behaviour]>> = {
  received: ["tap", "settle"],
  verified: ["tap", "settle"],
  "before-reserve": ["tap", "settle"],
  "in-reserve": ["tap", "settle"],
  reserved: ["tap", "settle"],
  paid: ["tap", "settle"],
  "in-settle": ["tap", "settle"],
  settled: ["tap", "settle"],
  failed: ["tap", "fail"],
  "in-void": ["tap", "fail"],
  voided: ["tap", "fail"],
  "in-refuse": ["refused tap", "settle"],
  "in-gap": ["gap", "settle"],
  "in-status": ["status", "settle"],
  claimed: ["reconciler", "stuck"],
};
export const STEPS = Object.keys(STORIES) as (keyof typeof STORIES)[];

/**
 * Kills a service process (SIGKILL) at one step, then goes on with another on the same database: the ledger proves
 * itself at once and at the end, the token is paid at most once, and every msat is spent or back with the card.
 */
export async function proveKill(
  bench: Bench,
  program: string,
  kind: StoreKind,
  step: keyof typeof STORIES,
): Promise<void> {
  const location = kind === "sqlite" ? await bench.location(kind) : await (await bench.server()).database();
  const service = await startService(bench, kind, { payTimeoutMs: 100 }, {}, location);
  try {
    const [story, behaviour] = STORIES[step];
    service.node.behaviour = behaviour;
    const card = await service.card(1);
    const expirySeconds = story === "refused tap" ? 20 : 3600;
    const invoice = service.invoice(1, AMOUNT, { expirySeconds });
    const token = card.authorize(invoice, AMOUNT);
    if (story === "reconciler") await service.present(token, invoice);
    if (story === "gap") await service.tap(card, 2, AMOUNT);
    const now = story === "gap" || story === "reconciler" ? START + DAY : START;
    const { path: keyFile } = await bench.keys();
    const child = await IssuerChild.start(
      program,
      { kind, location, keyFile, now, dieAt: step },
      service.node,
    );
    await expect(tellStory(child, story, card, token, invoice)).rejects.toMatchObject({ code: "closed" });
    await child.stop();
    expect(await service.violations()).toEqual([]);
    await goOn(service, card, token, invoice);
  } finally {
    await service.close();
  }
}

async function tellStory(
  child: IssuerChild,
  story: Story,
  card: SigningCard,
  token: Uint8Array,
  invoice: string,
): Promise<unknown> {
  if (story === "gap" || story === "reconciler") return await child.reconcile();
  if (story !== "status") return await child.present(token, invoice);
  const time = BigInt(START / 1000);
  const nonce = randomBytes(24);
  const status = card.status(statusChallenge(NODE_ID, time, nonce));
  return await child.status({ status, time, nonce });
}

/** The terminal presents again, the card comes by, time passes, the reconciler runs. */
async function goOn(service: Service, card: SigningCard, token: Uint8Array, invoice: string): Promise<void> {
  service.node.finish();
  const again = service.present(token, invoice);
  // What the dead process had reserved is free for another one when its lease ran out.
  service.clock.pass(service.config.leaseMs + 1);
  await service.reconciler.run();
  await again;
  for (let day = 0; day < 3; day++) {
    service.clock.pass(DAY);
    await service.reconciler.run();
    await service.identify(card);
  }
  expect(await service.violations()).toEqual([]);
  expect([...service.node.sent.values()].every((times) => times === 1)).toBe(true);
  const account = await service.store.db.selectFrom("accounts").selectAll().executeTakeFirstOrThrow();
  expect(account.spent).toBe(AMOUNT * BigInt(service.node.sent.size));
  expect(account.spent + account.voided).toBe(card.total);
  expect(card.credit - card.total).toBe(account.funded - account.spent);
  expect(await service.store.db.selectFrom("leases").selectAll().execute()).toEqual([]);
}
