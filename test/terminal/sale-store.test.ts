import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { bytesToHex, msat, sat } from "../../common/index.js";
import { SaleError, SaleStore } from "../../host/terminal/index.js";
import { PaidFile } from "../../lightning/dpp/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";

/** In memory where the system has such a place: a killed process loses nothing there either. */
const FROZEN = resolve(import.meta.dirname, "../frozen");

let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder("memory");
  path = join(folder, "sales.db");
});

const draft = (serial: number) => ({
  amount: sat(2500),
  description: `beer ${serial}`,
  fiat: serial % 2 ? "3.50 EUR" : undefined,
  invoice: `lnbcrt${serial}`,
  paymentHash: new Uint8Array(32).fill(serial),
  createdAt: 1_800_000_000 + serial,
  expiresAt: 1_800_000_600 + serial,
});
const TOKEN = new Uint8Array(149).fill(7);
const URI = "02ab@192.0.2.1:9735";

/** @returns the code of the SaleError that `work` throws */
function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SaleError) return error.code;
    throw error;
  }
  return "done";
}
const tryOpen = () => code(() => new SaleStore(path).close());

describe("a sale", () => {
  it("keeps every field, also over a restart", () => {
    let store = new SaleStore(path);
    expect(store.create(draft(1)).number).toBe(1);
    store.authorized(1, TOKEN, URI);
    store.saveInitiation(draft(1).paymentHash, { phase: "asked", payer: "02ab", tokenHashes: ["11"] });
    store.close();
    store = new SaleStore(path);
    const open = store.get(1);
    expect(open).toEqual({
      ...draft(1),
      number: 1,
      state: "open",
      cancelReason: undefined,
      reasonCode: undefined,
      token: TOKEN,
      nodeUri: URI,
      initiation: { phase: "asked", payer: "02ab", tokenHashes: ["11"] },
      paidAt: undefined,
      received: undefined,
      refund: undefined,
      invoiceOf: "node",
      invoiceUntil: draft(1).expiresAt,
      acceptedAt: undefined,
      refundId: undefined,
    });
    expect(store.unfinished()).toEqual([open]);
    expect(store.paid(1, sat(2501), 1_800_000_100)).toMatchObject({ state: "paid", received: sat(2501) });
    expect(store.unfinished()).toEqual([]);
    store.close();
  });

  it("keeps amounts to the millisatoshi, up to all bitcoin there is", () => {
    const store = new SaleStore(path);
    const most = msat(2_100_000_000_000_000_000n);
    store.create({ ...draft(1), amount: most });
    expect(store.paid(1, most, 5).received).toBe(most);
    store.close();
  });

  it("goes from state to state only as it may", () => {
    const store = new SaleStore(":memory:");
    const steps = {
      authorized: () => store.authorized(1, TOKEN, URI),
      initiation: () => store.saveInitiation(draft(1).paymentHash, { phase: "idle" }),
      cancelling: () => store.cancelling(1, "merchant"),
      cancelled: () => store.cancelled(1),
      refunding: () => store.refunding(1, "lnbcrt9", sat(1)),
      refunded: () => store.refunded(1),
    };
    const refused = () =>
      Object.entries(steps).flatMap(([name, step]) => (code(step) === "wrong-state" ? [name] : []));
    store.create(draft(1));
    expect(code(steps.refunding)).toBe("wrong-state");
    expect(code(steps.cancelled)).toBe("wrong-state");
    store.cancelling(1, "rejected", 33);
    expect(store.get(1)).toMatchObject({ state: "cancelling", cancelReason: "rejected", reasonCode: 33 });
    expect(code(steps.authorized)).toBe("wrong-state");
    // The money was there first.
    expect(store.paid(1, sat(1), 5)).toMatchObject({ cancelReason: undefined, reasonCode: undefined });
    expect(code(() => store.paid(1, sat(1), 6))).toBe("wrong-state");
    expect(refused()).toEqual(["authorized", "initiation", "cancelling", "cancelled"]);
    store.create(draft(2));
    store.cancelling(2, "expired");
    store.cancelled(2);
    expect(code(() => store.paid(2, sat(1), 5))).toBe("wrong-state");
    expect(code(() => store.get(3))).toBe("not-found");
    store.close();
  });

  it("counts sales by their numbers where the clock goes back", () => {
    const store = new SaleStore(path);
    expect(store.lastNumber()).toBe(0);
    store.create({ ...draft(1), createdAt: 1_800_000_000, expiresAt: 1_800_000_600 });
    expect(store.lastNumber()).toBe(1);
    store.create({ ...draft(2), createdAt: 100, expiresAt: 700 });
    expect(store.after(1).map(({ number }) => number)).toEqual([2]);
    expect(store.after(0).map(({ number }) => number)).toEqual([1, 2]);
    expect(store.lastNumber()).toBe(2);
    store.close();
  });

  it("a change that cannot be made changes nothing", () => {
    const store = new SaleStore(path);
    store.create(draft(1));
    expect(code(() => store.create({ ...draft(2), invoice: draft(1).invoice }))).toBe("io");
    expect(code(() => store.create({ ...draft(2), paymentHash: draft(1).paymentHash }))).toBe("io");
    expect(code(() => store.create({ ...draft(2), amount: 0n as never }))).toBe("io");
    expect(code(() => store.create({ ...draft(2), paymentHash: new Uint8Array(31) }))).toBe("io");
    expect(store.between(0, 2e9)).toHaveLength(1);
    expect(store.create(draft(2)).number).toBe(2);
    store.close();
  });

  it("keeps the id of its refund to a card when that failed, and gives it up for another once", () => {
    const store = new SaleStore(":memory:");
    store.create(draft(1));
    const ids = [1, 2, 3].map((byte) => new Uint8Array(16).fill(byte)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(code(() => store.newRefundId(1, undefined, ids[0]))).toBe("wrong-state");
    store.paid(1, sat(2500), 5);
    expect(store.newRefundId(1, undefined, ids[0])).toEqual(ids[0]);
    // Somebody else was first.
    expect(store.newRefundId(1, undefined, ids[1])).toEqual(ids[0]);
    expect(store.refunding(1, "lnbcrt9", sat(100), "card").refund).toMatchObject({ to: "card" });
    expect(store.refundFailed(1)).toMatchObject({ refund: undefined, refundId: ids[0] });
    expect(store.newRefundId(1, ids[0], ids[2])).toEqual(ids[2]);
    expect(store.newRefundId(1, ids[0], ids[1])).toEqual(ids[2]);
    expect(store.refunding(1, "lnbcrt8", sat(100)).refund).toMatchObject({ to: "invoice" });
    store.close();
  });

  it("is found by the key of the request that it was created for, which has no other", () => {
    let store = new SaleStore(path);
    store.create(draft(1), "request-1");
    expect(() => store.create(draft(2), "request-1")).toThrow();
    store.create(draft(3), "request-3");
    store.close();
    store = new SaleStore(path);
    expect([store.requested("request-1"), store.requested("request-2")]).toMatchObject([
      { number: 1 },
      undefined,
    ]);
    expect(store.after(0).map(({ description }) => description)).toEqual(["beer 1", "beer 3"]);
    store.close();
  });

  it("has one refund, which is forgotten only when it failed", () => {
    const store = new SaleStore(":memory:");
    store.create(draft(1));
    store.paid(1, sat(2500), 5);
    const pending = store.refunding(1, "lnbcrt9", sat(100));
    expect(store.pendingRefunds()).toEqual([pending]);
    expect(code(() => store.refunding(1, "lnbcrt8", sat(100)))).toBe("wrong-state");
    expect(store.refundFailed(1).refund).toBeUndefined();
    store.refunding(1, "lnbcrt8", sat(100));
    expect(store.refunded(1).refund).toEqual({
      invoice: "lnbcrt8",
      amount: sat(100),
      state: "paid",
      to: "invoice",
    });
    // Said again, it stays paid.
    expect(store.refunding(1, "lnbcrt8", sat(100)).refund?.state).toBe("paid");
    expect(store.pendingRefunds()).toEqual([]);
    store.close();
  });
});

describe("the file of sales", () => {
  it("is its owner's alone", () => {
    new SaleStore(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is one terminal's alone", () => {
    const store = new SaleStore(path);
    expect(tryOpen()).toBe("locked");
    store.close();
    expect(tryOpen()).toBe("done");
  });

  it.each([
    ["cut short", (whole: Buffer) => whole.subarray(0, 5000)],
    ["text", () => Buffer.from("number,time,state\r\n")],
    ["damaged inside", (whole: Buffer) => Buffer.from(whole).fill(0xff, 4096, 8192)],
  ])("that is %s is refused and not touched", (_, spoil) => {
    const store = new SaleStore(path);
    for (let i = 1; i < 60; i++) store.create(draft(i));
    store.close();
    const spoilt = spoil(readFileSync(path));
    writeFileSync(path, spoilt);
    expect(tryOpen()).toBe("damaged");
    expect(readFileSync(path)).toEqual(Buffer.from(spoilt));
  });

  it.each([
    [
      "another program's",
      () => void new Database(path).exec("create table t (a); pragma user_version = 1").close(),
      "damaged",
    ],
    ["the offline point of sale's", () => new PaidFile(path).end(), "damaged"],
    [
      "a newer version's",
      () => {
        new SaleStore(path).close();
        new Database(path).exec("pragma user_version = 8").close();
      },
      "newer-version",
    ],
  ])("that is %s is refused and not touched", (_, make, expected) => {
    make();
    const before = readFileSync(path);
    expect(tryOpen()).toBe(expected);
    expect(readFileSync(path)).toEqual(before);
  });

  it.each([
    ["no JSON", "{"],
    ["no state", "5"],
    ["half a state", '{"phase":"asked","payer":"02"}'],
  ])("with a sale whose asking is %s is damaged", (_, initiation) => {
    const store = new SaleStore(path);
    store.create(draft(1));
    store.close();
    const db = new Database(path);
    db.prepare("update sale set initiation = ?").run(initiation);
    db.close();
    const opened = new SaleStore(path);
    expect(() => opened.unfinished()).toThrow(expect.objectContaining({ code: "damaged" }));
    opened.close();
  });

  it("in a folder that is not there cannot be used, and says so when closed", () => {
    expect(code(() => new SaleStore(join(folder, "no", "sales.db")))).toBe("io");
    expect(existsSync(join(folder, "no"))).toBe(false);
    const store = new SaleStore(path);
    store.close();
    expect(code(() => store.unfinished())).toBe("io");
    expect(code(() => store.create(draft(1)))).toBe("io");
  });

  it("keeps what was said to be kept when its process is killed, again and again", async () => {
    const program = await buildProgram("test/terminal/sale-store-child.ts");
    const RANK = ["open", "authorized", "cancelling", "cancelled", "paid"];
    const said = new Map<string, string>();
    for (const [round, enough] of [3, 8, 20, 57].entries()) {
      const running = runProgram(program, [path, String(1_000_000 * round)]);
      await running.line(enough);
      if (round === 0) expect(tryOpen()).toBe("locked");
      expect(await running.end("SIGKILL")).toBe(null);
      for (const line of running.lines()) {
        const [state = "", number = ""] = line.split(" ");
        said.set(number, state);
      }
      const store = new SaleStore(path);
      const kept = store.between(0, 1e9);
      // At most the one sale that was made and not yet said is there beyond those.
      expect(kept.length - said.size).toBeLessThanOrEqual(1 + round);
      for (const [number, state] of said) {
        const sale = store.get(Number(number));
        const reached = sale.state === "open" && sale.token ? "authorized" : sale.state;
        expect(RANK.indexOf(reached)).toBeGreaterThanOrEqual(RANK.indexOf(state));
        expect(sale.token === undefined).toBe(reached === "open");
        expect(sale.received).toEqual(sale.state === "paid" ? sale.amount : undefined);
      }
      store.close();
    }
  });
});

describe("a file of an earlier version", () => {
  it.each([1, 2, 3, 4, 5, 6])("%i opens, with everything in it", (version) => {
    copyFileSync(join(FROZEN, `sales-v${version}.db`), path);
    chmodSync(path, 0o600);
    const store = new SaleStore(path);
    const sales = store.between(0, 2e9);
    expect(sales.map(({ number, state }) => [number, state])).toEqual([
      [1, "paid"],
      [2, "cancelled"],
      [3, "open"],
      [4, "cancelling"],
      [5, "paid"],
    ]);
    expect(sales[0]).toMatchObject({ received: sat(2500), fiat: "3.50 EUR", token: TOKEN, nodeUri: URI });
    expect(sales[1]).toMatchObject({ cancelReason: "rejected", reasonCode: 33 });
    expect(bytesToHex(sales[2]?.paymentHash ?? TOKEN)).toBe("03".repeat(32));
    expect(sales[4]?.refund).toEqual({
      invoice: "lnbcrt99",
      amount: sat(1000),
      state: "pending",
      to: "invoice",
    });
    const toCard = { invoice: "lnbcrt98", amount: sat(700), state: "paid", to: "card" };
    expect(sales[0]?.refund).toEqual(version === 1 ? undefined : toCard);
    expect(sales[0]?.refundId).toEqual(version === 1 ? undefined : new Uint8Array(16).fill(9));
    if (version >= 3) expect(store.day()).toMatchObject({ z: 1, paid: 2, cancelled: 1, refunds: 1 });
    expect(store.paid(3, sat(2500), 1_800_000_200).state).toBe("paid");
    expect(store.closeDay(1_800_000_400)).toMatchObject({ z: version >= 3 ? 2 : 1 });
    expect(store.create(draft(6)).number).toBe(6);
    store.close();
  });
});
