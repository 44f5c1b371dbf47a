import { randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import { afterAll, describe, expect, it } from "vitest";
import { boltCardKeys } from "../../bolt-card/keys.js";
import { bytesToHex, hexToBytes, sat } from "../../common/index.js";
import { readTag } from "../../host/bolt-card/read-tag.js";
import { Batches, keysOf } from "../../issuer/bolt-cards/batches.js";
import { boltCardsConfigSchema } from "../../issuer/bolt-cards/config.js";
import {
  chipKeys,
  PAY_PATH,
  programChip,
  programLink,
  READ_PATH,
} from "../../issuer/bolt-cards/programming.js";
import { SAID } from "../../issuer/bolt-cards/sentences.js";
import { wipeLink } from "../../issuer/bolt-cards/wiping.js";
import { fundCard, showCard } from "../../issuer/ledger/index.js";
import { wipeSunCard } from "../../issuer/ledger/sun-cards.js";
import { addSunCodes } from "../../issuer/ledger/sun-codes.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { boltCardMetrics } from "../../issuer/service/bolt-card-metrics.js";
import { serveBoltCards } from "../../server/bolt-cards/serve.js";
import { provisionNtag, type SimulatedCard } from "../../simulator/index.js";
import { askOffer, handIn, Refusal } from "../../testing/cards/lnurl-client.js";
import { BATCH_ID, BATCH_KEY, readingQuery, TestChip } from "../../testing/cards/test-chip.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { Bench, startService } from "../../testing/issuer/service.js";
import { tappedCard } from "../simulator/fixture.js";

const bench = new Bench();
afterAll(() => bench.close());

const ADDRESS = "https://cards.example";

async function served(options: Parameters<typeof BoltCards.open>[2] = {}) {
  const service = await startService(bench, "sqlite");
  const keys = await bench.keys();
  const registry = new Registry();
  const cards = await BoltCards.open(service, keys, options, boltCardMetrics(registry));
  const faults: string[] = [];
  const config = boltCardsConfigSchema.parse({
    address: ADDRESS,
    rate: { perSecond: 1e6, burst: 1e6 },
    addressRate: { perSecond: 1e6, burst: 1e6 },
    ...options,
  });
  const { store, clock } = service;
  const server = await serveBoltCards(
    { host: "127.0.0.1", port: 0, names: [] },
    {
      desk: cards.desk,
      config,
      program: (code, uid) => programChip({ store, keys, clock: clock.read }, ADDRESS, code, uid),
      wipe: async (code, p, c) => {
        const row = await cards.desk.wipe(code, p, c);
        if (typeof row === "string") return row;
        return chipKeys(ADDRESS, await keysOf(keys, row.batch, row.uid, Number(row.version)));
      },
      onFault: (what) => void faults.push(what),
    },
  );
  /** Where the app posts to for a link that wipes. */
  const wiping = async (cardId?: Uint8Array): Promise<string> => {
    const { current } = await Batches.open(keys);
    const expiresAtSeconds = Math.floor(clock.read() / 1000) + 3600;
    const link = wipeLink(ADDRESS, current, { cardId, expiresAtSeconds });
    const [, url = ""] = /^boltcard:\/\/reset\?url=(.+)$/.exec(link) ?? [];
    return new URL(decodeURIComponent(url)).pathname;
  };
  const reach = (url: URL): URL => new URL(`${url.pathname}${url.search}`, server.url);
  const addressOf = (chip: TestChip) => `lnurlw://cards.example${READ_PATH}?${readingQuery(chip.read())}`;
  const json = async (path: string, init?: RequestInit) => {
    const response = await fetch(new URL(path, server.url), init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    service,
    cards,
    server,
    reach,
    addressOf,
    json,
    wiping,
    faults,
    /** The lines of a figure that are above 0. */
    figures: async (name: string) =>
      (await registry.getSingleMetricAsString(name)).split("\n").filter((line) => /^[^#].* [1-9]/.test(line)),
    async close() {
      await server.close();
      await service.close();
    },
  };
}

/** Makes a one-time code. @returns where the app posts to */
async function code(service: Awaited<ReturnType<typeof served>>["service"], label = "A-0001") {
  const secret = randomBytes(16);
  const entry = { code: secret, cardId: randomBytes(8), label, policy: parsePolicy({}), batch: BATCH_ID };
  await addSunCodes(service.store, [entry], service.clock.now, service.clock.now + 3_600_000);
  const link = programLink(ADDRESS, secret);
  const [, url = ""] = /^boltcard:\/\/program\?url=(.+)$/.exec(link) ?? [];
  return { path: new URL(decodeURIComponent(url)).pathname, cardId: entry.cardId };
}

/** What a reader of tags gets of a card that is laid down. */
async function readByTap(card: SimulatedCard): Promise<string> {
  card.powerOn();
  const address = await readTag({ transmit: async (apdu) => card.exchange(apdu) });
  if (address === undefined) throw new Error("no tag");
  return address;
}

const posted = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

describe("a till that knows LUD-03 and LUD-17 alone", () => {
  it("is paid by a Bolt Card of this issuer", async () => {
    const { service, cards, reach, addressOf, close } = await served();
    const chip = await cards.chip(1, { credit: sat(5000) });
    const offer = await askOffer(addressOf(chip), reach);
    expect(offer).toMatchObject({
      callback: `${ADDRESS}${PAY_PATH}`,
      minWithdrawable: 1000,
      maxWithdrawable: 5_000_000,
      defaultDescription: "Card payment",
    });
    await handIn(offer, service.invoice(1, sat(1200)), reach);
    await expect.poll(async () => (await showCard(service.store.db, chip.cardId)).spent).toBe(sat(1200));
    await handIn(offer, service.invoice(1, sat(1200)), reach);
    await expect(handIn(offer, service.invoice(2, sat(1)), reach)).rejects.toThrow(Refusal);
    expect([...service.node.sent.values()]).toEqual([1]);
    expect(await service.violations()).toEqual([]);
    await close();
  });

  it("is paid from a simulated NTAG 424 DNA with the keys that the app got", async () => {
    const { service, reach, json, close } = await served();
    const { path, cardId } = await code(service);
    const uid = hexToBytes("04a1b2c3d4e5f6");
    const { body } = await json(path, posted({ UID: bytesToHex(uid) }));
    const key = (name: string) => hexToBytes(String(body[name]));
    const written = { uid, address: String(body.LNURLW), piccKey: key("K1"), macKey: key("K2") };
    const address = () => readByTap(provisionNtag({ ...written, counter: reads++ }));
    let reads = 0;
    await askOffer(await address(), reach).catch(() => undefined);
    await fundCard(service.store, cardId, sat(500), "", service.clock.now);
    const offer = await askOffer(await address(), reach);
    await handIn(offer, service.invoice(1, sat(400)), reach);
    await expect.poll(async () => (await showCard(service.store.db, cardId)).spent).toBe(sat(400));
    expect(await service.violations()).toEqual([]);
    await close();
  });

  it("is paid from the second face of a card that signs", async () => {
    const { service, cards, reach, close } = await served();
    const signing = await service.card(1);
    const { cardId, uid, batchKey } = await cards.chip(2, { faceOf: signing.cardId });
    const { k1, k2 } = boltCardKeys(batchKey, uid, 0);
    const base = `lnurlw://cards.example${READ_PATH}?p=`;
    const card = tappedCard({ boltCard: { uid, base, piccKey: k1, macKey: k2 } });
    const offer = await askOffer(await readByTap(card), reach);
    await handIn(offer, service.invoice(1, sat(700)), reach);
    await service.tap(signing, 2, sat(300));
    await expect.poll(async () => (await showCard(service.store.db, cardId)).spent).toBe(sat(700));
    expect((await showCard(service.store.db, signing.cardId)).spent).toBe(sat(300));
    expect(await service.violations()).toEqual([]);
    await close();
  });

  it("is asked for the PIN by pinLimit", async () => {
    const { service, cards, reach, addressOf, close } = await served();
    const chip = await cards.chip(1, { policy: { pinRequiredAbove: "100sat" }, pin: "4711" });
    const offer = await askOffer(addressOf(chip), reach);
    expect(offer.pinLimit).toBe(100_001);
    const pr = service.invoice(1, sat(101));
    await expect(handIn(offer, pr, reach)).rejects.toThrow(SAID.pinMissing);
    await expect(handIn(offer, pr, reach, "1234")).rejects.toThrow(SAID.pinWrong);
    await handIn(offer, pr, reach, "4711");
    await close();
  });
});

describe("the listener for Bolt Cards", () => {
  it("answers these paths alone, with a sentence for what is not an address of a card", async () => {
    const { json, addressOf, cards, close } = await served();
    expect((await json("/v1/cards")).status).toBe(404);
    expect((await json("/")).status).toBe(404);
    const { p, c } = { p: "0".repeat(32), c: "0".repeat(16) };
    for (const query of ["", `p=${p}`, `p=${p}&c=${c}0`, `p=${p}&p=${p}&c=${c}`, `p=zz&c=${c}`])
      expect((await json(`${READ_PATH}?${query}`)).body).toEqual({
        status: "ERROR",
        reason: SAID.badRequest,
      });
    expect((await json(`${READ_PATH}?p=${p}&c=${c}&x=${"y".repeat(9000)}`)).body.reason).toBe(
      SAID.badRequest,
    );
    expect((await json(`${READ_PATH}?p=${p}&c=${c}`)).body.reason).toBe(SAID.unknown);
    for (const query of ["", "k1=00", "pr=x", "k1=00&k1=00&pr=x"])
      expect((await json(`${PAY_PATH}?${query}`)).body.reason).toBe(SAID.badCallback);
    expect((await json(`${PAY_PATH}?k1=00&pr=x`)).body.reason).toBe(SAID.badK1);
    const chip = await cards.chip(1);
    const { pathname, search } = new URL(addressOf(chip).replace("lnurlw", "https"));
    const answers = await Promise.all(Array.from({ length: 8 }, () => json(`${pathname}${search}`)));
    expect(answers.filter(({ body }) => body.tag === "withdrawRequest")).toHaveLength(1);
    expect(answers.filter(({ body }) => body.reason === SAID.repeat)).toHaveLength(7);
    await close();
  });

  it("counts requests, refusals by reason, payments, and the clones that it found", async () => {
    const { service, cards, json, reach, addressOf, figures, close } = await served({ onClone: "alert" });
    const chip = await cards.chip(1);
    const offer = await askOffer(addressOf(chip), reach);
    await handIn(offer, service.invoice(1, sat(100)), reach);
    await handIn(offer, service.invoice(1, sat(100)), reach);
    service.node.set(2, "fail");
    await handIn(await askOffer(addressOf(chip), reach), service.invoice(2, sat(100)), reach);
    const poor = handIn(await askOffer(addressOf(chip), reach), service.invoice(3, sat(99_000)), reach);
    await expect(poor).rejects.toThrow(Refusal);
    const copy = `${READ_PATH}?${readingQuery(chip.readingOf(chip.counter))}`;
    for (const path of [copy, copy, READ_PATH, PAY_PATH, `${PAY_PATH}?k1=00&pr=x`]) await json(path);
    await json("/bolt/program/x", posted({}));
    await expect.poll(() => figures("chequecard_bolt_card_payments_total")).toHaveLength(2);
    expect(await figures("chequecard_bolt_card_payments_total")).toEqual([
      'chequecard_bolt_card_payments_total{end="paid"} 1',
      'chequecard_bolt_card_payments_total{end="failed"} 1',
    ]);
    expect(await figures("chequecard_bolt_card_evidence_total")).toEqual([
      'chequecard_bolt_card_evidence_total{kind="clone"} 1',
    ]);
    const counted = await figures("chequecard_bolt_card_requests_total");
    expect(counted.map((line) => line.replace(/^[^{]*/, "")).sort()).toEqual([
      '{request="pay",outcome="given",reason=""} 3',
      '{request="pay",outcome="refused",reason="bad-callback"} 1',
      '{request="pay",outcome="refused",reason="bad-k1"} 1',
      '{request="pay",outcome="refused",reason="not-funded"} 1',
      '{request="program",outcome="refused",reason="bad-uid"} 1',
      '{request="read",outcome="given",reason=""} 3',
      '{request="read",outcome="refused",reason="bad-request"} 1',
      '{request="read",outcome="refused",reason="older"} 2',
    ]);
    await close();
  });

  it("bounds what one network, and all together, may ask", async () => {
    const slow = { perSecond: 0.001, burst: 3 };
    const one = await served({ addressRate: slow });
    const path = `${READ_PATH}?p=${"0".repeat(32)}&c=${"0".repeat(16)}`;
    const reasons = [];
    for (let i = 0; i < 5; i++) reasons.push((await one.json(path)).body.reason);
    expect(reasons).toEqual([SAID.unknown, SAID.unknown, SAID.unknown, SAID.busy, SAID.busy]);
    await one.close();
    const all = await served({ rate: slow, behindProxy: true });
    const from = async (i: number) =>
      (await all.json(path, { headers: { "x-forwarded-for": `10.0.0.${i}` } })).body.reason;
    for (let i = 0; i < 5; i++) expect(await from(i)).toBe(i < 3 ? SAID.unknown : SAID.busy);
    await all.close();
  });

  it("says that it cannot answer, and reports it, when the ledger is away", async () => {
    const { service, cards, json, addressOf, faults, server } = await served();
    const chip = await cards.chip(1);
    const { pathname, search } = new URL(addressOf(chip).replace("lnurlw", "https"));
    await service.store.close();
    expect((await json(`${pathname}${search}`)).body.reason).toBe(SAID.fault);
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toContain(search);
    await server.close();
  });
});

describe("programming by the app", () => {
  it("gives the keys of a chip once, after its card is in the ledger; its first tap puts it into use", async () => {
    const { service, reach, json, close } = await served();
    const { path, cardId } = await code(service);
    const uid = "04a1b2c3d4e5f6";
    const { body } = await json(path, posted({ UID: uid.toUpperCase() }));
    const keys = boltCardKeys(BATCH_KEY, hexToBytes(uid), 0);
    expect(body).toEqual({
      LNURLW: "lnurlw://cards.example/bolt",
      K0: bytesToHex(keys.k0),
      K1: bytesToHex(keys.k1),
      K2: bytesToHex(keys.k2),
      K3: bytesToHex(keys.k3),
      K4: bytesToHex(keys.k4),
    });
    expect((await showCard(service.store.db, cardId)).state).toBe("pending");
    for (const again of [uid, "04a1b2c3d4e5f7"])
      expect((await json(path, posted({ UID: again }))).body).toMatchObject({ status: "ERROR" });
    await fundCard(service.store, cardId, sat(100), "", service.clock.now);
    const chip = Object.assign(new TestChip(1), { uid: hexToBytes(uid) });
    const offer = await askOffer(`lnurlw://cards.example/bolt?${readingQuery(chip.read())}`, reach);
    expect(offer.maxWithdrawable).toBe(100_000);
    expect((await showCard(service.store.db, cardId)).state).toBe("active");
    await close();
  });

  it("takes a chip again only after it was wiped, and never with the same version of its keys", async () => {
    const { service, json, close } = await served();
    const [first, second] = [await code(service, "A-1"), await code(service, "A-2")];
    const UID = "04a1b2c3d4e5f6";
    await json(first.path, posted({ UID }));
    const refused = await json(second.path, posted({ UID }));
    expect(refused.body.reason).toMatch(/this chip is card .* already\. Wipe it first/);
    await wipeSunCard(service.store, first.cardId);
    // The code is still good: nothing was used up by the refusal.
    const { body } = await json(second.path, posted({ UID }));
    expect(body.K2).toBe(bytesToHex(boltCardKeys(BATCH_KEY, hexToBytes(UID), 1).k2));
    expect((await showCard(service.store.db, first.cardId)).state).toBe("blocked");
    expect(await service.violations()).toEqual([]);
    await close();
  });

  it("has one answer for a code that is used, expired or made up, and registers nothing for a bad UID", async () => {
    const { service, json, close } = await served();
    const { path } = await code(service);
    for (const body of [
      {},
      { UID: 1 },
      { UID: "04" },
      { UID: "zz".repeat(7) },
      null,
      { UID: `04${"0".repeat(2000)}` },
    ])
      expect((await json(path, posted(body))).body.reason).toMatch(/^body: need JSON/);
    const made = await json(`/bolt/program/${"A".repeat(22)}`, posted({ UID: "04a1b2c3d4e5f6" }));
    service.clock.pass(3_600_001);
    const late = await json(path, posted({ UID: "04a1b2c3d4e5f6" }));
    expect(late.body).toEqual(made.body);
    expect(late.body.reason).toMatch(/^This code is not good/);
    expect(await service.store.db.selectFrom("sun_cards").selectAll().execute()).toEqual([]);
    await close();
  });
});

describe("wiping by the app", () => {
  const tapped = (chip: TestChip) =>
    posted({ LNURLW: `lnurlw://cards.example${READ_PATH}?${readingQuery(chip.read())}` });

  it("gives the keys of each chip that is held to the phone, once its card is blocked, and again when they were lost", async () => {
    const { service, cards, json, wiping, addressOf, reach, close } = await served();
    const [one, two] = [await cards.chip(1), await cards.chip(2)];
    const path = await wiping();
    for (const chip of [one, two, one]) {
      const { k0, k4 } = boltCardKeys(BATCH_KEY, chip.uid, 0);
      expect((await json(path, tapped(chip))).body).toMatchObject({ K0: bytesToHex(k0), K4: bytesToHex(k4) });
      expect((await showCard(service.store.db, chip.cardId)).state).toBe("blocked");
    }
    await expect(askOffer(addressOf(one), reach)).rejects.toThrow(SAID.unknown);
    // The blank chip becomes another card, with keys that it never had; those of the first are given out no more.
    const { path: again } = await code(service);
    await json(again, posted({ UID: bytesToHex(one.uid) }));
    expect((await json(path, tapped(one))).body.reason).toBe(SAID.unknown);
    expect(await service.violations()).toEqual([]);
    await close();
  });

  it("is refused for another card, for a reading that was used, and when its time is over; nothing is blocked", async () => {
    const { service, cards, json, wiping, close } = await served();
    const [one, two] = [await cards.chip(1), await cards.chip(2)];
    const signing = await service.card(3);
    const face = await cards.chip(4, { faceOf: signing.cardId });
    const path = await wiping(one.cardId);
    expect((await json(path, tapped(two))).body.reason).toBe(SAID.otherCard);
    const used = tapped(one);
    one.read();
    await cards.read(one);
    expect((await json(path, used)).body.reason).toBe(SAID.older);
    for (const body of [{}, { LNURLW: "lnurlw://cards.example/bolt" }, { UID: bytesToHex(one.uid) }, null])
      expect((await json(path, posted(body))).body.reason).toBe(SAID.badReading);
    expect(
      (await json(`${path.slice(0, -1)}${path.endsWith("0") ? "1" : "0"}`, tapped(one))).body.reason,
    ).toBe(SAID.badLink);
    expect((await json(await wiping(), tapped(face))).body.reason).toMatch(/is the second face of card/);
    const { k1 } = await cards.read(one);
    expect((await json(`/bolt/wipe/${k1}`, tapped(one))).body.reason).toBe(SAID.badLink);
    service.clock.pass(3_601_000);
    expect((await json(path, tapped(one))).body.reason).toBe(SAID.badLink);
    for (const { cardId } of [one, two, face])
      expect((await showCard(service.store.db, cardId)).state).toBe("active");
    await close();
  });
});
