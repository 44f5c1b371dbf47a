import { describe, expect, it } from "vitest";
import { hexToBytes, msat, sat } from "../../common/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { SaleStore } from "../../host/terminal/index.js";
import { NOT_ASKED } from "../../lightning/api/initiation.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import type { OfflineAuthorization } from "../../offline/verify.js";
import { newFolder } from "../../testing/hooks.js";

const path = `${newFolder()}/sales.db`;
const CARD = hexToBytes("cafe000000000001");
const OTHER = hexToBytes("cafe000000000002");
const ACCEPTANCE = {
  token: new Uint8Array(149).fill(7),
  nodeUri: `02${"ab".repeat(32)}@192.0.2.1:9735`,
  issuer: new Uint8Array(33).fill(2),
  acceptedAt: 1_800_000_000,
};
let sales = 0;

function newSale(store: SaleStore, amount = sat(100)): number {
  sales++;
  const paymentHash = new Uint8Array(32);
  new DataView(paymentHash.buffer).setUint32(0, sales);
  return store.create({
    amount,
    description: "beer",
    fiat: undefined,
    invoice: `lnbcrt${sales}`,
    paymentHash,
    createdAt: 1_800_000_000,
    expiresAt: 1_800_000_600,
  }).number;
}

const authorization = (counter: number, total: number, cardId = CARD): OfflineAuthorization => ({
  cardId,
  keySetId: hexToBytes("f0000001"),
  counter,
  amount: sat(100),
  total: sat(total),
  pinVerified: false,
});

/** Accepts one sale after the other; the code of the refusal, or the sum that is open. */
function outcomes(...authorizations: readonly OfflineAuthorization[]): (string | bigint)[] {
  const store = new SaleStore(":memory:");
  const said = authorizations.map((one) => {
    const number = newSale(store);
    try {
      store.accepted.accept(number, one, ACCEPTANCE);
      return store.accepted.held(one.cardId).card / 1000n;
    } catch (error) {
      if (!(error instanceof OfflineRefusal)) throw error;
      expect(store.get(number)).toMatchObject({ state: "open", acceptedAt: undefined, token: undefined });
      return error.code;
    }
  });
  store.close();
  return said;
}

