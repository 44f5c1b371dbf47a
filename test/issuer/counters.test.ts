import { afterAll, describe, expect, it } from "vitest";
import { authorizationMessage } from "../../apdu/index.js";
import { type Msat, sat } from "../../common/index.js";
import { encodeCardStatus, PEER_MESSAGE } from "../../lightning/api/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, PEER, type Service, startService } from "../../testing/issuer/service.js";
import { connectPeers } from "./connected-peer.js";

const bench = new Bench();
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;
const ACCEPTED = { outcome: "accepted" };
const rejectedWith = (reason: number) => ({ outcome: "rejected", reason });

describe.each(["sqlite", "postgres"] as const)("counters on %s", (kind) => {
  const start = () => startService(bench, kind);
  /** Authorizes without presenting. */
  const keep = (service: Service, card: SigningCard, serial: number, amount: Msat) => {
    const invoice = service.invoice(serial, amount, { expirySeconds: 7 * 86_400 });
    return { invoice, token: card.authorize(invoice, amount) };
  };
  const state = async (service: Service, card: SigningCard) =>
    (
      await service.store.db
        .selectFrom("accounts")
        .select("state")
        .where("card", "=", Buffer.from(card.cardId).readBigInt64BE())
        .executeTakeFirstOrThrow()
    ).state;
  const evidence = (service: Service) => service.store.db.selectFrom("evidence").selectAll().execute();

  it("tokens may come in any order", async () => {
    await using service = await start();
    const card = await service.card(1);
    const kept = [1, 2, 3, 4, 5, 6].map((serial) => keep(service, card, serial, sat(serial)));
    for (const i of [3, 0, 5, 2, 1, 4]) {
      const { token, invoice } = kept[i] as (typeof kept)[number];
      expect(await service.present(token, invoice)).toEqual(ACCEPTED);
      expect(await service.violations()).toEqual([]);
    }
    expect(await service.store.db.selectFrom("gaps").selectAll().execute()).toEqual([]);
  });

  it("releases skipped counters after the presentation age, and refuses them for ever", async () => {
    await using service = await start();
    const card = await service.card(1);
    const [first, second] = [keep(service, card, 1, sat(100)), keep(service, card, 2, sat(200))];
    await service.tap(card, 3, sat(300));
    service.clock.now += DAY - 1;
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    expect(await service.present(second.token, second.invoice)).toEqual(ACCEPTED);
    service.clock.now += 1;
    expect(await service.reconciler.run()).toMatchObject({ gaps: 1 });
    const late = await service.present(first.token, first.invoice);
    expect(late).toMatchObject(rejectedWith(REASON.TOKEN_VOID));
    expect(card.update(late.cardUpdate as Uint8Array).credit).toBe(sat(20_100));
    expect(service.node.sent.size).toBe(2);
  });

  it("releases a gap found while the clock was ahead when it is old, not when the clock says so", async () => {
    await using service = await start();
    const card = await service.card(1);
    keep(service, card, 1, sat(100));
    service.clock.now += DAY;
    await service.tap(card, 2, sat(300));
    service.clock.now -= DAY;
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    service.clock.pass(DAY - 60_000);
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    service.clock.pass(60_000);
    expect(await service.reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await service.identify(card)).toHaveLength(149);
    expect(card.credit).toBe(sat(20_100));
  });

  it("a clock that was behind for a while releases nothing too early", async () => {
    await using service = await start();
    const card = await service.card(1);
    const kept = keep(service, card, 1, sat(100));
    await service.tap(card, 2, sat(300));
    service.clock.now -= DAY;
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    service.clock.pass(3_600_000);
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    service.clock.now += DAY;
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    expect(await service.present(kept.token, kept.invoice)).toEqual(ACCEPTED);
  });

  it("a status closes the last gap", async () => {
    await using service = await start();
    const card = await service.card(1);
    await service.tap(card, 1, sat(1));
    const last = keep(service, card, 2, sat(500));
    expect(await service.identify(card)).toBeUndefined();
    service.clock.now += DAY;
    expect(await service.reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await service.identify(card)).toHaveLength(149);
    expect(card.credit).toBe(sat(20_500));
    expect(await service.present(last.token, last.invoice)).toMatchObject(rejectedWith(REASON.TOKEN_VOID));
    expect(await service.tap(card, 3, sat(1))).toMatchObject(ACCEPTED);
  });

  it("a status may come after tokens that were made later", async () => {
    await using service = await start();
    const card = await service.card(1);
    await service.tap(card, 1, sat(1));
    await service.tap(card, 2, sat(2));
    expect(await service.identify(card, { counter: 1, authorizedTotal: sat(1) })).toBeUndefined();
    expect(await service.identify(card, { counter: 0, authorizedTotal: sat(0) })).toBeUndefined();
    expect(await state(service, card)).toBe("active");
  });

  it.each([
    ["old", (service: Service) => BigInt(Math.floor(service.clock.now / 1000) - 601)],
    ["of the future", (service: Service) => BigInt(Math.floor(service.clock.now / 1000) + 601)],
    ["for another time", () => undefined],
  ])("a status that is %s changes nothing", async (_name, time) => {
    await using service = await start();
    const card = await service.card(1);
    service.node.set(1, "fail");
    const tap = await service.tap(card, 1, sat(1));
    expect(tap.cardUpdate).toHaveLength(149);
    const { randomBytes } = await import("node:crypto");
    const { statusChallenge } = await import("../../lightning/api/status-challenge.js");
    const { NODE_ID } = await import("../../testing/issuer/service.js");
    const now = BigInt(Math.floor(service.clock.now / 1000));
    const nonce = randomBytes(24);
    const sent = time(service) ?? now;
    const challenged = time(service) ?? now - 1n;
    const status = card.status(statusChallenge(NODE_ID, challenged, nonce));
    const peers = connectPeers(service);
    const payload = encodeCardStatus({ status, time: sent, nonce });
    const answer = await peers.says(PEER, PEER_MESSAGE.CARD_STATUS, payload);
    const ignored = { event: "ignored", cause: "stale" };
    expect(answer).toMatchObject(time(service) ? ignored : { event: "answered", updated: false });
    await peers.close();
  });

  it.each<[string, (card: SigningCard) => Parameters<SigningCard["status"]>[1]]>([
    ["a credit that was never signed", () => ({ credit: sat(20_001) })],
    ["a total below what was seen", (card) => ({ counter: card.counter, authorizedTotal: sat(2) })],
    ["a counter ahead without an amount", (card) => ({ counter: card.counter + 1 })],
    ["an update that was never made", () => ({ updateSequence: 1 })],
  ])("a status with %s blocks the card and keeps the proof", async (_name, fields) => {
    await using service = await start();
    const card = await service.card(1);
    await service.tap(card, 1, sat(3));
    expect(await service.identify(card, fields(card))).toHaveLength(149);
    expect(await state(service, card)).toBe("blocked");
    expect(await evidence(service)).toHaveLength(1);
  });

  it.each<[string, (card: SigningCard) => Parameters<SigningCard["token"]>[0], number?]>([
    ["another amount under a seen counter", () => ({ amount: sat(2) })],
    ["a total that falls back", (card) => ({ counter: card.counter + 1, authorizedTotal: sat(2) })],
    ["a total that skips", (card) => ({ counter: card.counter + 1, authorizedTotal: sat(99) })],
    ["more than its credit", (card) => ({ counter: card.counter + 2, authorizedTotal: sat(20_001) })],
    // Not final: a ledger that was restored makes the update later (specs/03 §3).
    [
      "an update that was never made",
      (card) => ({ counter: card.counter + 1, updateSequence: 7 }),
      REASON.CARD_ON_HOLD,
    ],
  ])("a token with %s: the card is blocked, and the proof kept", async (_name, fields, reason) => {
    await using service = await start();
    const card = await service.card(1);
    await service.tap(card, 1, sat(3));
    const amount = fields(card)?.amount ?? sat(1);
    const invoice = service.invoice(2, amount);
    const hash = invoiceHash(invoice);
    const clone = card.token({ amount, invoiceHash: hash, ...fields(card) });
    const outcome = await service.present(clone, invoice);
    expect(outcome).toMatchObject(rejectedWith(reason ?? REASON.CARD_CONTRADICTS));
    expect(card.update(outcome.cardUpdate as Uint8Array).flags).toBe(1);
    expect(await state(service, card)).toBe("blocked");
    expect(service.node.calls).toBe(1);
    // The proof is what the card signed: it verifies without any secret.
    const [proof] = await evidence(service);
    const opened = authorizationMessage.open(clone, () => card.sealKey);
    expect(proof?.message.subarray(5, 69)).toEqual(Buffer.from(opened.unsigned));
    expect(proof?.message.subarray(69)).toEqual(Buffer.from(opened.signature));
    expect(await service.tap(card, 3, sat(1))).toMatchObject({ outcome: "rejected" });
  });

  it("a clone that goes on and on fills no disk", async () => {
    await using service = await start();
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(1));
    for (let i = 0; i < 20; i++)
      await service.present(
        card.token({ counter: 1, authorizedTotal: sat(30_000 + i), invoiceHash: invoiceHash(invoice) }),
        invoice,
      );
    expect(await evidence(service)).toHaveLength(16);
  });

  it("a clone that never contradicts cannot spend more than was paid in", async () => {
    await using service = await start();
    const card = await service.card(1, sat(100));
    const far = card.token({
      counter: 50,
      amount: sat(60),
      authorizedTotal: sat(99),
      invoiceHash: invoiceHash(service.invoice(1, sat(60))),
    });
    expect(await service.present(far, service.invoice(1, sat(60)))).toEqual(ACCEPTED);
    // The real card's own tokens fit into what the clone left.
    expect(await service.tap(card, 2, sat(30))).toMatchObject(ACCEPTED);
    expect(await service.tap(card, 3, sat(30))).toMatchObject(rejectedWith(REASON.CARD_CONTRADICTS));
    expect(service.node.sent.size).toBe(2);
  });

  it("a repeated tap after an update is the same statement", async () => {
    await using service = await start();
    const card = await service.card(1);
    service.node.set(1, "fail");
    await service.tap(card, 1, sat(1));
    const invoice = service.invoice(2, sat(5));
    card.sequence = 0;
    const before = card.authorize(invoice, sat(5));
    card.sequence = 1;
    const after = card.token({ amount: sat(5), invoiceHash: invoiceHash(invoice) });
    expect(await service.present(before, invoice)).toMatchObject(ACCEPTED);
    expect(await service.present(after, invoice)).toEqual(ACCEPTED);
    expect(await state(service, card)).toBe("active");
    expect(service.node.sent.size).toBe(1);
  });
});
