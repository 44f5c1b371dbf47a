import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { authorizationMessage, MESSAGE_TYPE, seal } from "../../apdu/index.js";
import { concatBytes, msat, sat } from "../../common/index.js";
import { unblockCard } from "../../issuer/ledger/index.js";
import { cardDetails } from "../../issuer/reports/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { statusChallenge } from "../../lightning/api/status-challenge.js";
import { KEY_SET_ID, type SigningCard } from "../../testing/cards/signing-card.js";
import { askStatus } from "../../testing/issuer/replies.js";
import { Bench, NODE_ID, type Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

/** The shipped rate of a card. */
const SHIPPED = { cardRate: { perSecond: 1, burst: 10 }, peerRate: { perSecond: 250, burst: 400 } };
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The same statement with the other signature that is valid for it, which anybody can make. */
function otherSignature(card: SigningCard, token: Uint8Array): Uint8Array {
  const { unsigned, signature } = authorizationMessage.open(token, () => card.sealKey);
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
  const negated = Buffer.from((ORDER - s).toString(16).padStart(64, "0"), "hex");
  const body = concatBytes(unsigned, signature.subarray(0, 32), negated);
  return seal(MESSAGE_TYPE.AUTHORIZATION, KEY_SET_ID, card.sealKey, randomBytes(16), body);
}

/** A token that contradicts what its card signed before: its memory was set back. */
async function contradiction(service: Service, card: SigningCard) {
  await service.tap(card, 1, sat(10));
  card.counter = 0;
  card.total = msat(0n);
  const invoice = service.invoice(2, sat(20));
  return { invoice, token: card.authorize(invoice, sat(20)) };
}

describe.each(["sqlite", "postgres"] as const)("statements that are repeated, on %s", (kind) => {
  const open = async () => {
    const log: { alert?: boolean }[] = [];
    const quiet = () => {};
    const ports = {
      log: { info: quiet, warn: quiet, error: (fields: object) => void log.push(fields) },
    };
    const service = await startService(bench, kind, SHIPPED, ports);
    const card = await service.card(1);
    return { service, card, alerts: () => log.filter(({ alert }) => alert).length };
  };

  it("a paid token, replayed four times a second by strangers, keeps its card from nothing", async () => {
    const { service, card } = await open();
    const old = await service.tap(card, 1, sat(10));
    for (let second = 1; second <= 60; second++) {
      for (let i = 0; i < 4; i++) {
        service.clock.pass(250);
        await service.present(otherSignature(card, old.token), old.invoice);
      }
      if (second % 10 > 0) continue;
      await service.tap(card, second, sat(10));
      expect(service.node.calls).toBe(1 + second / 10);
    }
    await service.close();
  });

  it("a token of a voided gap, and one that was refused for good, cost nothing of the card's rate either", async () => {
    const { service, card } = await open();
    const kept = service.invoice(1, sat(10));
    const token = card.authorize(kept, sat(10));
    await service.tap(card, 2, sat(10));
    service.clock.pass(24 * 3_600_000);
    expect(await service.reconciler.run()).toMatchObject({ gaps: 1 });
    const refused = await service.tap(card, 3, msat(1n));
    expect(refused.reason).toBe(REASON.BELOW_MIN_PER_TRANSACTION);
    for (let i = 0; i < 40; i++) {
      const answer = await service.present(token, kept);
      if (i < 10) expect(answer.reason).toBe(REASON.TOKEN_VOID);
      await service.present(refused.token, refused.invoice);
    }
    const before = service.node.calls;
    expect(await service.tap(card, 4, sat(10))).toMatchObject({ outcome: "accepted" });
    expect(service.node.calls).toBe(before + 1);
    await service.close();
  });

  it("what is not genuine costs nothing of the card's rate", async () => {
    const { service, card } = await open();
    for (let i = 1; i <= 40; i++) {
      const invoice = service.invoice(i, sat(10));
      const forged = card.token({ counter: i }, { secretKey: new Uint8Array(32).fill(7) });
      await service.present(forged, invoice);
    }
    await service.tap(card, 50, sat(10));
    expect(service.node.calls).toBe(1);
    await service.close();
  });

  it("a status that is replayed is answered at its own rate, and keeps the card from nothing", async () => {
    const { service, card } = await open();
    const time = BigInt(Math.floor(service.clock.now / 1000));
    const nonce = Uint8Array.from(randomBytes(24));
    const status = card.status(statusChallenge(NODE_ID, time, nonce));
    for (let i = 0; i < 40; i++) await askStatus(service.authorizer, { status, time, nonce });
    await service.tap(card, 1, sat(10));
    expect(service.node.calls).toBe(1);
    await service.close();
  });

  it("other statements of one card stay within its rate", async () => {
    const { service, card } = await open();
    for (let i = 1; i <= 20; i++) await service.tap(card, i, sat(10));
    expect(service.node.calls).toBe(10);
    await service.close();
  });

  it("one contradicting token, presented again and again under either signature, is evidence once and one alert", async () => {
    const { service, card, alerts } = await open();
    const { token, invoice } = await contradiction(service, card);
    for (let i = 0; i < 50; i++) {
      service.clock.pass(1000);
      const again = i % 2 === 0 ? token : otherSignature(card, token);
      expect((await service.present(again, invoice)).reason).toBe(REASON.CARD_CONTRADICTS);
    }
    const { evidence } = await cardDetails(service.store, card.cardId, 1);
    expect(evidence.map(({ times }) => times)).toEqual([50n]);
    expect(alerts()).toBe(1);
    await service.close();
  });

  it("evidence that is presented again does not block a card that was unblocked; a new contradiction does", async () => {
    const { service, card, alerts } = await open();
    const state = async () => (await cardDetails(service.store, card.cardId, 1)).entry.state;
    const { token, invoice } = await contradiction(service, card);
    await service.present(token, invoice);
    expect(await state()).toBe("blocked");
    await unblockCard(service.store, card.cardId, service.clock.now);
    expect((await service.present(token, invoice)).reason).toBe(REASON.CARD_CONTRADICTS);
    expect([await state(), alerts()]).toEqual(["active", 1]);
    const next = service.invoice(3, sat(30));
    await service.present(card.token({ counter: 1, amount: sat(30), authorizedTotal: sat(30) }), next);
    const other = service.invoice(4, sat(40));
    card.counter = 0;
    card.total = msat(0n);
    await service.present(card.authorize(other, sat(40)), other);
    expect([await state(), alerts()]).toEqual(["blocked", 2]);
    expect((await cardDetails(service.store, card.cardId, 1)).evidence).toHaveLength(2);
    await service.close();
  });

  it("a contradicting status is evidence once, however often it comes", async () => {
    const { service, card, alerts } = await open();
    await service.tap(card, 1, sat(10));
    const time = BigInt(Math.floor(service.clock.now / 1000));
    const nonce = Uint8Array.from(randomBytes(24));
    const status = card.status(statusChallenge(NODE_ID, time, nonce), { authorizedTotal: sat(9) });
    for (let i = 0; i < 5; i++) await askStatus(service.authorizer, { status, time, nonce });
    const { evidence } = await cardDetails(service.store, card.cardId, 1);
    expect(evidence.map(({ times }) => times)).toEqual([5n]);
    expect(alerts()).toBe(1);
    await service.close();
  });

  it("keeps sixteen different statements of a card, and alerts no more than that", async () => {
    const { service, card, alerts } = await open();
    await service.tap(card, 1, sat(10));
    for (let i = 2; i <= 30; i++) {
      service.clock.pass(2000);
      card.counter = 0;
      card.total = msat(0n);
      const invoice = service.invoice(i, sat(20));
      await service.present(card.authorize(invoice, sat(20)), invoice);
    }
    expect((await cardDetails(service.store, card.cardId, 1)).evidence).toHaveLength(16);
    expect(alerts()).toBe(16);
    await service.close();
  });
});
