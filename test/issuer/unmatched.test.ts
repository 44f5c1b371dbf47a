import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, msat, sat } from "../../common/index.js";
import type { IssuerPorts } from "../../issuer/authorizer/index.js";
import { listUnmatched, verifyLedger, writeOff } from "../../issuer/ledger/index.js";
import { couldBelong } from "../../issuer/ledger/unmatched.js";
import { compareWithNode } from "../../issuer/reports/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, Service, startService } from "../../testing/issuer/service.js";
import { remember } from "./forgetful-ledger.js";

const bench = new Bench();
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;

describe("a payment of the node", () => {
  const gap = { card: 1n, first: 3n, last: 5n, amount: 1000n };
  it.each<[string, Parameters<typeof couldBelong>[0], Partial<typeof gap>, boolean]>([
    ["of a counter in the gap", { card: 1n, counter: 3n, amount: 7n }, {}, true],
    ["of the counter before it", { card: 1n, counter: 2n, amount: 7n }, {}, false],
    ["of the counter after it", { card: 1n, counter: 6n, amount: 7n }, {}, false],
    ["of another card's counter", { card: 2n, counter: 4n, amount: 7n }, {}, false],
    ["that leaves 1 msat for each of the others", { card: null, counter: null, amount: 998n }, {}, true],
    ["that leaves less", { card: null, counter: null, amount: 999n }, {}, false],
    ["of just the amount of one counter", { card: null, counter: null, amount: 1000n }, { last: 3n }, true],
    [
      "of less than the amount of one counter",
      { card: null, counter: null, amount: 999n },
      { last: 3n },
      false,
    ],
  ])("%s could belong to it: %s", (_name, payment, change, could) => {
    expect(couldBelong(payment, { ...gap, ...change })).toBe(could);
  });
});

