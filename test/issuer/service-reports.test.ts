import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, msat, sat } from "../../common/index.js";
import { blockCard, cashOutCard, fundCard } from "../../issuer/ledger/index.js";
import {
  cardDetails,
  cardsCsv,
  cardsLabelled,
  compareWithNode,
  dayIn,
  eachCard,
  type LookUpPayments,
  listAuthorizations,
  type NodeBooks,
  showAuthorization,
  spendingCsv,
  spendingReport,
} from "../../issuer/reports/index.js";
import { cardIdOf, cardKey } from "../../issuer/store/values.js";
import { Bench, type Service, START, startService } from "../../testing/issuer/service.js";
import { PAYEE } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());

const HOUR = 3_600_000;
const name = (card: bigint) => bytesToHex(cardIdOf(card));

/** Two cards and two days: three payments settled, one void, one in flight. */
async function town(kind: "sqlite" | "postgres" = "sqlite") {
  const service = await startService(bench, kind, { payTimeoutMs: 10 });
  const [one, two] = [await service.card(1, sat(1000)), await service.card(2, sat(500))];
  await service.tap(one, 1, msat(1001n));
  await service.tap(two, 2, sat(20));
  // 23:30 UTC, half past midnight in Zurich.
  service.clock.now = START + 15.5 * HOUR;
  await service.tap(one, 3, sat(3));
  service.node.set(4, "fail");
  await service.tap(one, 4, sat(4));
  service.node.set(5, "stuck");
  await service.tap(two, 5, sat(5));
  const lookUp: LookUpPayments = (hashes) =>
    Promise.all(hashes.map((hash) => service.node.lookupPayment(hash)));
  return { service, one, two, lookUp, close: () => service.close() };
}

describe.each(["sqlite", "postgres"] as const)("reports on %s", (kind) => {
  it("sums payments by day, payee and card, and tells what the books say", async () => {
    const { service, one, two, close } = await town(kind);
    await cashOutCard(service.store, one.cardId, "", service.clock.now);
    const report = await spendingReport(service.store, { timeZone: "UTC" });
    expect(report.total).toEqual({ payments: 3, amount: 24_001n, fees: 3000n });
    expect([...report.days]).toEqual([["2027-01-15", { payments: 3, amount: 24_001n, fees: 3000n }]]);
    expect([...report.payees.keys()]).toEqual([PAYEE]);
    expect(report.cards.get(cardKey(one.cardId))).toEqual({ payments: 2, amount: 4001n, fees: 2000n });
    expect(report.books).toEqual({
      paidIn: sat(1500),
      refunded: 0n,
      paidOut: 995_999n,
      settled: 24_001n,
      fees: 3000n,
      feesCharged: 0n,
      heldForFees: 0n,
      guaranteed: 0n,
      owed: 0n,
      reserved: sat(5),
      left: sat(475),
      unmatched: 0n,
    });
    const zurich = await spendingReport(service.store, { timeZone: "Europe/Zurich" });
    expect([...zurich.days].map(([day, { payments }]) => [day, payments])).toEqual([
      ["2027-01-15", 2],
      ["2027-01-16", 1],
    ]);
    const ids = [one, two].map((card) => bytesToHex(card.cardId));
    const names = {
      payees: { [PAYEE]: "Bar" },
      labels: new Map(two ? [[cardKey(two.cardId), "A17 Anna"]] : []),
    };
    expect(spendingCsv(zurich, name, names)).toBe(
      [
        "day,payee,payee_name,card,label,payments,amount_msat,amount_sat,fees_msat,fees_sat",
        `2027-01-15,${PAYEE},Bar,${ids[0]},,1,1001,1.001,1000,1`,
        `2027-01-15,${PAYEE},Bar,${ids[1]},A17 Anna,1,20000,20,1000,1`,
        `2027-01-16,${PAYEE},Bar,${ids[0]},,1,3000,3,1000,1`,
        "",
      ].join("\r\n"),
    );
    const day = { from: START + HOUR, to: START + 24 * HOUR, timeZone: "UTC" };
    expect((await spendingReport(service.store, day)).total.payments).toBe(1);
    await close();
  });

  it("lists authorizations by card, state, payee, payment and time", async () => {
    const { service, one, two, close } = await town(kind);
    const { db } = service.store;
    const list = async (...filter: Parameters<typeof listAuthorizations>[1][]) =>
      (await listAuthorizations(db, filter[0] ?? {}, 100)).map(({ amount }) => amount);
    expect((await list()).sort()).toEqual([1001n, 3000n, 4000n, 5000n, 20_000n].sort());
    expect(await list({ state: "reserved" })).toEqual([5000n]);
    expect(await list({ card: one.cardId, state: "settled" })).toEqual([3000n, 1001n]);
    expect(await list({ card: two.cardId, to: START + HOUR })).toEqual([20_000n]);
    expect(await list({ from: START + HOUR, state: "void" })).toEqual([4000n]);
    expect(await list({ payee: new Uint8Array(33) })).toEqual([]);
    const found = await showAuthorization(db, one.cardId, 1n);
    expect(await list({ paymentHash: found?.payment_hash ?? new Uint8Array() })).toEqual([1001n]);
    expect(found).not.toHaveProperty("preimage");
    expect(await showAuthorization(db, one.cardId, 9n)).toBeUndefined();
    await close();
  });
});

