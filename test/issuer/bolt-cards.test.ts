import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { SAID, sentenceOf } from "../../issuer/bolt-cards/sentences.js";
import { readTicket, writeTicket } from "../../issuer/bolt-cards/ticket.js";
import { blockCard, cashOutCard, replaceCard, showCard, unblockCard } from "../../issuer/ledger/index.js";
import { showSunCard } from "../../issuer/ledger/sun-cards.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { REASON } from "../../lightning/api/reasons.js";
import { TestChip } from "../../testing/cards/test-chip.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { Bench, NODE_SECRET, startService, testKeys } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

async function grounds(kind: StoreKind = "sqlite", options: Parameters<typeof BoltCards.open>[2] = {}) {
  const logged: Record<string, unknown>[] = [];
  const log = { info: () => {}, warn: () => {}, error: (fields: object) => void logged.push({ ...fields }) };
  const service = await startService(bench, kind, {}, { log });
  const cards = await BoltCards.open(service, await bench.keys(), options);
  const paid = async () => {
    await expect
      .poll(async () => await service.store.db.selectFrom("leases").selectAll().execute())
      .toEqual([]);
    return [...service.node.sent.values()].reduce((sum, times) => sum + times, 0);
  };
  return { service, cards, desk: cards.desk, logged, paid };
}

describe.each<StoreKind>(["sqlite", "postgres"])("a Bolt Card in a ledger on %s", (kind) => {
  it("is read, offered what is left, and pays one invoice", async () => {
    const { service, cards, desk, paid } = await grounds(kind);
    const chip = await cards.chip(1, { credit: sat(3000) });
    const { k1, min, max } = await cards.read(chip);
    expect([min, max]).toEqual([sat(1), sat(3000)]);
    expect(await desk.withdraw({ k1, pr: service.invoice(1, sat(1000)) })).toBeUndefined();
    expect(await paid()).toBe(1);
    const { spent, top_counter, top_total, sequence } = await showCard(service.store.db, chip.cardId);
    expect({ spent, top_counter, top_total, sequence }).toEqual({
      spent: sat(1000),
      top_counter: 1n,
      top_total: sat(1000),
      sequence: 0n,
    });
    expect((await cards.read(chip)).max).toBe(sat(2000));
    expect(await service.violations()).toEqual([]);
    await service.close();
  });

  it("stands beside cards that sign and their second faces, and the ledger proves all three", async () => {
    const { service, cards } = await grounds(kind);
    const signing = await service.card(1);
    const chip = await cards.chip(2);
    const face = await cards.chip(3, { faceOf: signing.cardId, credit: sat(5000) });
    await service.tap(signing, 1, sat(700));
    // Readings in between skip counters of the chip, and open no gap.
    for (let i = 0; i < 3; i++) await cards.read(chip);
    await cards.tap(chip, 2, sat(900));
    service.node.set(3, "fail");
    await cards.tap(chip, 3, sat(100));
    await cards.tap(face, 4, sat(400));
    service.node.set(5, "stuck");
    await cards.tap(face, 5, sat(500));
    await replaceCard(service.store, chip.cardId, face.cardId, service.clock.now);
    await cashOutCard(service.store, face.cardId, "", service.clock.now);
    expect(await service.violations()).toEqual([]);
    service.node.finish();
    service.clock.pass(service.config.leaseMs + 1);
    await service.reconciler.run();
    expect(await service.violations()).toEqual([]);
    const gaps = await service.store.db.selectFrom("gaps").selectAll().execute();
    expect(gaps).toEqual([]);
    await service.close();
  });
});