describe.each(["sqlite", "postgres"] as const)("payments without an authorization, on %s", (kind) => {
  /** A service whose log is kept, with a card. */
  async function start(): Promise<{ service: Service; card: SigningCard; alerts: () => object[] }> {
    const lines: object[] = [];
    const note = (fields: object) => void lines.push(fields);
    const service = await startService(bench, kind, {}, { log: { info: note, warn: note, error: note } });
    const card = await service.card(1);
    service.node.pageSize = 2;
    await service.reconciler.run();
    return { service, card, alerts: () => lines.filter((line) => "alert" in line) };
  }
  const finish = async (service: Service) => {
    expect(await service.violations()).toEqual([]);
    await service.close();
  };
  const hashOf = (invoice: string) => bytesToHex(decodeInvoice(invoice).paymentHash);
  const restarted = (service: Service, ports: Partial<IssuerPorts> = {}) =>
    new Service(
      service.store,
      service.node,
      service.clock,
      service.ports.keys,
      {},
      { ...service.ports, ...ports },
    );
  const books = async ({ store }: Service) =>
    await store.db
      .selectFrom("bookings")
      .select(["account", "amount", "kind"])
      .where("card", "=", 0n)
      .execute();
  /** A payment that the ledger forgets after the node has made it. */
  const forgotten = async (service: Service, card: SigningCard, serial: number, amount = sat(100)) => {
    const forget = await remember(service.store);
    const tap = await service.tap(card, serial, amount);
    await forget();
    return tap;
  };

  it("a payment under a counter that was voided meanwhile is booked at once, with an alert", async () => {
    const { service, card, alerts } = await start();
    let answer = () => {};
    service.node.delay = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const tap = service.tap(card, 1, sat(100));
    await expect.poll(() => service.node.calls).toBe(1);
    // What must never happen: somebody voids what is being paid.
    const { account } = await service.authorizer.writer.void(
      { card: Buffer.from(card.cardId).readBigInt64BE(), counter: 1n },
      { owner: service.ports.owner },
      REASON.PAYMENT_FAILED,
    );
    expect(account.spent).toBe(0n);
    answer();
    const { invoice } = await tap;
    expect(alerts()).toMatchObject([
      { event: "unmatched", paymentHash: hashOf(invoice), amount: "100000", fee: "1000", counter: "1" },
    ]);
    expect(await listUnmatched(service.store.db)).toMatchObject([
      { state: "open", amount: sat(100), fee: 1000n, counter: 1n },
    ]);
    expect(await books(service)).toMatchObject([
      { account: "node", amount: -101_000n },
      { account: "unmatched", amount: 101_000n },
    ]);
    expect(await service.reconciler.run()).toMatchObject({ unmatched: 0 });
    expect(alerts()).toHaveLength(1);
    const { unmatched } = await verifyLedger(service.store);
    expect(unmatched).toEqual({ payments: 1, amount: 101_000n });
    await finish(service);
  });

  it("the reconciler finds what the node paid and the ledger forgot, once, also after a restart", async () => {
    const { service, card, alerts } = await start();
    await service.tap(card, 1, sat(10));
    await service.tap(card, 2, sat(20));
    const { invoice } = await forgotten(service, card, 3);
    expect(await service.reconciler.run()).toMatchObject({ unmatched: 1 });
    expect(alerts()).toMatchObject([{ event: "unmatched", paymentHash: hashOf(invoice) }]);
    expect(await service.reconciler.run()).toMatchObject({ unmatched: 0 });
    expect(await restarted(service).reconciler.run()).toMatchObject({ unmatched: 0 });
    expect(await listUnmatched(service.store.db)).toMatchObject([{ card: null, amount: sat(100) }]);
    await finish(service);
  });

  it("a forgotten payment is booked when its token comes again, though the invoice has expired", async () => {
    const { service, card } = await start();
    const { invoice, token } = await forgotten(service, card, 1);
    await service.reconciler.run();
    service.clock.pass(2 * DAY);
    expect(await service.present(token, invoice)).toEqual({ outcome: "accepted" });
    await service.reconciler.run();
    expect(await listUnmatched(service.store.db)).toMatchObject([{ state: "matched" }]);
    expect(
      (await books(service)).reduce(
        (sum, { account, amount }) => sum + (account === "unmatched" ? amount : 0n),
        0n,
      ),
    ).toBe(0n);
    expect([...service.node.sent.values()]).toEqual([1]);
    const [row] = await service.store.db.selectFrom("authorizations").selectAll().execute();
    expect(row).toMatchObject({ state: "settled", amount: sat(100) });
    await finish(service);
  });

  it("a forgotten payment whose token comes before anybody found it is not refused for its expired invoice", async () => {
    const { service, card } = await start();
    const { invoice, token } = await forgotten(service, card, 1);
    service.clock.pass(2 * DAY);
    const { lookupPayment } = service.node;
    service.node.lookupPayment = async () => {
      throw new NodeError("unreachable", "the node does not answer");
    };
    // Nobody can tell: nothing is decided.
    expect(await service.present(token, invoice)).toEqual({ outcome: "accepted" });
    expect(await service.store.db.selectFrom("authorizations").selectAll().execute()).toEqual([]);
    service.node.lookupPayment = lookupPayment;
    expect(await service.present(token, invoice)).toEqual({ outcome: "accepted" });
    const [row] = await service.store.db.selectFrom("authorizations").selectAll().execute();
    expect(row).toMatchObject({ state: "settled", amount: sat(100) });
    expect(await service.reconciler.run()).toMatchObject({ unmatched: 0 });
    expect(await listUnmatched(service.store.db)).toMatchObject([{ state: "matched" }]);
    await finish(service);
  });

  it("another token for a forgotten payment is refused where its amount differs", async () => {
    const { service } = await start();
    const [one, two] = await Promise.all([
      service.card(2, sat(1000), { allowAmountless: true }),
      service.card(3, sat(1000), { allowAmountless: true }),
    ]);
    const invoice = service.invoice(7, undefined);
    const forget = await remember(service.store);
    await service.present(one.authorize(invoice, sat(5)), invoice);
    await forget();
    await service.reconciler.run();
    const other = await service.present(two.authorize(invoice, sat(6)), invoice);
    expect(other).toMatchObject({ outcome: "rejected", reason: REASON.INVOICE_TAKEN });
    expect(await listUnmatched(service.store.db)).toMatchObject([{ state: "open", amount: sat(5) }]);
    await finish(service);
  });

  it("a gap that a forgotten payment could belong to is not released, until somebody has decided", async () => {
    const { service, card } = await start();
    const { store, clock, reconciler } = service;
    const { invoice } = await forgotten(service, card, 1);
    await service.tap(card, 2, sat(10));
    // Another card has skipped another amount.
    const other = await service.card(2);
    other.authorize(service.invoice(3, sat(30)), sat(30));
    await service.tap(other, 4, sat(40));
    clock.pass(DAY + 1);
    expect(await reconciler.run()).toMatchObject({ gaps: 1 });
    const gaps = () =>
      store.db.selectFrom("gaps").select(["amount", "voided_at"]).orderBy("amount").execute();
    expect(await gaps()).toMatchObject([
      { amount: sat(30), voided_at: BigInt(clock.now) },
      { amount: sat(100), voided_at: null },
    ]);
    clock.pass(30 * DAY);
    expect(await reconciler.run()).toMatchObject({ gaps: 0 });
    const hash = decodeInvoice(invoice).paymentHash;
    await writeOff(store, hash, "paid to the bar, agreed with the holder", clock.now);
    expect(await reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await verifyLedger(store)).toMatchObject({ unmatched: { payments: 0 } });
    await finish(service);
  });

  it("no gap is released while the node does not list its payments, or one of them is still in flight", async () => {
    const { service, card } = await start();
    const { node, clock, reconciler } = service;
    node.set(1, "stuck");
    await forgotten(service, card, 1);
    await service.tap(card, 2, sat(10));
    clock.pass(DAY + 1);
    node.behaviour = "unreachable";
    expect(await reconciler.run()).toMatchObject({ gaps: 0 });
    node.behaviour = "settle";
    expect(await reconciler.run()).toMatchObject({ gaps: 0, unmatched: 0 });
    node.finish();
    expect(await reconciler.run()).toMatchObject({ gaps: 0, unmatched: 1 });
    await finish(service);
  });

  it("a payment that began while the node's clock was a day behind is found", async () => {
    const { service, card } = await start();
    service.clock.pass(10 * DAY);
    await service.reconciler.run();
    service.node.clock = () => service.clock.now - DAY;
    await forgotten(service, card, 1);
    expect(await restarted(service).reconciler.run()).toMatchObject({ unmatched: 1 });
    await finish(service);
  });

  it("the report goes both ways: every payment of the node is held against the ledger", async () => {
    const { service, card } = await start();
    const { store, node, clock } = service;
    await service.tap(card, 1, sat(10));
    const { invoice } = await forgotten(service, card, 2);
    const compare = () =>
      compareWithNode(
        store,
        {
          nodeId: service.ports.nodeId,
          lookUp: (hashes) => Promise.all(hashes.map((hash) => node.lookupPayment(hash))),
          async list(query) {
            const { payments, next } = await node.listPayments(query);
            const flat = payments.map(({ state, ...rest }) => ({
              ...rest,
              state: state.state,
              fee: state.state === "settled" ? state.fee : undefined,
            }));
            return { payments: flat, next };
          },
        },
        clock.now,
      );
    const paymentHash = Buffer.from(decodeInvoice(invoice).paymentHash);
    const unknown = { paymentHash, amount: sat(100), fee: msat(1000n) };
    expect(await compare()).toMatchObject({
      listed: 2,
      differences: [],
      unknown: [{ ...unknown, booked: undefined, wrong: true }],
    });
    await service.reconciler.run();
    expect((await compare()).unknown).toMatchObject([{ ...unknown, booked: "open", wrong: true }]);
    await writeOff(store, paymentHash, "by hand", clock.now);
    expect((await compare()).unknown).toMatchObject([{ ...unknown, booked: "written-off", wrong: false }]);
    await expect(writeOff(store, new Uint8Array(32), "none", clock.now)).rejects.toMatchObject({
      code: "unknown-payment",
    });
    await finish(service);
  });

  it("the proof of the ledger names the account of unmatched payments", async () => {
    const { service, card } = await start();
    await forgotten(service, card, 1);
    await service.reconciler.run();
    await service.store.db.deleteFrom("bookings").where("kind", "=", "unmatched").execute();
    expect((await service.violations()).map(({ invariant }) => invariant)).toContain(
      "the account of unmatched payments agrees with the book",
    );
    await service.close();
  });

  it.each<[string, (service: Service) => Promise<unknown>]>([
    [
      "an unmatched payment without its booking",
      ({ store }) => store.db.deleteFrom("bookings").where("kind", "=", "unmatched").execute(),
    ],
    ["a booking without its unmatched payment", ({ store }) => store.db.deleteFrom("unmatched").execute()],
    [
      "a matched payment without an authorization",
      ({ store }) => store.db.updateTable("unmatched").set({ state: "matched", resolved_at: 1n }).execute(),
    ],
    [
      "a preimage that proves nothing",
      ({ store }) =>
        store.db
          .updateTable("unmatched")
          .set({ preimage: Buffer.alloc(32) })
          .execute(),
    ],
  ])("the proof of the ledger sees %s", async (_name, harm) => {
    const { service, card } = await start();
    await forgotten(service, card, 1);
    await service.reconciler.run();
    expect(await service.violations()).toEqual([]);
    await harm(service);
    expect(await service.violations()).not.toEqual([]);
    await service.close();
  });
});
