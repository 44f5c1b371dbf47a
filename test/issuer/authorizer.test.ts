import { afterAll, describe, expect, it } from "vitest";
import { msat, type Secp256k1, sat, secp256k1, utf8 } from "../../common/index.js";
import { blockCard, cashOutCard, fundCard, retireCard, unblockCard } from "../../issuer/ledger/index.js";
import { encodeInitiatePayment, PEER_MESSAGE, statusChallenge } from "../../lightning/api/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { featureBits } from "../../lightning/features.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { initiate } from "../../testing/issuer/replies.js";
import {
  Bench,
  DEPUTY_SECRET,
  NODE_ID,
  NODE_SECRET,
  PEER,
  type Service,
  startService,
} from "../../testing/issuer/service.js";
import { PAYEE } from "../../testing/nodes/scripted-node.js";
import { connectPeers } from "./connected-peer.js";

const bench = new Bench();
afterAll(() => bench.close());

const rejectedWith = (reason: number) => ({ outcome: "rejected", reason });
const ACCEPTED = { outcome: "accepted" };

describe.each(["sqlite", "postgres"] as const)("authorizer on %s", (kind) => {
  const start = (...rest: [Parameters<typeof startService>[2]?, Parameters<typeof startService>[3]?]) =>
    startService(bench, kind, ...rest);
  const finish = async (service: Service) => {
    expect(await service.violations()).toEqual([]);
    await service.close();
  };
  const left = async (service: Service, card: SigningCard) => {
    const entry = await service.store.db
      .selectFrom("accounts")
      .select(["funded", "spent", "voided", "state"])
      .where("card", "=", Buffer.from(card.cardId).readBigInt64BE())
      .executeTakeFirstOrThrow();
    return { left: entry.funded - entry.spent, voided: entry.voided, state: entry.state };
  };

  it("pays a token once, however often and however much at once it is presented", async () => {
    await using service = await start();
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(1000));
    const token = card.authorize(invoice, sat(1000));
    const again = card.token({ invoiceHash: invoiceHash(invoice), amount: sat(1000) });
    const outcomes = await Promise.all(
      [token, again, token, again, token].map((each) => service.present(each, invoice)),
    );
    expect(outcomes).toEqual(Array(5).fill(ACCEPTED));
    expect(await service.present(again, invoice)).toEqual(ACCEPTED);
    expect([...service.node.sent.values()]).toEqual([1]);
    expect(service.node.calls).toBe(1);
    expect((await left(service, card)).left).toBe(19_000_000n);
  });

  it("gives a failed payment back in the same tap, and its counter is void for ever", async () => {
    await using service = await start();
    const card = await service.card(1);
    service.node.set(1, "fail");
    const tap = await service.tap(card, 1, sat(1000));
    expect(tap).toMatchObject(rejectedWith(REASON.PAYMENT_FAILED));
    expect([card.credit, card.sequence]).toEqual([sat(21_000), 1]);
    service.node.set(1, "settle");
    const { cardUpdate, ...repeated } = await service.present(tap.token, tap.invoice);
    expect(repeated).toEqual(rejectedWith(REASON.PAYMENT_FAILED));
    expect(cardUpdate).toHaveLength(149);
    expect(await service.tap(card, 2, sat(20_000))).toMatchObject(ACCEPTED);
    // The acknowledgement in that token ends the deliveries.
    expect(await service.present(tap.token, tap.invoice)).toEqual(rejectedWith(REASON.PAYMENT_FAILED));
    expect(service.node.sent.size).toBe(1);
  });

  it("seals an update again for every delivery until the card shows its sequence", async () => {
    await using service = await start();
    const card = await service.card(1);
    service.node.set(1, "fail");
    const tap = await service.tap(card, 1, sat(1));
    const deliveries = [tap.cardUpdate, (await service.present(tap.token, tap.invoice)).cardUpdate];
    const [first, second] = deliveries.map((sealed) => Buffer.from(sealed ?? []).toString("hex"));
    expect(first).not.toBe(second);
    expect(card.update(deliveries[0] as Uint8Array)).toEqual(card.update(deliveries[1] as Uint8Array));
    expect(await service.identify(card)).toBeUndefined();
  });

  it("unknown card and bad signature: same answer, one verification, same number of queries", async () => {
    let verifications = 0;
    const counting: Secp256k1 = {
      ...secp256k1,
      verify(...args) {
        verifications++;
        return secp256k1.verify(...args);
      },
    };
    await using service = await start({}, { secp256k1: counting });
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(1));
    const hash = invoiceHash(invoice);
    const unknown = new SigningCard(99, card.sealKey);
    const observe = async (token: Uint8Array) => {
      const before = [verifications, service.store.queries()] as const;
      const outcome = await service.present(token, invoice);
      return { outcome, verified: verifications - before[0], queries: service.store.queries() - before[1] };
    };
    const forged = card.token(
      { counter: 1, authorizedTotal: sat(1), invoiceHash: hash },
      { secretKey: unknown.secretKey },
    );
    const flipped = card.token({ counter: 1, authorizedTotal: sat(1), invoiceHash: hash });
    flipped[148] = (flipped[148] ?? 0) ^ 1;
    const wanted = { outcome: rejectedWith(REASON.TOKEN_NOT_ACCEPTED), verified: 1, queries: 1 };
    expect(await observe(forged)).toEqual(wanted);
    expect(await observe(flipped)).toEqual(wanted);
    expect(await observe(unknown.token({ counter: 1, authorizedTotal: sat(1), invoiceHash: hash }))).toEqual(
      wanted,
    );
  });

  it.each([
    ["nothing", () => new Uint8Array(0)],
    ["garbage", () => new Uint8Array(149).fill(0xa5)],
    ["oversize", () => new Uint8Array(1024).fill(1)],
    ["a status instead", (card: SigningCard) => card.status(new Uint8Array(32))],
    [
      "an unknown key set",
      (card: SigningCard) => {
        const token = card.token();
        token[1] = 0xff;
        return token;
      },
    ],
  ])("token: %s", async (_name, make) => {
    await using service = await start();
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(1));
    expect(await service.present(make(card), invoice)).toEqual(rejectedWith(REASON.TOKEN_NOT_ACCEPTED));
    expect(service.node.calls).toBe(0);
  });

  it.each([
    ["empty", () => ""],
    ["garbage", () => "not an invoice"],
    ["in upper case", (invoice: string) => invoice.toUpperCase()],
    ["with its scheme", (invoice: string) => `lightning:${invoice}`],
    ["mixed", (invoice: string) => `L${invoice.slice(1)}`],
    ["cut", (invoice: string) => invoice.slice(0, -1)],
    ["oversize", () => "l".repeat(4096)],
  ])("invoice %s: not read, and the token is good for the right one", async (_name, change) => {
    await using service = await start();
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(1));
    const token = card.authorize(invoice, sat(1));
    const bad = { token, invoice: utf8(change(invoice)) };
    expect(await initiate(service.authorizer, bad)).toEqual(rejectedWith(REASON.INVOICE_MALFORMED));
    expect(await service.present(token, invoice)).toEqual(ACCEPTED);
  });

  it("bytes that are no text are no invoice", async () => {
    await using service = await start();
    const card = await service.card(1);
    const outcome = await initiate(service.authorizer, {
      token: card.token(),
      invoice: new Uint8Array(300).fill(0xff),
    });
    expect(outcome).toEqual(rejectedWith(REASON.INVOICE_MALFORMED));
  });

  it("a token for another invoice is refused and stays good for its own", async () => {
    await using service = await start();
    const card = await service.card(1);
    const [own, other] = [service.invoice(1, sat(5)), service.invoice(2, sat(5))];
    const token = card.authorize(own, sat(5));
    expect(await service.present(token, other)).toEqual(rejectedWith(REASON.TOKEN_OTHER_INVOICE));
    expect(await service.present(token, own)).toEqual(ACCEPTED);
  });

  it.each([
    [
      "another amount than the invoice's",
      REASON.TOKEN_OTHER_AMOUNT,
      (service: Service) => service.invoice(1, msat(999_999n)),
    ],
    [
      "expired",
      REASON.INVOICE_EXPIRED,
      (service: Service) => service.invoice(1, sat(1000), { expirySeconds: 10 }),
    ],
    [
      "about to expire",
      REASON.INVOICE_EXPIRED,
      (service: Service) => service.invoice(1, sat(1000), { expirySeconds: 39 }),
    ],
    [
      "of another network",
      REASON.INVOICE_WRONG_NETWORK,
      (service: Service) => service.invoice(1, sat(1000), { network: "bc" }),
    ],
    ["without an amount", REASON.INVOICE_AMOUNTLESS, (service: Service) => service.invoice(1, undefined)],
    [
      "with an unknown feature",
      REASON.INVOICE_UNKNOWN_FEATURE,
      (service: Service) => service.invoice(1, sat(1000), { features: featureBits(8, 14, 1000) }),
    ],
    [
      "of our own node",
      REASON.PAYEE_IS_PAYER,
      (service: Service) => service.invoice(1, sat(1000), { payeeSecret: NODE_SECRET }),
    ],
    [
      "of a deputy of our own node",
      REASON.PAYEE_IS_PAYER,
      (service: Service) => service.invoice(1, sat(1000), { payeeSecret: DEPUTY_SECRET }),
    ],
  ])("invoice %s: refused for good, the amount comes back with the answer", async (_name, reason, make) => {
    await using service = await start();
    const card = await service.card(1);
    const invoice = make(service);
    const outcome = await service.present(card.authorize(invoice, sat(1000)), invoice);
    expect(outcome).toMatchObject(rejectedWith(reason));
    card.update(outcome.cardUpdate as Uint8Array);
    expect(card.credit).toBe(sat(21_000));
    expect(service.node.calls).toBe(0);
    expect(await left(service, card)).toEqual({ left: 20_000_000n, voided: 1_000_000n, state: "active" });
  });

  it("an amount changed by one msat in the token breaks its signature", async () => {
    await using service = await start();
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(1000));
    const good = card.authorize(invoice, sat(1000));
    for (let bit = 0; bit < 128; bit += 7) {
      const bad = Uint8Array.from(good);
      bad[21 + bit] = (bad[21 + bit] ?? 0) ^ 1;
      expect(await service.present(bad, invoice)).toEqual(rejectedWith(REASON.TOKEN_NOT_ACCEPTED));
    }
    expect(await service.present(good, invoice)).toEqual(ACCEPTED);
  });

  it("pays the signed amount of an invoice without one, where the policy allows it", async () => {
    await using service = await start();
    const card = await service.card(1, sat(1000), { allowAmountless: true });
    const invoice = service.invoice(1, undefined);
    expect(await service.present(card.authorize(invoice, sat(7)), invoice)).toEqual(ACCEPTED);
    expect((await left(service, card)).left).toBe(993_000n);
  });

  it("two cards for one invoice: the second is refused for good and gets its amount back", async () => {
    await using service = await start();
    const [one, two] = [await service.card(1), await service.card(2)];
    const invoice = service.invoice(1, sat(10));
    const outcomes = await Promise.all(
      [one, two].map((card) => service.present(card.authorize(invoice, sat(10)), invoice)),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["accepted", "rejected"]);
    expect(outcomes.find(({ outcome }) => outcome === "rejected")?.reason).toBe(REASON.INVOICE_TAKEN);
    expect([...service.node.sent.values()]).toEqual([1]);
  });

  it("blocked, unblocked and retired cards", async () => {
    await using service = await start();
    const card = await service.card(1);
    await blockCard(service.store, card.cardId, service.clock.now);
    const invoice = service.invoice(1, sat(10));
    const token = card.authorize(invoice, sat(10));
    const blocked = await service.present(token, invoice);
    expect(blocked).toMatchObject(rejectedWith(REASON.CARD_ON_HOLD));
    expect(card.update(blocked.cardUpdate as Uint8Array).flags).toBe(1);
    await unblockCard(service.store, card.cardId, service.clock.now);
    expect(await service.present(token, invoice)).toMatchObject(ACCEPTED);
    await cashOutCard(service.store, card.cardId, "end of the event", service.clock.now);
    await retireCard(service.store, card.cardId, service.clock.now);
    const late = await service.tap(card, 2, sat(1));
    expect(late).toMatchObject(rejectedWith(REASON.CARD_BLOCKED));
    // What was paid before stays paid.
    expect(await service.present(token, invoice)).toMatchObject(ACCEPTED);
  });

  it("after a cash-out the card still believes in its credit; the ledger does not", async () => {
    await using service = await start();
    const card = await service.card(1);
    await cashOutCard(service.store, card.cardId, "", service.clock.now);
    await unblockCard(service.store, card.cardId, service.clock.now);
    expect(await service.tap(card, 1, sat(1))).toMatchObject(rejectedWith(REASON.NOT_FUNDED));
  });

  it("rolling limits by the issuer's clock, exact to the msat, void payments not counted", async () => {
    await using service = await start();
    const card = await service.card(1, sat(100_000), {
      minPerTransaction: "1msat",
      maxPer24h: "1000sat",
      maxPer30d: "2000sat",
    });
    const hours = 3_600_000;
    const tap = async (serial: number, amount: bigint) =>
      (await service.tap(card, serial, msat(amount))).reason;
    service.node.set(2, "fail");
    expect(await tap(1, 600_000n)).toBeUndefined();
    expect(await tap(2, 400_000n)).toBe(REASON.PAYMENT_FAILED);
    service.clock.now += 12 * hours;
    expect(await tap(3, 400_001n)).toBe(REASON.ABOVE_PERIOD_LIMIT);
    expect(await tap(4, 400_000n)).toBeUndefined();
    service.clock.now += 12 * hours - 1;
    expect(await tap(5, 1n)).toBe(REASON.ABOVE_PERIOD_LIMIT);
    service.clock.now += 1;
    expect(await tap(6, 600_001n)).toBe(REASON.ABOVE_PERIOD_LIMIT);
    expect(await tap(7, 600_000n)).toBeUndefined();
    service.clock.now += 24 * hours;
    expect(await tap(8, 400_001n)).toBe(REASON.ABOVE_PERIOD_LIMIT);
    expect(await tap(9, 400_000n)).toBeUndefined();
    // A clock that jumps back opens no window.
    service.clock.now -= 48 * hours;
    expect(await tap(10, 1n)).toBe(REASON.ABOVE_PERIOD_LIMIT);
    service.clock.now += 48 * hours + 29 * 24 * hours;
    expect(await tap(11, 1_000_000n)).toBeUndefined();
  });

  it("PIN, payees and hours of the policy", async () => {
    await using service = await start();
    const card = await service.card(1, sat(1000), { pinRequiredAbove: "10sat", allowedPayees: [PAYEE] });
    expect(await service.tap(card, 1, sat(11))).toMatchObject(rejectedWith(REASON.PIN_REQUIRED));
    expect(await service.tap(card, 2, sat(10))).toMatchObject(ACCEPTED);
    const elsewhere = service.invoice(3, sat(1), { payeeSecret: new Uint8Array(32).fill(0x77) });
    expect(await service.present(card.authorize(elsewhere, sat(1)), elsewhere)).toMatchObject(
      rejectedWith(REASON.PAYEE_NOT_ALLOWED),
    );
  });

  it("too much in flight is refused for now only", async () => {
    await using service = await start({ maxInFlight: 2, maxInFlightPerPayee: 2 });
    const cards = [await service.card(1), await service.card(2), await service.card(3)];
    service.node.behaviour = "stuck";
    for (const [i, card] of cards.slice(0, 2).entries())
      expect(await service.tap(card, i + 1, sat(1))).toMatchObject(ACCEPTED);
    const third = cards[2] as SigningCard;
    const refused = await service.tap(third, 3, sat(1));
    expect(refused).toMatchObject(rejectedWith(REASON.BUSY));
    service.node.finish();
    expect(await service.reconciler.run()).toMatchObject({ settled: 2, open: 0 });
    service.node.behaviour = "settle";
    expect(await service.present(refused.token, refused.invoice)).toEqual(ACCEPTED);
  });

  it("gives a card that shows its status its update before it says what is left", async () => {
    await using service = await start();
    const card = await service.card(1);
    await fundCard(service.store, card.cardId, sat(5000), "cash", service.clock.now);
    const [time, nonce] = [BigInt(Math.floor(service.clock.now / 1000)), new Uint8Array(24)];
    const status = card.status(statusChallenge(NODE_ID, time, nonce));
    const said: string[] = [];
    await service.authorizer.cardStatus(
      { status, time, nonce },
      { update: async () => void said.push("update"), balance: async () => void said.push("balance") },
    );
    expect(said).toEqual(["update", "balance"]);
  });

  it("hands a pending update out before it pays, once", async () => {
    await using service = await start();
    const card = await service.card(1);
    await fundCard(service.store, card.cardId, sat(5000), "cash", service.clock.now);
    const invoice = service.invoice(1, sat(1000));
    const early: { update: Uint8Array; callsBefore: number }[] = [];
    const outcome = await initiate(
      service.authorizer,
      { token: card.authorize(invoice, sat(1000)), invoice: utf8(invoice) },
      async (update) => void early.push({ update, callsBefore: service.node.calls }),
    );
    expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(early).toHaveLength(1);
    expect(early[0]?.callsBefore).toBe(0);
    expect(service.node.calls).toBe(1);
    card.update(early[0]?.update as Uint8Array);
    expect(card.credit).toBe(sat(25_000));
  });

  it("tells what is left where the card's policy says so, and not otherwise", async () => {
    await using service = await start();
    for (const [number, tellsBalance] of [
      [1, true],
      [2, false],
    ] as const) {
      const card = await service.card(number, sat(20_000), { tellsBalance });
      const told = (left: bigint) => (tellsBalance ? left : undefined);
      const invoice = service.invoice(number, sat(1000));
      const token = card.authorize(invoice, sat(1000));
      for (let times = 0; times < 2; times++)
        expect((await service.present(token, invoice)).left).toBe(told(sat(19_000)));
      const asked = async () => {
        const seen: (bigint | undefined)[] = [];
        await service.identify(card, {}, (left) => seen.push(left));
        return seen;
      };
      expect(await asked()).toEqual([told(sat(19_000))]);
      service.node.behaviour = "fail";
      const failing = service.invoice(10 + number, sat(500));
      await service.present(card.authorize(failing, sat(500)), failing);
      service.node.behaviour = "settle";
      expect(await asked()).toEqual([told(sat(19_000))]);
      await blockCard(service.store, card.cardId, service.clock.now);
      expect(await asked()).toEqual([undefined]);
    }
  });

  it("a peer or a card that asks too often gets silence, and the token stays good", async () => {
    const slow = { perSecond: 0.000_001, burst: 1 };
    const service = await start();
    const card = await service.card(1);
    const peers = connectPeers(service, { ratePerPeer: slow });
    const asks = (peer: Uint8Array, token: Uint8Array, invoice: string) =>
      peers.says(
        peer,
        PEER_MESSAGE.INITIATE_PAYMENT,
        encodeInitiatePayment({ token, invoice: utf8(invoice) }),
      );
    const invoice = service.invoice(1, sat(1));
    const token = card.authorize(invoice, sat(1));
    expect(await asks(PEER, new Uint8Array(1), "x")).toMatchObject({ event: "undeliverable" });
    expect(await asks(PEER, token, invoice)).toMatchObject({ event: "ignored", cause: "rate" });
    expect(service.node.calls).toBe(0);
    expect(await asks(NODE_ID, token, invoice)).toMatchObject({ event: "accepted" });
    expect(service.node.calls).toBe(1);
    await peers.close();
    await finish(service);

    const limited = await start({ cardRate: slow });
    const other = await limited.card(1);
    expect(await limited.tap(other, 1, sat(1))).toMatchObject(ACCEPTED);
    expect(await limited.tap(other, 2, sat(1))).toMatchObject(ACCEPTED);
    expect(limited.node.calls).toBe(1);
    await finish(limited);
  });
});
