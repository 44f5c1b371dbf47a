import { createServer } from "node:net";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_MSAT, type Msat, msat, sat } from "../../common/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";
import type {
  LightningNode,
  PeerAddress,
  PeerMessage,
  SentPayment,
  SettledInvoice,
} from "../../lightning/nodes/port.js";

/** Two connected nodes with a channel that can pay in both directions, fresh for one suite. */
export interface ConnectedNodes {
  readonly payer: LightningNode;
  readonly merchant: LightningNode;
  /** Holds back all bytes between the two, without a disconnection. */
  freeze(): void;
  /** Lets bytes through again, over a new connection. */
  heal(): void;
  /** Stops a node gracefully and starts it again from what it has stored. */
  restart(which: "payer" | "merchant"): Promise<LightningNode>;
  /** Resolves when the channel can be used on both sides. */
  ready(): Promise<void>;
  /** Resolves when the payer's node has sent an HTLC since the link was frozen. Absent: as soon as it knows the payment. */
  inFlight?(): Promise<void>;
  close(): Promise<void>;
}

const FREE = msat(0n);
const MESSAGE_TYPE = 45001;
const LARGEST_PAYLOAD = 65533;

async function code(promise: Promise<unknown>): Promise<NodeErrorCode | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(NodeError);
    return (error as NodeError).code;
  }
}

const create = (node: LightningNode, amount: Msat | "open" = sat(100), expirySeconds = 600) =>
  node.createInvoice({ ...(amount === "open" ? {} : { amount }), description: "one beer", expirySeconds });

const addressOf = async (node: LightningNode): Promise<PeerAddress> => {
  const { nodeId, addresses } = await node.info();
  const [host = "", port = ""] = (addresses[0] ?? "").split(":");
  return { nodeId, host, port: Number.parseInt(port, 10) };
};

/** Polls until `read` gives something else than undefined; the test's own timeout ends a wait in vain. */
async function eventually<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function collect<T>(subscribe: (handler: (value: T) => void) => () => void) {
  const values: T[] = [];
  return { values, end: subscribe((value) => values.push(value)) };
}

/**
 * What every adapter of {@link LightningNode} must do. `start` makes nodes with at least 1,000,000 sat on each
 * side of one channel.
 */