describe("the accepted sales of a terminal", () => {
  it("are forwarded to the address that a newer pack has for their node", () => {
    const store = new SaleStore(":memory:");
    store.accepted.accept(newSale(store), authorization(1, 100), ACCEPTANCE);
    const moved = ACCEPTANCE.nodeUri.replace("192.0.2.1", "192.0.2.9");
    const another = `03${moved.slice(2)}`;
    const towards = (...uris: string[]) =>
      acceptedLog(store, () => uris.map((uri) => parseNodeUri(uri)))
        .due(ACCEPTANCE.acceptedAt, 10)
        .map(({ nodeUri }) => nodeUri);
    expect(towards(another, moved)).toEqual([moved]);
    // Never to another node, nor away from an address that still counts.
    expect(towards(another)).toEqual([ACCEPTANCE.nodeUri]);
    expect(towards(moved, ACCEPTANCE.nodeUri)).toEqual([ACCEPTANCE.nodeUri]);
    store.close();
  });

  it("keep what a stick said of a sale while it was being forwarded", () => {
    const store = new SaleStore(":memory:");
    const log = acceptedLog(store);
    const [paid, refused] = [newSale(store), newSale(store)] as const;
    store.accepted.accept(paid, authorization(1, 100), ACCEPTANCE);
    store.accepted.accept(refused, authorization(2, 200), ACCEPTANCE);
    const [first, second] = log.due(ACCEPTANCE.acceptedAt, 2);
    if (!first || !second) throw new Error("two sales were to be due");
    store.paid(paid, sat(100), 1_800_000_100);
    store.refused(refused, 36);
    for (const { paymentHash } of [first, second]) {
      log.saveInitiation(paymentHash, NOT_ASKED);
      log.refused(paymentHash, 48);
      log.later(paymentHash, () => 1_800_000_300);
    }
    log.paid(first.paymentHash, sat(100), 1_800_000_200);
    expect(store.get(paid)).toMatchObject({ state: "paid", paidAt: 1_800_000_100 });
    expect(store.get(refused)).toMatchObject({ state: "refused", reasonCode: 36 });
    // Money that comes after all counts.
    log.paid(second.paymentHash, sat(100), 1_800_000_200);
    expect(store.get(refused)).toMatchObject({ state: "paid", received: sat(100) });
    store.close();
  });

  it("count until they are paid or refused, card by card", () => {
    const store = new SaleStore(":memory:");
    const numbers = [newSale(store), newSale(store), newSale(store)];
    const [first = 0, second = 0, third = 0] = numbers;
    store.accepted.accept(first, authorization(1, 100), ACCEPTANCE);
    store.accepted.accept(second, authorization(2, 200), ACCEPTANCE);
    store.accepted.accept(third, authorization(1, 100, OTHER), ACCEPTANCE);
    expect(store.accepted.held(CARD)).toEqual({ sales: 3, total: sat(300), card: sat(200) });
    expect(store.accepted.held(OTHER)).toEqual({ sales: 3, total: sat(300), card: sat(100) });
    store.paid(first, sat(100), 1_800_000_100);
    store.refused(second, 36);
    expect(store.accepted.held(CARD)).toEqual({ sales: 1, total: sat(100), card: msat(0n) });
    expect(store.get(second)).toMatchObject({ state: "refused", reasonCode: 36, acceptedAt: 1_800_000_000 });
    expect(store.unfinished()).toEqual([]);
    // The money was there first, whatever the payer said.
    expect(store.paid(second, sat(100), 1_800_000_200)).toMatchObject({
      state: "paid",
      reasonCode: undefined,
    });
    store.close();
  });

  it("are there after a restart, with everything that forwarding needs", () => {
    const before = new SaleStore(path);
    const number = newSale(before);
    before.accepted.accept(number, authorization(1, 100), ACCEPTANCE);
    const id = before.accepted.id();
    before.close();
    const store = new SaleStore(path);
    expect(store.accepted.id()).toEqual(id);
    expect(store.accepted.due(1_800_000_000, 10)).toMatchObject([
      {
        number,
        state: "accepted",
        token: ACCEPTANCE.token,
        nodeUri: ACCEPTANCE.nodeUri,
        acceptedAt: 1_800_000_000,
      },
    ]);
    expect(() => store.accepted.accept(number, authorization(2, 200), ACCEPTANCE)).toThrow(/need it open/);
    expect(() => store.cancelling(number, "merchant")).toThrow(/it is accepted/);
    store.close();
  });

  it.each<[string, readonly OfflineAuthorization[], readonly (string | bigint)[]]>([
    ["one after the other", [authorization(1, 100), authorization(2, 200)], [100n, 200n]],
    [
      "with others between them that are not here",
      [authorization(3, 500), authorization(9, 1_100)],
      [100n, 200n],
    ],
    [
      "late, the one before after the one behind",
      [authorization(9, 1_100), authorization(3, 500)],
      [100n, 200n],
    ],
    [
      "the same counter for two invoices",
      [authorization(1, 100), authorization(1, 100)],
      [100n, "card-contradicts"],
    ],
    [
      "a total that forgets the one before",
      [authorization(1, 100), authorization(2, 100)],
      [100n, "card-contradicts"],
    ],
    [
      "a total that is too high for the next counter",
      [authorization(1, 100), authorization(2, 300)],
      [100n, "card-contradicts"],
    ],
    [
      "a total that leaves nothing for those between",
      [authorization(1, 100), authorization(3, 200)],
      [100n, "card-contradicts"],
    ],
    [
      "a total that does not fit those behind it",
      [authorization(9, 1_100), authorization(8, 1_100)],
      [100n, "card-contradicts"],
    ],
    ["the same counters of two cards", [authorization(1, 100), authorization(1, 100, OTHER)], [100n, 100n]],
  ])("%s", (_, authorizations, expected) => {
    expect(outcomes(...authorizations)).toEqual(expected);
  });

  it("remember a card that contradicted", () => {
    const store = new SaleStore(":memory:");
    store.accepted.accept(newSale(store), authorization(1, 100), ACCEPTANCE);
    expect(store.accepted.isDenied(CARD)).toBe(false);
    const again = newSale(store);
    expect(() => store.accepted.accept(again, authorization(1, 100), ACCEPTANCE)).toThrow(OfflineRefusal);
    expect([store.accepted.isDenied(CARD), store.accepted.isDenied(OTHER)]).toEqual([true, false]);
    expect(store.accepted.open()).toEqual({ sales: 1, total: sat(100) });
    store.close();
  });

  it("are tried again later and later, and all at once when there is a connection", () => {
    const store = new SaleStore(":memory:");
    const number = newSale(store);
    store.accepted.accept(number, authorization(1, 100), ACCEPTANCE);
    expect(store.accepted.later(number, (tries) => 1_800_000_000 + 60 * tries)).toBe(1);
    expect(store.accepted.due(1_800_000_059, 10)).toEqual([]);
    expect(store.accepted.due(1_800_000_060, 10)).toHaveLength(1);
    expect(store.accepted.later(number, (tries) => 1_800_000_000 + 60 * tries)).toBe(2);
    store.accepted.dueNow(1_800_000_010);
    expect(store.accepted.due(1_800_000_010, 10)).toHaveLength(1);
    store.close();
  });
});