describe("a reading of a Bolt Card", () => {
  it("is taken once: the same again, an older one and one of another counter order are refused", async () => {
    const { service, cards, desk, logged, paid } = await grounds();
    const chip = await cards.chip(1);
    const [first, second] = [chip.read(), chip.read()];
    expect(typeof (await desk.read(second.p, second.c))).toBe("object");
    expect(await desk.read(second.p, second.c)).toBe(SAID.repeat);
    expect(logged).toEqual([]);
    expect(await desk.read(first.p, first.c)).toBe(SAID.older);
    expect(logged).toMatchObject([{ event: "older", alert: true, counter: "1", blocked: false }]);
    expect((await showCard(service.store.db, chip.cardId)).state).toBe("active");
    expect(await paid()).toBe(0);
    await service.close();
  });

  it("that is repeated takes nothing of what the card itself may be read", async () => {
    const { service, cards, desk } = await grounds("sqlite", { cardRate: { perSecond: 1e-6, burst: 2 } });
    const chip = await cards.chip(1);
    const [old, kept] = [chip.read(), chip.read()];
    expect(typeof (await desk.read(kept.p, kept.c))).toBe("object");
    const answers: unknown[] = [];
    for (const { p, c } of [kept, old, kept, old]) answers.push(await desk.read(p, c));
    expect(answers).toEqual([SAID.repeat, SAID.older, SAID.busy, SAID.busy]);
    expect((await cards.read(chip)).max).toBe(sat(20_000));
    await expect(cards.read(chip)).rejects.toThrow(SAID.busy);
    await service.close();
  });

  it("of a second chip with the same keys blocks the card and is kept as evidence", async () => {
    const { service, cards, desk, logged } = await grounds();
    const chip = await cards.chip(1);
    const { k1 } = await cards.read(chip);
    const other = chip.readingOf(1);
    expect(await desk.read(other.p, other.c)).toBe(SAID.blocked);
    expect(logged).toMatchObject([{ event: "clone", alert: true, blocked: true }]);
    expect(await desk.withdraw({ k1, pr: service.invoice(1, sat(100)) })).toBe(SAID.blocked);
    const evidence = await service.store.db.selectFrom("evidence").selectAll().execute();
    expect(evidence.map(({ message }) => message)).toEqual([Buffer.concat([other.p, other.c])]);
    // Who unblocks it has seen that: the same again does not block it.
    await unblockCard(service.store, chip.cardId, service.clock.now);
    await desk.read(other.p, other.c);
    expect((await showCard(service.store.db, chip.cardId)).state).toBe("active");
    expect(await service.violations()).toEqual([]);
    await service.close();
  });

  it("only reports a second chip, and blocks for an old reading, where the configuration says so", async () => {
    const { service, cards, desk } = await grounds("sqlite", { onClone: "alert", onOldReading: "block" });
    const [chip, other] = [await cards.chip(1), await cards.chip(2)];
    const old = chip.read();
    await cards.read(chip);
    expect(await desk.read(old.p, old.c)).toBe(SAID.blocked);
    await cards.read(other);
    const copy = other.readingOf(1);
    expect(await desk.read(copy.p, copy.c)).toBe(SAID.older);
    expect((await showCard(service.store.db, chip.cardId)).state).toBe("blocked");
    expect((await showCard(service.store.db, other.cardId)).state).toBe("active");
    await service.close();
  });

  it("with p or c of another card, of an unknown chip, or made up has one answer and one price", async () => {
    const { service, cards, desk } = await grounds();
    const [one, two] = [await cards.chip(1), await cards.chip(2)];
    const stranger = new TestChip(3).read();
    const [a, b] = [one.read(), two.read()];
    const wrong = [
      [a.p, b.c],
      [b.p, a.c],
      [stranger.p, stranger.c],
      [new Uint8Array(16), new Uint8Array(8)],
      [a.p, new TestChip(1, 1).read().c],
      [new TestChip(1, 0, new Uint8Array(16)).read().p, a.c],
    ] as const;
    for (const [p, c] of wrong) {
      const [decryptions, queries] = [desk.decryptions, service.store.queries()];
      expect(await desk.read(p, c)).toBe(SAID.unknown);
      expect(desk.decryptions - decryptions).toBe(1);
      expect(service.store.queries() - queries).toBe(1);
    }
    // None of them used a counter up.
    expect(typeof (await desk.read(a.p, a.c))).toBe("object");
    await service.close();
  });

  it("costs at most two decryptions at any number of cards and batches", async () => {
    const { service } = await grounds();
    const keys = await testKeys(bench.directory());
    for (let i = 1; i < 4; i++) await keys.addBatchKey({ label: `batch ${i}` });
    const cards = await BoltCards.open(service, keys);
    const reading = new TestChip(1).read();
    await cards.desk.read(reading.p, reading.c);
    expect(cards.desk.decryptions).toBe(2);
    await service.close();
  });

  it("at the highest counter is the chip's last: one that begins at 0 again is refused", async () => {
    const { service, cards, desk } = await grounds();
    const chip = await cards.chip(1);
    chip.counter = 2 ** 24 - 2;
    expect(await cards.tap(chip, 1, sat(10))).toBeUndefined();
    for (const counter of [0, 1]) {
      const { p, c } = chip.readingOf(counter);
      expect(await desk.read(p, c)).toBe(counter === 0 ? SAID.unknown : SAID.older);
    }
    expect(await service.violations()).toEqual([]);
    await service.close();
  });
});

