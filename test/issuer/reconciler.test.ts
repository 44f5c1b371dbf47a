import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import type { AuthorizerOptions, IssuerPorts } from "../../issuer/authorizer/index.js";
import { type Move, nextMove, type Situation } from "../../issuer/reconciler/next-move.js";
import { REASON } from "../../lightning/api/reasons.js";
import type { PaymentLookup } from "../../lightning/nodes/port.js";
import { Bench, Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;
const settled: PaymentLookup = { state: "settled", preimage: new Uint8Array(32), fee: sat(0) };
const failed: PaymentLookup = { state: "failed", reason: "no route" };
const unknown: PaymentLookup = { state: "unknown" };
const notFound: PaymentLookup = { state: "not-found" };
const alone: Situation = { active: false, expired: false, alone: true, isRetried: false };

describe("the next move", () => {
  it.each<[string, PaymentLookup, Partial<Situation>, Move]>([
    ["paid", settled, {}, "settle"],
    ["paid, long expired, taken over", settled, { expired: true, alone: false }, "settle"],
    ["in flight", unknown, {}, "wait"],
    ["in flight, long expired", unknown, { expired: true }, "wait"],
    ["failed", failed, {}, "void"],
    ["failed, but a call of ours is still out", failed, { active: true }, "wait"],
    ["failed, taken over: the other may still send", failed, { alone: false }, "wait"],
    ["failed, taken over, expired", failed, { alone: false, expired: true }, "void"],
    ["failed, of an offline payee", failed, { isRetried: true }, "pay"],
    ["failed, of an offline payee, taken over", failed, { isRetried: true, alone: false }, "pay"],
    ["failed, of an offline payee, a call of ours is out", failed, { isRetried: true, active: true }, "wait"],
    ["failed, of an offline payee, expired", failed, { isRetried: true, expired: true }, "void"],
    ["never heard of", notFound, {}, "pay"],
    ["never heard of, a call of ours is out", notFound, { active: true }, "wait"],
    ["never heard of, taken over", notFound, { alone: false }, "pay"],
    ["never heard of, expired", notFound, { expired: true, alone: false }, "void"],
    ["never heard of, expired, a call of ours hangs", notFound, { expired: true, active: true }, "void"],
  ])("%s", (_name, lookup, situation, move) => {
    expect(nextMove(lookup, { ...alone, ...situation })).toBe(move);
  });
});

describe.each(["sqlite", "postgres"] as const)("reconciler on %s", (kind) => {
  const finish = async (...services: Service[]) => {
    expect(await services[0]?.violations()).toEqual([]);
    for (const service of services) await service.close();
  };
  /** Another process on the same database and node. */
  const another = async (
    service: Service,
    location: string,
    config: AuthorizerOptions = {},
    ports: Partial<IssuerPorts> = {},
  ): Promise<Service> =>
    new Service(await bench.open(kind, location), service.node, service.clock, service.ports.keys, config, {
      owner: service.ports.owner + 1n,
      ...ports,
    });
  const startOn = async (config: AuthorizerOptions = {}, ports: Partial<IssuerPorts> = {}) => {
    const location = await bench.location(kind);
    const first = await startService(bench, kind, {}, {}, location);
    return { first, second: await another(first, location, config, ports) };
  };
  /** How often the only lease went to another process. */
  const takeovers = async ({ store }: Service) =>
    (await store.db.selectFrom("leases").select("takeovers").executeTakeFirstOrThrow()).takeovers;

  it("finds out what a payment without an answer became, and never earlier than the node knows", async () => {
    await using service = await startService(bench, kind);
    const card = await service.card(1);
    for (const [serial, behaviour] of [
      [1, "stuck"],
      [2, "stuck-then-fails"],
    ] as const) {
      service.node.set(serial, behaviour);
      expect(await service.tap(card, serial, sat(10))).toMatchObject({ outcome: "accepted" });
    }
    service.clock.now += 30 * 24 * 3_600_000;
    expect(await service.reconciler.run()).toMatchObject({ settled: 0, voided: 0, open: 2 });
    service.node.finish();
    expect(await service.reconciler.run()).toMatchObject({ settled: 1, voided: 1, open: 0 });
    expect(await service.identify(card)).toHaveLength(149);
    expect(card.credit).toBe(sat(20_010));
  });

  it("pays what a node that was away never got", async () => {
    await using service = await startService(bench, kind);
    const card = await service.card(1);
    service.node.behaviour = "unreachable";
    await service.tap(card, 1, sat(10));
    expect(await service.reconciler.run()).toMatchObject({ open: 1 });
    service.node.behaviour = "settle";
    expect(await service.reconciler.run()).toMatchObject({ settled: 1 });
    expect([...service.node.sent.values()]).toEqual([1]);
  });

  it("leaves another process its lease, and takes over when it ran out", async () => {
    const { first, second } = await startOn();
    const card = await first.card(1);
    first.node.behaviour = "unreachable";
    await first.tap(card, 1, sat(10));
    first.node.behaviour = "settle";
    expect(await second.reconciler.run()).toMatchObject({ settled: 0, open: 0 });
    first.clock.now += first.config.leaseMs + 1;
    expect(await second.reconciler.run()).toMatchObject({ settled: 1 });
    expect(await first.reconciler.run()).toMatchObject({ settled: 0, open: 0 });
    await finish(first, second);
  });

  it("who took a payment over takes no failure for final before the invoice expired", async () => {
    const { first, second } = await startOn();
    const card = await first.card(1);
    first.node.behaviour = "unreachable";
    await first.tap(card, 1, sat(10));
    first.node.behaviour = "fail";
    first.clock.now += first.config.leaseMs + 1;
    // The node says "failed" to the second process; the first may be about to send it still.
    expect(await second.reconciler.run()).toMatchObject({ voided: 0, open: 1 });
    first.node.behaviour = "settle";
    first.clock.pass(3_600_000);
    expect(await second.reconciler.run()).toMatchObject({ voided: 0, open: 1 });
    first.clock.pass(first.config.expiryMarginMs);
    expect(await second.reconciler.run()).toMatchObject({ voided: 1, open: 0 });
    // And what the first sends now is refused by the node: the invoice has expired.
    expect(first.node.sent.size).toBe(0);
    await finish(first, second);
  });

  it("takes over what was reserved while the clock was a day ahead, once it is no longer renewed", async () => {
    const { first, second } = await startOn();
    const card = await first.card(1);
    first.node.behaviour = "unreachable";
    first.clock.now += DAY;
    await first.tap(card, 1, sat(10));
    first.clock.now -= DAY;
    first.node.behaviour = "settle";
    expect(await second.reconciler.run()).toMatchObject({ settled: 0, open: 0 });
    first.clock.pass(first.config.leaseMs - 1000);
    expect(await second.reconciler.run()).toMatchObject({ settled: 0, open: 0 });
    first.clock.pass(1000);
    expect(await second.reconciler.run()).toMatchObject({ settled: 1 });
    expect([...first.node.sent.values()]).toEqual([1]);
    await finish(first, second);
  });

  it.each<[string, number, AuthorizerOptions]>([
    ["whose clock is minutes ahead", 600_000, {}],
    ["whose clock is a day ahead", DAY, {}],
    ["whose leases are longer", 0, { leaseMs: 10_000 }],
  ])("leaves a living process %s its lease", async (_name, ahead, config) => {
    const { first, second } = await startOn(config, { clock: () => first.clock.now - ahead });
    const card = await first.card(1);
    first.node.behaviour = "unreachable";
    await first.tap(card, 1, sat(10));
    for (let round = 0; round < 20; round++) {
      first.clock.pass(5000);
      expect(await second.reconciler.run()).toMatchObject({ settled: 0, open: 0 });
      expect(await first.reconciler.run()).toMatchObject({ open: 1 });
    }
    expect(await takeovers(first)).toBe(0n);
    first.node.behaviour = "fail";
    expect(await first.reconciler.run()).toMatchObject({ voided: 1 });
    await finish(first, second);
  });

  it("who believes that an invoice has expired waits until what others sent has arrived", async () => {
    const { first, second } = await startOn({}, { clock: () => first.clock.now + DAY });
    const card = await first.card(1);
    let arrive = () => {};
    first.node.delay = () =>
      new Promise((resolve) => {
        arrive = resolve;
      });
    // The first has sent the payment, and the node will have it in half a minute.
    const tap = first.tap(card, 1, sat(10));
    await expect.poll(() => first.node.calls).toBe(1);
    first.node.delay = async () => {};
    first.node.behaviour = "unreachable";
    expect(await second.reconciler.run()).toMatchObject({ voided: 0, open: 1 });
    first.clock.pass(30_000);
    expect(await second.reconciler.run()).toMatchObject({ voided: 0, open: 1 });
    arrive();
    expect(await tap).toMatchObject({ outcome: "accepted" });
    expect([...first.node.sent.values()]).toEqual([1]);
    await second.reconciler.run();
    await finish(first, second);
  });

  it("sends nothing any more when half of its lease is gone", async () => {
    await using service = await startService(bench, kind);
    const card = await service.card(1);
    const { node, clock, config } = service;
    node.behaviour = "unreachable";
    await service.tap(card, 1, sat(10));
    node.behaviour = "settle";
    const { calls } = node;
    const lookUp = node.lookupPayment.bind(node);
    node.lookupPayment = async (hash) => {
      clock.pass(config.leaseMs / 2 + 1);
      return await lookUp(hash);
    };
    expect(await service.reconciler.run()).toMatchObject({ open: 1 });
    expect(node.calls).toBe(calls);
    node.lookupPayment = lookUp;
    expect(await service.reconciler.run()).toMatchObject({ settled: 1 });
  });

  it("who lost its lease voids nothing", async () => {
    const { first, second } = await startOn();
    const card = await first.card(1);
    const waiting: (() => void)[] = [];
    first.node.set(1, "fail");
    first.node.delay = () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      });
    const tap = first.tap(card, 1, sat(10));
    await expect.poll(() => first.node.calls).toBe(1);
    first.clock.now += first.config.leaseMs + 1;
    const takeover = second.reconciler.run();
    await expect.poll(() => first.node.calls).toBe(2);
    for (const answer of waiting) answer();
    first.node.delay = async () => {};
    expect(await takeover).toMatchObject({ voided: 0, open: 1 });
    // Silence: what became of it is the other's to find out.
    expect(await tap).toMatchObject({ outcome: "accepted" });
    expect(await first.reconciler.run()).toMatchObject({ open: 0 });
    await finish(first, second);
  });

  it("two at once on two processes pay once and say the same", async () => {
    const { first, second } = await startOn();
    const cards = await Promise.all([1, 2, 3, 4].map((number) => first.card(number)));
    first.node.set(4, "fail");
    for (const [i, card] of cards.entries()) {
      const invoice = first.invoice(i + 1, sat(10));
      const token = card.authorize(invoice, sat(10));
      const [one, two] = await Promise.all([first.present(token, invoice), second.present(token, invoice)]);
      expect(one.outcome).toBe(i === 3 ? "rejected" : "accepted");
      expect([two.outcome, two.reason]).toEqual([one.outcome, one.reason]);
      if (i === 3) expect(one.reason).toBe(REASON.PAYMENT_FAILED);
    }
    expect(first.node.calls).toBe(4);
    expect([...first.node.sent.values()]).toEqual([1, 1, 1]);
    await finish(first, second);
  });

  it("resolves hundreds at a time", async () => {
    await using service = await startService(bench, kind, {
      maxInFlightPerPayee: 1000,
      maxInFlightPerCard: 30,
    });
    const cards = await Promise.all(Array.from({ length: 20 }, (_, i) => service.card(i + 1)));
    service.node.behaviour = "stuck";
    let serial = 0;
    for (let round = 0; round < 30; round++)
      await Promise.all(cards.map((card) => service.tap(card, ++serial, sat(1))));
    service.node.finish();
    let round = await service.reconciler.run();
    let settled = round.settled;
    while (round.settled > 0) {
      round = await service.reconciler.run();
      settled += round.settled;
    }
    expect(settled).toBe(600);
  });
});
