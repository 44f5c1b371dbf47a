import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, type Msat, sat, secp256k1 } from "../../common/index.js";
import type { AuthorizerOptions, IssuerPorts } from "../../issuer/authorizer/index.js";
import {
  addNode,
  listUnmatched,
  nodeStandings,
  retireNode,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import { inheritLeases } from "../../issuer/reconciler/index.js";
import { compareWithNode } from "../../issuer/reports/index.js";
import { bindStore, listNodes } from "../../issuer/store/index.js";
import { nodeKey } from "../../issuer/store/values.js";
import { REASON } from "../../lightning/api/reasons.js";
import { statusChallenge } from "../../lightning/api/status-challenge.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { buildProgram } from "../../testing/build-program.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { askStatus } from "../../testing/issuer/replies.js";
import { Bench, NODE_ID, NODE_SECRET, Service, startService } from "../../testing/issuer/service.js";
import { ScriptedNode, testInvoice } from "../../testing/nodes/scripted-node.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";
import { remember } from "./forgetful-ledger.js";

const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;
const OTHER_SECRET = new Uint8Array(32).fill(0x2a);
const OTHER_ID = secp256k1.publicKey(OTHER_SECRET);
const hashOf = (invoice: string) => bytesToHex(decodeInvoice(invoice).paymentHash);
const accepted = { outcome: "accepted" };

/** Two nodes on one ledger, each with a service of its own: the first is NODE_ID's, the second OTHER_ID's. */
async function pair(kind: "sqlite" | "postgres", config: AuthorizerOptions = {}) {
  const location = await bench.location(kind);
  const lines: object[] = [];
  const note = (fields: object) => void lines.push(fields);
  const log = { info: note, warn: note, error: note };
  const ports = { log, otherNodes: () => [OTHER_ID] };
  const first = await startService(bench, kind, { payTimeoutMs: 10, ...config }, ports, location);
  await bindStore(first.store, { network: "bcrt", nodeId: NODE_ID });
  await addNode(first.store, OTHER_ID, { label: "second machine" });
  const { clock } = first;
  const beside = async (given: Partial<IssuerPorts> = {}): Promise<Service> =>
    new Service(
      await bench.open(kind, location),
      new ScriptedNode(clock.read),
      clock,
      first.ports.keys,
      { payTimeoutMs: 10, ...config },
      { log, nodeId: OTHER_ID, otherNodes: () => [NODE_ID], ...given },
    );
  const second = await beside();
  /** An invoice that both nodes can pay. */
  const invoice = (serial: number, amount: Msat) => {
    second.node.learn([serial]);
    return first.invoice(serial, amount);
  };
  const states = async () =>
    (await first.store.db.selectFrom("authorizations").select(["state", "node"]).execute()).map(
      ({ state, node }) => `${state} ${node === nodeKey(NODE_ID) ? "first" : "second"}`,
    );
  const end = async () => {
    expect(await first.violations()).toEqual([]);
    await second.close();
    await first.close();
  };
  return { location, first, second, clock, beside, invoice, states, end, lines };
}

/** A payment that the first node makes and the ledger forgets. */
async function forgotten(first: Service, card: SigningCard, invoice: string, amount: Msat) {
  const forget = await remember(first.store);
  const token = card.authorize(invoice, amount);
  await first.present(token, invoice);
  await forget();
  return token;
}

describe.each(["sqlite", "postgres"] as const)("two Lightning nodes on one ledger, on %s", (kind) => {
  it("of 20 payments whose service dies before it books them the other node pays none", async () => {
    const { location, first, second, clock, beside, invoice, states, end } = await pair(kind);
    const { path: keyFile } = await bench.keys();
    const cards = await Promise.all(Array.from({ length: 20 }, (_, i) => first.card(i + 1)));
    const sales = cards.map((card, i) => {
      const text = invoice(i + 1, sat(10));
      return { text, token: card.authorize(text, sat(10)) };
    });
    // All are paid, and their answers come back together: the process is killed at the first.
    const answers: (() => void)[] = [];
    first.node.delay = () => new Promise((resolve) => answers.push(resolve));
    const child = await IssuerChild.start(program, { kind, location, keyFile, dieAt: "paid" }, first.node);
    const asked = sales.map(({ token, text }) => child.present(token, text).catch(() => undefined));
    await expect.poll(() => answers.length).toBe(20);
    for (const answer of answers) answer();
    await Promise.all(asked);
    await expect.poll(() => first.node.sent.size).toBe(20);
    first.node.delay = async () => {};

    for (let round = 0; round < 3; round++) {
      clock.pass(120_000);
      expect(await second.reconciler.run()).toMatchObject({ settled: 0, voided: 0 });
      await inheritLeases(second.ports, second.config);
      for (const { token, text } of sales.slice(0, 3)) await second.present(token, text);
    }
    expect(second.node.calls).toBe(0);
    expect(await states()).toEqual(Array(20).fill("reserved first"));

    // Its own node's next service finds them paid.
    const next = await beside({ nodeId: NODE_ID, node: first.node });
    clock.pass(120_000);
    await next.reconciler.run();
    expect(await states()).toEqual(Array(20).fill("settled first"));
    expect([...first.node.sent.values()]).toEqual(Array(20).fill(1));
    await next.close();
    await end();
  });

  it("a token that comes to another node than the one that pays it waits there for its end", async () => {
    const { first, second, invoice, states, end } = await pair(kind, { payTimeoutMs: 20_000 });
    const card = await first.card(1);
    const text = invoice(1, sat(10));
    const token = card.authorize(text, sat(10));
    let send = () => {};
    first.node.delay = () =>
      new Promise((resolve) => {
        send = resolve;
      });
    const here = first.present(token, text);
    await expect.poll(() => first.node.calls).toBe(1);
    const there = second.present(token, text);
    await expect.poll(() => second.authorizer.pending).toBe(1);
    send();
    expect([await here, await there]).toEqual([accepted, accepted]);
    expect(second.node.calls).toBe(0);
    expect(await states()).toEqual(["settled first"]);
    await end();
  });

  it("a service voids nothing of another node's, also where it has the lease", async () => {
    const { first, second, invoice, states, end } = await pair(kind);
    const card = await first.card(1);
    first.node.behaviour = "stuck";
    const text = invoice(1, sat(10));
    await first.present(card.authorize(text, sat(10)), text);
    const key = { card: Buffer.from(card.cardId).readBigInt64BE(), counter: 1n };
    const { owner } = first.ports;
    const { voided } = await second.authorizer.writer.void(key, { owner }, REASON.PAYMENT_FAILED);
    expect(voided).toBe(false);
    expect(await states()).toEqual(["reserved first"]);
    await end();
  });

  it("what one node paid and the ledger forgot is settled by that node when its token comes to the other", async () => {
    const { first, second, clock, invoice, states, end } = await pair(kind);
    const card = await first.card(1);
    await first.reconciler.run();
    const text = invoice(1, sat(10));
    const token = await forgotten(first, card, text, sat(10));
    expect(await first.reconciler.run()).toMatchObject({ unmatched: 1 });
    clock.pass(2 * DAY);
    expect(await second.present(token, text)).toEqual(accepted);
    expect(second.node.calls).toBe(0);
    expect(await states()).toEqual(["reserved first"]);
    expect(await second.reconciler.run()).toMatchObject({ settled: 0 });
    expect(await first.reconciler.run()).toMatchObject({ settled: 1 });
    expect(await listUnmatched(first.store.db)).toMatchObject([{ state: "matched" }]);
    expect([...first.node.sent.values()]).toEqual([1]);
    await end();
  });

  it("an expired invoice is not refused while the other node may have paid it", async () => {
    const { first, second, clock, invoice, states, end } = await pair(kind);
    const card = await first.card(1);
    await first.reconciler.run();
    const text = invoice(1, sat(10));
    const token = await forgotten(first, card, text, sat(10));
    clock.pass(2 * 3_600_000);
    expect(await second.present(token, text)).toEqual(accepted);
    expect(await states()).toEqual([]);
    expect(await first.reconciler.run()).toMatchObject({ unmatched: 1 });
    expect(await second.present(token, text)).toEqual(accepted);
    await first.reconciler.run();
    expect(await states()).toEqual(["settled first"]);
    // One that nobody paid is refused as soon as the other node's payments were compared.
    const late = invoice(2, sat(5));
    const unpaid = card.authorize(late, sat(5));
    clock.pass(2 * 3_600_000);
    expect(await second.present(unpaid, late)).toEqual(accepted);
    await first.reconciler.run();
    expect(await second.present(unpaid, late)).toMatchObject({ reason: REASON.INVOICE_EXPIRED });
    await end();
  });

  it("a payment of a node for what another one has reserved is unmatched, and alerts", async () => {
    const { first, second, invoice, end, lines } = await pair(kind);
    const card = await first.card(1);
    await second.reconciler.run();
    const text = invoice(1, sat(10));
    await first.present(card.authorize(text, sat(10)), text);
    // Somebody pays it by hand as well.
    await second.node.pay({ invoice: text, maxFee: sat(10) });
    expect(await second.reconciler.run()).toMatchObject({ unmatched: 1 });
    expect(await first.reconciler.run()).toMatchObject({ unmatched: 0 });
    expect(lines).toContainEqual(
      expect.objectContaining({ event: "unmatched", alert: true, paymentHash: hashOf(text) }),
    );
    expect(await listUnmatched(first.store.db)).toMatchObject([{ state: "open", node: nodeKey(OTHER_ID) }]);
    const { nodes } = await verifyLedger(first.store);
    expect(nodes).toMatchObject([
      { settled: { payments: 1n, amount: sat(10) }, unmatched: { payments: 0n }, cards: 0n },
      { label: "second machine", settled: { payments: 0n }, unmatched: { payments: 1n, amount: 11_000n } },
    ]);
    // Each node is asked about its own.
    const books = ({ node, ports: { nodeId } }: Service) => ({
      nodeId,
      lookUp: (hashes: readonly Uint8Array[]) => Promise.all(hashes.map((hash) => node.lookupPayment(hash))),
      async list(query: { since: number; page?: string | undefined }) {
        const { payments, next } = await node.listPayments(query);
        return { payments: payments.map((one) => ({ ...one, state: one.state.state })), next };
      },
    });
    const now = first.clock.now;
    expect(await compareWithNode(first.store, books(first), now)).toMatchObject({
      compared: 1,
      ofOtherNodes: 0,
      differences: [],
      unknown: [],
    });
    expect(await compareWithNode(first.store, books(second), now)).toMatchObject({
      compared: 0,
      ofOtherNodes: 1,
      differences: [],
      unknown: [{ booked: "open", wrong: true }],
    });
    await end();
  });

  it("skipped authorizations stay while the other node's service does not compare its payments", async () => {
    const { first, second, clock, invoice, end, lines } = await pair(kind);
    const card = await first.card(1);
    await first.reconciler.run();
    await second.reconciler.run();
    card.authorize(invoice(1, sat(30)), sat(30));
    const text = invoice(2, sat(10));
    await second.present(card.authorize(text, sat(10)), text);
    clock.pass(DAY + 1);
    expect(await second.reconciler.run()).toMatchObject({ gaps: 0 });
    expect(lines).toContainEqual({ event: "node", node: bytesToHex(NODE_ID) });
    // The first is up again, and has something in flight that nothing accounts for.
    const stray = invoice(3, sat(30));
    first.node.set(3, "stuck-then-fails");
    await first.node.pay({ invoice: stray, maxFee: sat(10) });
    expect(await first.reconciler.run()).toMatchObject({ gaps: 0 });
    expect(await second.reconciler.run()).toMatchObject({ gaps: 0 });
    first.node.finish();
    expect(await first.reconciler.run()).toMatchObject({ gaps: 1 });
    await end();
  });

  it("each node has its own limit of payments in flight", async () => {
    const { first, second, invoice, end } = await pair(kind, { maxInFlight: 1, keptPlacesPercent: 0 });
    const cards = await Promise.all([1, 2, 3, 4].map((number) => first.card(number)));
    first.node.behaviour = "stuck";
    second.node.behaviour = "stuck";
    const pay = async (service: Service, at: number) => {
      const text = invoice(at + 1, sat(1));
      return await service.present((cards[at] as SigningCard).authorize(text, sat(1)), text);
    };
    expect(await pay(first, 0)).toEqual(accepted);
    expect(await pay(first, 1)).toMatchObject({ reason: REASON.BUSY });
    expect(await pay(second, 2)).toEqual(accepted);
    expect(await pay(second, 3)).toMatchObject({ reason: REASON.BUSY });
    expect(await nodeStandings(first.store.db)).toMatchObject([
      { inFlight: { payments: 1n, amount: sat(1) } },
      { inFlight: { payments: 1n, amount: sat(1) } },
    ]);
    await end();
  });

  it("no node pays an invoice of the issuer's other node, and a status for any of them counts", async () => {
    const { first, second, clock, end } = await pair(kind);
    const card = await first.card(1);
    const seconds = Math.floor(clock.now / 1000);
    for (const [service, payeeSecret] of [
      [first, OTHER_SECRET],
      [second, NODE_SECRET],
    ] as const) {
      const text = testInvoice(9, sat(1), seconds - 10, { payeeSecret });
      await first.reconciler.run();
      await second.reconciler.run();
      const answer = await service.present(card.authorize(text, sat(1)), text);
      expect(answer).toMatchObject({ reason: REASON.PAYEE_IS_PAYER });
    }
    const time = BigInt(seconds);
    for (const nodeId of [NODE_ID, OTHER_ID]) {
      const nonce = new Uint8Array(24).fill(nodeId[1] ?? 0);
      const status = card.status(statusChallenge(nodeId, time, nonce));
      expect(await askStatus(first.authorizer, { status, time, nonce })).toBeDefined();
    }
    await end();
  });

  it("a node that retires has nothing in flight, and reserves nothing more", async () => {
    const { first, second, clock, invoice, end } = await pair(kind);
    const { store } = first;
    const [one, two] = [await first.card(1), await first.card(2)];
    second.node.behaviour = "stuck";
    const text = invoice(1, sat(10));
    await second.present(one.authorize(text, sat(10)), text);
    const wanted = { network: "bcrt", nodeId: OTHER_ID } as const;
    await expect(retireNode(store, OTHER_ID)).rejects.toMatchObject({
      code: "wrong-state",
      message: `node ${bytesToHex(OTHER_ID)} has 1 payments in flight`,
    });
    await bindStore(store, wanted);
    second.node.finish();
    await second.reconciler.run();
    await retireNode(store, OTHER_ID);
    await retireNode(store, OTHER_ID);
    const later = invoice(2, sat(10));
    const token = two.authorize(later, sat(10));
    expect(await second.present(token, later)).toMatchObject({ reason: REASON.BUSY });
    await expect(bindStore(store, wanted)).rejects.toMatchObject({ code: "foreign", message: /was retired/ });
    await expect(retireNode(store, NODE_ID)).rejects.toMatchObject({ message: /only node in use/ });
    // The other node releases what was skipped without a word from one that retired.
    one.authorize(invoice(3, sat(1)), sat(1));
    const next = invoice(4, sat(1));
    await first.present(one.authorize(next, sat(1)), next);
    clock.pass(DAY + 1);
    expect(await first.reconciler.run()).toMatchObject({ gaps: 1 });
    await addNode(store, OTHER_ID);
    await bindStore(store, wanted);
    second.node.behaviour = "settle";
    const last = invoice(5, sat(10));
    expect(await second.present(two.authorize(last, sat(10)), last)).toEqual(accepted);
    expect(await listNodes(store.db)).toMatchObject([{ state: "active" }, { state: "active" }]);
    await end();
  });
});

it("a ledger takes a second node only when it is added", async () => {
  const store = await bench.open("sqlite", await bench.location("sqlite"));
  await expect(addNode(store, OTHER_ID)).rejects.toMatchObject({
    code: "unknown-node",
    message: /no node yet/,
  });
  await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
  const other = { network: "bcrt", nodeId: OTHER_ID } as const;
  await expect(bindStore(store, other)).rejects.toMatchObject({
    code: "foreign",
    message: `the ledger belongs to node ${bytesToHex(NODE_ID)}, not to ${bytesToHex(OTHER_ID)}`,
    hint: expect.stringContaining(`ledger add-node ${bytesToHex(OTHER_ID)}`),
  });
  await expect(retireNode(store, OTHER_ID)).rejects.toMatchObject({ code: "foreign" });
  await addNode(store, OTHER_ID);
  await bindStore(store, other);
  expect((await listNodes(store.db)).map(({ node_id }) => bytesToHex(node_id))).toEqual(
    [NODE_ID, OTHER_ID].map(bytesToHex),
  );
  await store.close();
});