describe("one card", () => {
  it("is shown with its bookings, limits and authorizations", async () => {
    const { service, one, two, close } = await town();
    await fundCard(service.store, two.cardId, sat(7), "at the gate", service.clock.now);
    await blockCard(service.store, two.cardId, service.clock.now);
    const details = await cardDetails(service.store, two.cardId, 1);
    expect(details).toMatchObject({ left: sat(482), reserved: sat(5), inGaps: 0n });
    expect(details.entry).toMatchObject({ state: "blocked", sequence: 2n });
    expect(details.limits).toMatchObject({ cause: "block", credit: sat(507) });
    expect(details.operations.map(({ kind, note }) => [kind, note])).toEqual([
      ["fund", "personalization"],
      ["fund", "at the gate"],
    ]);
    expect(details.authorizations).toHaveLength(1);
    await expect(cardDetails(service.store, new Uint8Array(8), 1)).rejects.toMatchObject({
      code: "unknown-card",
    });
    const cards = [];
    for await (const card of eachCard(service.store.db)) cards.push(card);
    expect(cards.map(({ card }) => name(card)).sort()).toEqual(
      [one, two].map((card) => bytesToHex(card.cardId)).sort(),
    );
    const blocked = [];
    for await (const card of eachCard(service.store.db, { state: "blocked" })) blocked.push(name(card.card));
    expect(blocked).toEqual([bytesToHex(two.cardId)]);
    expect(await cardsLabelled(service.store.db, `card ${blocked[0]}`, 9)).toMatchObject([
      { card: cardKey(two.cardId) },
    ]);
    expect(await cardsLabelled(service.store.db, "nobody", 9)).toEqual([]);
    expect(cardsCsv([{ ...details.entry, label: '=cmd|"x"' }], name)).toContain(`,"'=cmd|""x""",blocked,`);
    await close();
  });
});

/** What the node says of its payments, with any answers to look-ups. */
const booksOf = ({ node, ports }: Service, lookUp: LookUpPayments): NodeBooks => ({
  nodeId: ports.nodeId,
  lookUp,
  async list(query) {
    const { payments, next } = await node.listPayments(query);
    return {
      payments: payments.map(({ state, ...rest }) => ({ ...rest, state: state.state })),
      next,
    };
  },
});

describe("ledger and node", () => {
  it("agree, and a payment in flight is no fault", async () => {
    const { service, lookUp, close } = await town();
    const { compared, settled, differences } = await compareWithNode(
      service.store,
      booksOf(service, lookUp),
      START,
    );
    expect([compared, settled]).toEqual([5, { payments: 3, amount: 24_001n }]);
    expect(differences).toMatchObject([{ ledger: "reserved", node: "unknown", wrong: false }]);
    service.node.finish();
    expect((await compareWithNode(service.store, booksOf(service, lookUp), START)).differences).toMatchObject(
      [{ ledger: "reserved", node: "settled", wrong: false }],
    );
    await close();
  });

  it("are distinguished where they do not agree", async () => {
    const { service, close } = await town();
    const differ = async (lookUp: LookUpPayments) =>
      (await compareWithNode(service.store, booksOf(service, lookUp), START)).differences
        .filter(({ wrong }) => wrong)
        .map(({ ledger, node, what }) => `${ledger} ${node}: ${what}`);
    const all = (answer: Awaited<ReturnType<LookUpPayments>>[number]): LookUpPayments => {
      return async (hashes) => hashes.map(() => answer);
    };
    expect(await differ(all({ state: "not-found" }))).toEqual(
      Array(3).fill("settled not-found: the ledger has it settled, the node does not"),
    );
    const paid = await differ(all({ state: "settled", fee: msat(7n) }));
    expect(paid.filter((text) => text.startsWith("void settled: the node paid it"))).toHaveLength(1);
    expect(paid.filter((text) => text.includes("fee of 1000 msat, the node of 7 msat"))).toHaveLength(3);
    await close();
  });
});

it("names days in any time zone", () => {
  expect(dayIn("UTC")(START + 15.5 * HOUR)).toBe("2027-01-15");
  expect(dayIn("Pacific/Auckland")(START)).toBe("2027-01-15");
  expect(dayIn("Pacific/Auckland")(START + 4 * HOUR)).toBe("2027-01-16");
});