export function nodeContract(name: string, start: () => Promise<ConnectedNodes>): void {
  describe(`the node contract, kept by ${name}`, () => {
    let nodes: ConnectedNodes;
    let payer: LightningNode;
    let merchant: LightningNode;
    let total: bigint;

    beforeAll(async () => {
      nodes = await start();
      ({ payer, merchant } = nodes);
      const { outbound, inbound } = await merchant.info();
      total = outbound + inbound;
    });
    afterAll(() => nodes.close());

    const restart = async (which: "payer" | "merchant") => {
      const node = await nodes.restart(which);
      if (which === "payer") payer = node;
      else merchant = node;
    };
    const pay = (invoice: string, more: Partial<Parameters<LightningNode["pay"]>[0]> = {}) =>
      payer.pay({ invoice, maxFee: FREE, ...more });
    /** Waits until no payment is in flight: then what can be sent and received adds up to what it was. */
    const quiet = () =>
      eventually(async () => {
        const { outbound, inbound } = await merchant.info();
        return outbound + inbound === total ? outbound : undefined;
      });
    /** What the merchant got while `during` ran. */
    const received = async (during: () => Promise<unknown>): Promise<bigint> => {
      const before = await quiet();
      await during();
      return (await quiet()) - before;
    };

    describe("identity", () => {
      test("tells its node id, network, address and what it can send", async () => {
        const [a, b] = await Promise.all([payer.info(), merchant.info()]);
        expect(a.nodeId).toHaveLength(33);
        expect(a.nodeId).not.toEqual(b.nodeId);
        expect(a.network).toBe("bcrt");
        expect(a.addresses[0]).toMatch(/^.+:\d+$/);
        expect(a.outbound).toBeGreaterThanOrEqual(sat(900_000));
        expect(b.outbound).toBeGreaterThanOrEqual(sat(900_000));
        // BOLT 2 allows 483 in a channel; a node that knows no number says none.
        expect([undefined, 483]).toContain(a.htlcSlots);
        expect(a.blockHeight).toBeGreaterThan(0);
      });
    });

    describe("invoices", () => {
      test("says in the invoice what was asked for", async () => {
        const created = await create(merchant, msat(123_456n), 90);
        const invoice = decodeInvoice(created.invoice);
        expect(invoice).toMatchObject({
          text: created.invoice,
          network: "bcrt",
          amount: 123_456n,
          description: "one beer",
          expirySeconds: 90,
        });
        expect(invoice.payee).toEqual((await merchant.info()).nodeId);
        expect(invoice.paymentHash).toEqual(created.paymentHash);
        expect(invoice.expiresAt).toBe(created.expiresAt);
        expect(await merchant.lookupInvoice(created.paymentHash)).toEqual({ state: "open" });
      });

      test("leaves the amount out when the payer chooses it", async () => {
        expect(decodeInvoice((await create(merchant, "open")).invoice).amount).toBeUndefined();
      });

      test("makes a new payment hash every time, also at the same time", async () => {
        const made = await Promise.all(Array.from({ length: 10 }, () => create(merchant)));
        expect(new Set(made.map(({ paymentHash }) => paymentHash.join())).size).toBe(10);
      });

      test.each([
        ["no time", { description: "", expirySeconds: 0 }],
        ["a fraction of a second", { description: "", expirySeconds: 1.5 }],
        ["640 bytes of description", { description: "é".repeat(320), expirySeconds: 60 }],
        ["an amount of 0", { amount: FREE, description: "", expirySeconds: 60 }],
      ])("refuses %s", async (_, request) => {
        expect(await code(merchant.createInvoice(request))).toBe("bad-request");
      });

      test("takes the longest description", async () => {
        const description = "x".repeat(639);
        const { invoice } = await merchant.createInvoice({ description, expirySeconds: 60 });
        expect(decodeInvoice(invoice).description).toBe(description);
      });

      test("does not know an invoice that it did not make", async () => {
        expect(await merchant.lookupInvoice(new Uint8Array(32))).toEqual({ state: "not-found" });
        expect(await code(merchant.cancelInvoice(new Uint8Array(32)))).toBe("not-found");
      });
    });

    describe("payments", () => {
      test("settle on both sides, once, with the preimage", async () => {
        const { invoice, paymentHash } = await create(merchant);
        expect(await payer.lookupPayment(paymentHash)).toEqual({ state: "not-found" });
        const settled = collect<SettledInvoice>((handler) => merchant.onInvoiceSettled(handler));
        const paid = await pay(invoice);
        if (paid.state !== "settled") throw new Error(`not settled: ${JSON.stringify(paid)}`);
        expect(sha256(paid.preimage)).toEqual(paymentHash);
        expect(paid.fee).toBe(0n);
        expect(await payer.lookupPayment(paymentHash)).toEqual(paid);
        const state = await merchant.lookupInvoice(paymentHash);
        expect(state).toMatchObject({ state: "settled", received: sat(100), preimage: paid.preimage });
        await eventually(async () => (settled.values.length > 0 ? true : undefined));
        expect(settled.values).toEqual([
          {
            paymentHash,
            preimage: paid.preimage,
            received: sat(100),
            settledAt: state.state === "settled" ? state.settledAt : undefined,
          },
        ]);
        settled.end();
      });

      test("move exactly the amount", async () => {
        const { invoice } = await create(merchant, sat(777));
        expect(await received(() => pay(invoice))).toBe(sat(777));
      });

      test("go to the merchant's subscribers only while they are subscribed", async () => {
        const settled = collect<SettledInvoice>((handler) => merchant.onInvoiceSettled(handler));
        settled.end();
        await pay((await create(merchant)).invoice);
        expect(settled.values).toEqual([]);
      });

      test("of an amount that the payer chose", async () => {
        const { invoice, paymentHash } = await create(merchant, "open");
        expect(await pay(invoice, { amount: sat(55) })).toMatchObject({ state: "settled" });
        expect(await merchant.lookupInvoice(paymentHash)).toMatchObject({
          state: "settled",
          received: sat(55),
        });
      });

      test("need exactly one amount", async () => {
        const open = await create(merchant, "open");
        const fixed = await create(merchant);
        expect(await code(pay(open.invoice))).toBe("bad-request");
        expect(await code(pay(fixed.invoice, { amount: sat(100) }))).toBe("bad-request");
        expect(await payer.lookupPayment(fixed.paymentHash)).toEqual({ state: "not-found" });
      });

      test("are made once for an invoice that is paid again", async () => {
        const { invoice } = await create(merchant, sat(321));
        const settled = collect<SettledInvoice>((handler) => merchant.onInvoiceSettled(handler));
        let first: unknown;
        expect(
          await received(async () => {
            first = await pay(invoice);
            expect(await pay(invoice)).toEqual(first);
          }),
        ).toBe(sat(321));
        expect(settled.values).toHaveLength(1);
        settled.end();
      });

      test("are made once for calls at the same time", async () => {
        const { invoice } = await create(merchant, sat(123));
        let results: unknown[] = [];
        expect(
          await received(async () => {
            results = await Promise.all(Array.from({ length: 8 }, () => pay(invoice)));
          }),
        ).toBe(sat(123));
        expect(results[0]).toMatchObject({ state: "settled" });
        for (const result of results) expect(result).toEqual(results[0]);
      });

      test("of many invoices run at the same time", async () => {
        const made = await Promise.all(Array.from({ length: 12 }, () => create(merchant, sat(20))));
        const paid = await Promise.all(made.map(({ invoice }) => pay(invoice)));
        expect(paid.map(({ state }) => state)).toEqual(made.map(() => "settled"));
      });

      test("run in both directions at the same time", async () => {
        const [there, back] = await Promise.all([create(merchant), create(payer)]);
        const paid = await Promise.all([
          pay(there.invoice),
          merchant.pay({ invoice: back.invoice, maxFee: FREE }),
        ]);
        expect(paid.map(({ state }) => state)).toEqual(["settled", "settled"]);
      });

      test("of what no channel can carry fail for certain", async () => {
        const { invoice, paymentHash } = await create(merchant, sat(1_000_000_000));
        const paid = await pay(invoice);
        expect(paid.state).toBe("failed");
        expect(await payer.lookupPayment(paymentHash)).toEqual(paid);
      });

      test("fail when they would be locked up for longer than allowed, and can be tried again", async () => {
        const { invoice } = await create(merchant);
        expect((await pay(invoice, { maxCltv: 1 })).state).toBe("failed");
        expect((await pay(invoice, { maxCltv: 500 })).state).toBe("settled");
      });

      test("take no nonsense as their limit", async () => {
        const { invoice } = await create(merchant);
        for (const maxCltv of [0, -1, 1.5, Number.NaN, 1_000_000])
          expect(await code(pay(invoice, { maxCltv }))).toBe("bad-request");
      });

      test("of an expired invoice fail", async () => {
        const { invoice, paymentHash } = await create(merchant, sat(1), 1);
        await eventually(async () =>
          (await merchant.lookupInvoice(paymentHash)).state === "expired" ? true : undefined,
        );
        expect(await pay(invoice)).toMatchObject({
          state: "failed",
          reason: expect.stringContaining("expired"),
        });
      });

      test("to the node itself fail", async () => {
        const { invoice, paymentHash } = await create(payer);
        expect(await pay(invoice)).toMatchObject({ state: "failed" });
        expect(await payer.lookupInvoice(paymentHash)).toEqual({ state: "open" });
      });

      test.each(["", "lnbcrt", "lnbcrt1qqqq", "beer", "ln".repeat(5000)])(
        "refuse what is no invoice (%#)",
        async (text) => {
          expect(await code(pay(text))).toBe("bad-invoice");
        },
      );

      test("refuse an invoice of another network", async () => {
        // BOLT 11, first example: any amount, for a mainnet node.
        const mainnet =
          "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
        expect(await code(pay(mainnet, { amount: sat(1) }))).toBe("network");
      });

      test("are not known before they were made", async () => {
        expect(await payer.lookupPayment(new Uint8Array(32).fill(7))).toEqual({ state: "not-found" });
      });
    });

    describe("a cancelled invoice", () => {
      test("cannot be paid, and stays cancelled", async () => {
        const { invoice, paymentHash } = await create(merchant);
        await merchant.cancelInvoice(paymentHash);
        expect(await merchant.lookupInvoice(paymentHash)).toEqual({ state: "cancelled" });
        expect((await pay(invoice)).state).toBe("failed");
        await merchant.cancelInvoice(paymentHash);
        expect(await merchant.lookupInvoice(paymentHash)).toEqual({ state: "cancelled" });
      });

      test("was not paid before", async () => {
        const { invoice, paymentHash } = await create(merchant);
        await pay(invoice);
        expect(await code(merchant.cancelInvoice(paymentHash))).toBe("already-settled");
        expect(await merchant.lookupInvoice(paymentHash)).toMatchObject({ state: "settled" });
      });

      test("is either paid or cancelled when both happen at the same time", async () => {
        const outcomes: string[] = [];
        for (let delay = 0; delay < 40; delay += 3) {
          const { invoice, paymentHash } = await create(merchant);
          const paying = pay(invoice);
          await new Promise((resolve) => setTimeout(resolve, delay));
          const cancelling = code(merchant.cancelInvoice(paymentHash));
          const [paid, refused] = await Promise.all([paying, cancelling]);
          const invoiceState = await merchant.lookupInvoice(paymentHash);
          outcomes.push([paid.state, refused ?? "done", invoiceState.state].join(" "));
        }
        for (const outcome of outcomes)
          expect(["settled already-settled settled", "failed done cancelled"]).toContain(outcome);
        expect(outcomes[0]).toBe("failed done cancelled");
      });
    });

    describe("a payment that takes longer than the caller waits", () => {
      test("is unknown, then settles, and is joined by a second call", async () => {
        const { invoice, paymentHash } = await create(merchant, sat(44));
        const got = await received(async () => {
          nodes.freeze();
          expect(await pay(invoice, { timeoutMs: 100 })).toEqual({ state: "unknown" });
          expect(await payer.lookupPayment(paymentHash)).toEqual({ state: "unknown" });
          expect(await pay(invoice, { timeoutMs: 50 })).toEqual({ state: "unknown" });
          const again = pay(invoice);
          nodes.heal();
          expect(await again).toMatchObject({ state: "settled" });
          expect(await payer.lookupPayment(paymentHash)).toEqual(await again);
        });
        expect(got).toBe(sat(44));
      });

      test("goes on after the payer's restart", async () => {
        const { invoice, paymentHash } = await create(merchant, sat(45));
        const got = await received(async () => {
          nodes.freeze();
          expect(await pay(invoice, { timeoutMs: 100 })).toEqual({ state: "unknown" });
          await nodes.inFlight?.();
          await restart("payer");
          expect(await payer.lookupPayment(paymentHash)).toEqual({ state: "unknown" });
          const joined = pay(invoice);
          nodes.heal();
          expect(await joined).toMatchObject({ state: "settled" });
          await nodes.ready();
        });
        expect(got).toBe(sat(45));
      });

      test("is unknown to those who wait when the node is closed", async () => {
        const { invoice, paymentHash } = await create(merchant, sat(46));
        nodes.freeze();
        const waiting = pay(invoice);
        await eventually(async () =>
          (await payer.lookupPayment(paymentHash)).state === "unknown" ? true : undefined,
        );
        await nodes.inFlight?.();
        await restart("payer");
        expect(await waiting).toEqual({ state: "unknown" });
        nodes.heal();
        expect(await pay(invoice)).toMatchObject({ state: "settled" });
        await nodes.ready();
      });
    });

    describe("the list of sent payments", () => {
      /** Every payment on every page. */
      const list = async (since: number) => {
        const found: SentPayment[] = [];
        let page: string | undefined;
        do {
          const answer = await payer.listPayments({ since, page });
          expect(answer.payments.length).toBeLessThanOrEqual(1000);
          found.push(...answer.payments);
          page = answer.next;
        } while (page !== undefined);
        return found;
      };
      const of = (payments: readonly SentPayment[], hash: Uint8Array) =>
        payments.filter(({ paymentHash }) => Buffer.from(hash).equals(paymentHash));

      test("has settled and failed ones once each, with amount and proof, also after a restart", async () => {
        const before = Math.floor(Date.now() / 1000) - 1;
        const [paid, refused] = await Promise.all([create(merchant, sat(7)), create(merchant, sat(8))]);
        await merchant.cancelInvoice(refused.paymentHash);
        const settled = await pay(paid.invoice);
        const failed = await pay(refused.invoice);
        expect([settled.state, failed.state]).toEqual(["settled", "failed"]);
        const check = async () => {
          const payments = await list(before);
          expect(of(payments, paid.paymentHash)).toMatchObject([{ amount: sat(7), state: settled }]);
          expect(of(payments, refused.paymentHash)).toMatchObject([{ amount: sat(8), state: failed }]);
          for (const { startedAt } of payments) expect(startedAt).toBeGreaterThanOrEqual(before);
        };
        await check();
        await restart("payer");
        await check();
        await nodes.ready();
      });

      test("has one in flight as unknown, and none that began before the time asked for", async () => {
        const { invoice, paymentHash } = await create(merchant);
        nodes.freeze();
        expect(await pay(invoice, { timeoutMs: 100 })).toEqual({ state: "unknown" });
        const [open] = of(await list(0), paymentHash);
        expect(open).toMatchObject({ amount: sat(100), state: { state: "unknown" } });
        expect(of(await list((open?.startedAt ?? 0) + 1), paymentHash)).toEqual([]);
        nodes.heal();
        expect((await pay(invoice)).state).toBe("settled");
        await nodes.ready();
      });

      test("refuses a page that there is not", async () => {
        expect(await code(payer.listPayments({ since: 0, page: "nonsense" }))).toBe("bad-request");
      });
    });

    describe("a restart", () => {
      test("keeps invoices and payments as they were", async () => {
        const [open, cancelled, paid] = await Promise.all([
          create(merchant),
          create(merchant),
          create(merchant),
        ]);
        await merchant.cancelInvoice(cancelled.paymentHash);
        const payment = await pay(paid.invoice);
        const before = await merchant.lookupInvoice(paid.paymentHash);
        const { nodeId } = await merchant.info();
        await restart("merchant");
        await restart("payer");
        expect((await merchant.info()).nodeId).toEqual(nodeId);
        expect(await merchant.lookupInvoice(open.paymentHash)).toEqual({ state: "open" });
        expect(await merchant.lookupInvoice(cancelled.paymentHash)).toEqual({ state: "cancelled" });
        expect(await merchant.lookupInvoice(paid.paymentHash)).toEqual(before);
        expect(await payer.lookupPayment(paid.paymentHash)).toEqual(payment);
        expect(await pay(paid.invoice)).toEqual(payment);
        await nodes.ready();
        expect((await pay(cancelled.invoice)).state).toBe("failed");
        expect((await pay(open.invoice)).state).toBe("settled");
      });

      test("is no reason to reconnect by hand", async () => {
        await restart("merchant");
        const { invoice } = await create(merchant);
        expect((await pay(invoice)).state).toBe("settled");
      });
    });

    describe("messages", () => {
      const exchange = async (from: LightningNode, to: LightningNode, payloads: Uint8Array[]) => {
        const got = collect<PeerMessage>((handler) => to.onMessage(handler));
        const { nodeId } = await to.info();
        for (const payload of payloads) await from.sendMessage(nodeId, MESSAGE_TYPE, payload);
        await eventually(async () => (got.values.length >= payloads.length ? true : undefined));
        got.end();
        return got.values;
      };

      test("arrive in both directions, in order, with their sender", async () => {
        await nodes.ready();
        const payloads = Array.from({ length: 30 }, (_, i) => new Uint8Array(i * 50).fill(i));
        for (const [from, to] of [
          [payer, merchant],
          [merchant, payer],
        ] as const) {
          const { nodeId } = await from.info();
          expect(await exchange(from, to, payloads)).toEqual(
            payloads.map((payload) => ({ peer: nodeId, type: MESSAGE_TYPE, payload })),
          );
        }
      });

      test("may be empty or as long as a peer message can be", async () => {
        const payloads = [new Uint8Array(), new Uint8Array(LARGEST_PAYLOAD).fill(0xa5)];
        const got = await exchange(payer, merchant, payloads);
        expect(got.map(({ payload }) => payload)).toEqual(payloads);
      });

      test("of the largest size arrive at the same time in both directions", async () => {
        const payloads = Array.from({ length: 20 }, (_, i) => new Uint8Array(LARGEST_PAYLOAD).fill(i));
        const [there, back] = await Promise.all([
          exchange(payer, merchant, payloads),
          exchange(merchant, payer, payloads),
        ]);
        expect(there.map(({ payload }) => payload[0])).toEqual(payloads.map((payload) => payload[0]));
        expect(back.map(({ payload }) => payload[0])).toEqual(payloads.map((payload) => payload[0]));
      });

      test("that are too long or of a foreign type are refused", async () => {
        const { nodeId } = await merchant.info();
        expect(await code(payer.sendMessage(nodeId, MESSAGE_TYPE, new Uint8Array(LARGEST_PAYLOAD + 1)))).toBe(
          "bad-request",
        );
        expect(await code(payer.sendMessage(nodeId, 1, new Uint8Array()))).toBe("bad-request");
        expect(await code(payer.sendMessage(nodeId, 70000, new Uint8Array()))).toBe("bad-request");
      });

      test("to a node that is not connected are refused", async () => {
        const { nodeId } = await payer.info();
        expect(await code(payer.sendMessage(nodeId, MESSAGE_TYPE, new Uint8Array()))).toBe("not-connected");
      });

      test("do not stop a payment, and a subscriber that throws stops nothing", async () => {
        const end = merchant.onMessage(() => {
          throw new Error("a subscriber's own mistake");
        });
        const { nodeId } = await merchant.info();
        const { invoice } = await create(merchant);
        const [paid] = await Promise.all([
          pay(invoice),
          ...Array.from({ length: 10 }, () => payer.sendMessage(nodeId, MESSAGE_TYPE, new Uint8Array(1000))),
        ]);
        expect(paid.state).toBe("settled");
        end();
      });
    });

    describe("connecting", () => {
      test("to a connected peer does nothing", async () => {
        const address = await addressOf(merchant);
        await Promise.all([payer.connect(address), payer.connect(address)]);
      });

      test("to a port without a listener is refused", async () => {
        const { nodeId } = await merchant.info();
        const stranger = Uint8Array.from(nodeId);
        stranger[0] = stranger[0] === 2 ? 3 : 2;
        expect(await code(payer.connect({ nodeId: stranger, host: "127.0.0.1", port: 1 }))).toBe(
          "unreachable",
        );
      });

      test("to another node than the one meant is refused", async () => {
        const address = await addressOf(merchant);
        const nodeId = Uint8Array.from(address.nodeId);
        nodeId[0] = nodeId[0] === 2 ? 3 : 2;
        expect(await code(payer.connect({ ...address, nodeId }))).toBe("unreachable");
      });

      test("to something that is silent ends in time", async () => {
        const silent = createServer((socket) => socket.on("error", () => socket.destroy()).resume());
        await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
        const address = silent.address();
        if (typeof address !== "object" || !address) throw new Error("no address");
        const nodeId = Uint8Array.from((await merchant.info()).nodeId);
        nodeId[0] = nodeId[0] === 2 ? 3 : 2;
        expect(
          await code(payer.connect({ nodeId, host: "127.0.0.1", port: address.port }, { timeoutMs: 100 })),
        ).toBe("timeout");
        await new Promise((resolve) => silent.close(resolve));
      });
    });

    describe("when the peer is gone", () => {
      test("a payment fails for certain or stays unknown, and messages are refused", async () => {
        const { invoice } = await create(merchant, msat(MAX_MSAT / 1_000_000_000n));
        const { nodeId } = await merchant.info();
        const lost = collect<Uint8Array>((handler) => payer.onDisconnected(handler));
        const deaf = collect<Uint8Array>((handler) => payer.onDisconnected(handler));
        deaf.end();
        await merchant.close();
        await eventually(async () =>
          (await code(payer.sendMessage(nodeId, MESSAGE_TYPE, new Uint8Array()))) === "not-connected"
            ? true
            : undefined,
        );
        await eventually(async () => (lost.values.length > 0 ? true : undefined));
        lost.end();
        expect(lost.values).toEqual([nodeId]);
        expect(deaf.values).toEqual([]);
        expect(["failed", "unknown"]).toContain((await pay(invoice, { timeoutMs: 200 })).state);
        await restart("merchant");
        await nodes.ready();
      });
    });

    describe("a closed node", () => {
      test("refuses everything, and can be closed again", async () => {
        const { invoice, paymentHash } = await create(merchant);
        await Promise.all([payer.close(), payer.close()]);
        const { nodeId } = await merchant.info();
        const calls = [
          payer.info(),
          create(payer),
          payer.cancelInvoice(paymentHash),
          payer.lookupInvoice(paymentHash),
          pay(invoice),
          payer.lookupPayment(paymentHash),
          payer.listPayments({ since: 0 }),
          payer.connect({ nodeId, host: "127.0.0.1", port: 1 }),
          payer.sendMessage(nodeId, MESSAGE_TYPE, new Uint8Array()),
        ];
        expect(await Promise.all(calls.map(code))).toEqual(calls.map(() => "closed"));
        await restart("payer");
      });
    });
  });
}