describe("a withdrawal by k1", () => {
  it("pays its first invoice alone, and the same again gets the same answer", async () => {
    const { service, cards, desk, paid } = await grounds();
    const chip = await cards.chip(1);
    const { k1 } = await cards.read(chip);
    const [first, second] = [service.invoice(1, sat(100)), service.invoice(2, sat(100))];
    const answers = await Promise.all([first, first, second, first].map((pr) => desk.withdraw({ k1, pr })));
    expect(answers).toEqual([undefined, undefined, sentenceOf(REASON.TOKEN_OTHER_INVOICE), undefined]);
    // Also when its time is over, and its invoice has expired.
    service.clock.pass(3 * 3_600_000);
    expect(await desk.withdraw({ k1, pr: first })).toBeUndefined();
    expect(await desk.withdraw({ k1, pr: first.toUpperCase() })).toBeUndefined();
    expect(await desk.withdraw({ k1, pr: second })).toBe(sentenceOf(REASON.TOKEN_OTHER_INVOICE));
    expect(await paid()).toBe(1);
    await service.close();
  });

  it("is answered before its payment has an end", async () => {
    const { service, cards, paid } = await grounds();
    const chip = await cards.chip(1);
    let finish = () => {};
    service.node.delay = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    expect(await cards.tap(chip, 1, sat(100))).toBeUndefined();
    const [row] = await service.store.db.selectFrom("authorizations").select("state").execute();
    expect(row?.state).toBe("reserved");
    finish();
    expect(await paid()).toBe(1);
    await service.close();
  });

  it("is refused with a sentence, pays nothing and uses nothing up while its invoice cannot be paid", async () => {
    const { service, cards, desk, paid } = await grounds();
    const chip = await cards.chip(1);
    const { k1 } = await cards.read(chip);
    const now = service.clock.now;
    service.clock.now = now - 7_200_000;
    const expired = service.invoice(1, sat(100));
    service.clock.now = now;
    const cases: readonly (readonly [pr: string, sentence: string])[] = [
      [service.invoice(2, undefined), SAID.amountless],
      [expired, sentenceOf(REASON.INVOICE_EXPIRED)],
      [service.invoice(3, sat(100), { network: "bc" }), sentenceOf(REASON.INVOICE_WRONG_NETWORK)],
      [service.invoice(4, sat(100), { payeeSecret: NODE_SECRET }), sentenceOf(REASON.PAYEE_IS_PAYER)],
      [`${service.invoice(5, sat(100)).slice(0, -1)}!`, SAID.badInvoice],
      ["", SAID.badInvoice],
    ];
    for (const [pr, sentence] of cases) expect(await desk.withdraw({ k1, pr })).toBe(sentence);
    expect(await service.store.db.selectFrom("authorizations").selectAll().execute()).toEqual([]);
    expect(await desk.withdraw({ k1, pr: service.invoice(6, sat(100)) })).toBeUndefined();
    expect(await paid()).toBe(1);
    await service.close();
  });

  it("above what is left or the policy allows, or for another payee, is refused and nothing is paid", async () => {
    const { service, cards, desk, paid } = await grounds();
    const stranger = new Uint8Array(33).fill(2);
    const rich = { maxPerTransaction: "500sat", maxPer24h: "700sat" };
    const [poor, limited, bound] = [
      await cards.chip(1, { credit: sat(50) }),
      await cards.chip(2, { policy: rich }),
      await cards.chip(3, { policy: { allowedPayees: [Buffer.from(stranger).toString("hex")] } }),
    ];
    expect(await cards.tap(poor, 1, sat(51))).toBe(sentenceOf(REASON.NOT_FUNDED));
    expect((await cards.read(limited)).max).toBe(sat(500));
    expect(await cards.tap(limited, 2, sat(501))).toBe(sentenceOf(REASON.ABOVE_MAX_PER_TRANSACTION));
    expect(await cards.tap(limited, 3, sat(500))).toBeUndefined();
    expect((await cards.read(limited)).max).toBe(sat(200));
    expect(await cards.tap(limited, 4, sat(300))).toBe(sentenceOf(REASON.ABOVE_PERIOD_LIMIT));
    expect(await cards.tap(bound, 5, sat(10))).toBe(sentenceOf(REASON.PAYEE_NOT_ALLOWED));
    const { k1 } = await cards.read(limited);
    expect(await desk.withdraw({ k1, pr: service.invoice(3, sat(500)) })).toBe(
      sentenceOf(REASON.ABOVE_PERIOD_LIMIT),
    );
    expect(await paid()).toBe(1);
    expect(await service.violations()).toEqual([]);
    await service.close();
  });

  it("for an invoice that is paid already is refused, whichever card paid it", async () => {
    const { service, cards, desk, paid } = await grounds();
    const [one, two] = [await cards.chip(1), await cards.chip(2)];
    const signing = await service.card(1);
    const { invoice } = await service.tap(signing, 1, sat(100));
    expect(await desk.withdraw({ k1: (await cards.read(one)).k1, pr: invoice })).toBe(
      sentenceOf(REASON.INVOICE_TAKEN),
    );
    const pr = service.invoice(2, sat(100));
    expect(await desk.withdraw({ k1: (await cards.read(one)).k1, pr })).toBeUndefined();
    expect(await desk.withdraw({ k1: (await cards.read(two)).k1, pr })).toBe(
      sentenceOf(REASON.INVOICE_TAKEN),
    );
    expect(await paid()).toBe(2);
    await service.close();
  });

  it("by a k1 that is changed, of nobody, over its time, or older than a payment is refused", async () => {
    const { service, cards, desk, paid } = await grounds();
    const chip = await cards.chip(1);
    const { k1 } = await cards.read(chip);
    const pr = service.invoice(1, sat(100));
    for (let at = 0; at < 64; at += 7) {
      const other = `${k1.slice(0, at)}${k1[at] === "0" ? "1" : "0"}${k1.slice(at + 1)}`;
      expect(await desk.withdraw({ k1: other, pr })).toBe(SAID.badK1);
    }
    for (const bad of ["", "00", "zz".repeat(32), k1.toUpperCase(), `${k1}00`])
      expect(await desk.withdraw({ k1: bad, pr })).toBe(bad === k1 ? undefined : SAID.badK1);
    const newer = await cards.read(chip);
    expect(await desk.withdraw({ k1: newer.k1, pr: service.invoice(2, sat(100)) })).toBeUndefined();
    expect(await desk.withdraw({ k1, pr })).toBe(SAID.older);
    const late = await cards.read(chip);
    service.clock.pass(121_000);
    expect(await desk.withdraw({ k1: late.k1, pr: service.invoice(3, sat(100)) })).toBe(SAID.expired);
    expect(await paid()).toBe(1);
    await service.close();
  });

  it("is kept with c of its own reading, and with none once the card was read again", async () => {
    const { service, cards, desk, paid } = await grounds();
    const chip = await cards.chip(1);
    const [first, second] = [await cards.read(chip), await cards.read(chip)];
    const { c } = chip.readingOf(2);
    for (const [i, { k1 }] of [first, second].entries())
      expect(await desk.withdraw({ k1, pr: service.invoice(i + 1, sat(100)) })).toBeUndefined();
    const { rows } = await sql<{
      signature: Buffer;
    }>`select signature from authorizations order by counter`.execute(service.store.db);
    expect(rows.map(({ signature }) => signature)).toEqual([Buffer.alloc(0), Buffer.from(c)]);
    expect(await paid()).toBe(2);
    await service.close();
  });

  it("is not of another card or counter: the MAC covers both", () => {
    const keys = { cipher: new Uint8Array(16).fill(1), mac: new Uint8Array(16).fill(2) };
    const ticket = { card: -5n, counter: 2n ** 24n - 1n, expiresAtSeconds: 1_800_000_000 };
    const k1 = writeTicket(keys, ticket);
    expect(readTicket(keys, k1)).toEqual(ticket);
    const other = writeTicket(keys, { ...ticket, counter: 1n });
    expect(readTicket(keys, k1.slice(0, 32) + other.slice(32))).toBeUndefined();
    expect(readTicket({ ...keys, mac: keys.cipher }, k1)).toBeUndefined();
  });

  it("is refused while the card is blocked, and paid by the same k1 once it is not", async () => {
    const { service, cards, desk, paid } = await grounds();
    const chip = await cards.chip(1);
    const { k1 } = await cards.read(chip);
    await blockCard(service.store, chip.cardId, service.clock.now);
    const pr = service.invoice(1, sat(100));
    expect(await desk.withdraw({ k1, pr })).toBe(SAID.blocked);
    await unblockCard(service.store, chip.cardId, service.clock.now);
    expect(await desk.withdraw({ k1, pr })).toBeUndefined();
    expect(await paid()).toBe(1);
    await service.close();
  });
});

describe("the PIN of a Bolt Card", () => {
  const policy = { pinRequiredAbove: "500sat" };

  it("is asked for above the limit alone, which the offer names", async () => {
    const { service, cards, paid } = await grounds();
    const chip = await cards.chip(1, { policy, pin: "4711" });
    expect((await cards.read(chip)).pinLimit).toBe(500_001n);
    expect(await cards.tap(chip, 1, sat(500))).toBeUndefined();
    expect(await cards.tap(chip, 2, sat(501))).toBe(SAID.pinMissing);
    expect(await cards.tap(chip, 3, sat(501), "12ab")).toBe(SAID.pinForm);
    expect(await cards.tap(chip, 4, sat(501), "4711")).toBeUndefined();
    expect(await paid()).toBe(2);
    await service.close();
  });

  it("may be wrong three times, counted durably before it is compared", async () => {
    const { service, cards, paid } = await grounds();
    const chip = await cards.chip(1, { policy, pin: "4711" });
    for (const pin of ["0000", "4712"]) expect(await cards.tap(chip, 1, sat(501), pin)).toBe(SAID.pinWrong);
    // A right one begins the count again.
    expect(await cards.tap(chip, 2, sat(501), "4711")).toBeUndefined();
    for (const pin of ["0001", "0002", "0003"])
      expect(await cards.tap(chip, 3, sat(501), pin)).toBe(SAID.pinWrong);
    // By another process, too: the tries are the ledger's.
    const again = await BoltCards.open(service, await bench.keys());
    expect(await again.tap(chip, 3, sat(501), "4711")).toBe(SAID.pinBlocked);
    expect(await again.tap(chip, 4, sat(100))).toBeUndefined();
    expect((await showSunCard(service.store.db, chip.cardId)).pin_tries).toBe(3n);
    expect(await paid()).toBe(2);
    await service.close();
  });

  it("cannot be guessed by many requests at once", async () => {
    const { service, cards, desk } = await grounds();
    const chip = await cards.chip(1, { policy, pin: "4711" });
    const { k1 } = await cards.read(chip);
    const pr = service.invoice(1, sat(501));
    const guesses = Array.from({ length: 20 }, (_, i) => String(1000 + i));
    const answers = await Promise.all(guesses.map((pin) => desk.withdraw({ k1, pr, pin })));
    expect(answers.filter((answer) => answer === SAID.pinWrong)).toHaveLength(3);
    expect(answers.filter((answer) => answer === SAID.pinBlocked)).toHaveLength(17);
    await service.close();
  });

  it("is what bounds a card without one: no more than the limit is offered or paid", async () => {
    const { service, cards } = await grounds();
    const chip = await cards.chip(1, { policy });
    const { max, pinLimit } = await cards.read(chip);
    expect([max, pinLimit]).toEqual([sat(500), undefined]);
    expect(await cards.tap(chip, 1, sat(501), "4711")).toBe(SAID.noPin);
    await service.close();
  });
});

it("a Bolt Card cannot be taken for a card that signs, though its id is known", async () => {
  const { service, cards } = await grounds();
  const chip = await cards.chip(1);
  const found = await service.store.db
    .selectFrom("cards")
    .select(["kind", "public_key"])
    .where("card", "=", cardKey(chip.cardId))
    .executeTakeFirstOrThrow();
  expect(found).toEqual({ kind: "sun", public_key: Buffer.alloc(0) });
  await service.close();
});
