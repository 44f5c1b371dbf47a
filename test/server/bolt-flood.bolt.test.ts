import { randomBytes } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { boltCardsConfigSchema } from "../../issuer/bolt-cards/config.js";
import { PAY_PATH, READ_PATH } from "../../issuer/bolt-cards/programming.js";
import { SAID } from "../../issuer/bolt-cards/sentences.js";
import { showCard } from "../../issuer/ledger/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { serveBoltCards } from "../../server/bolt-cards/serve.js";
import { readingQuery } from "../../testing/cards/test-chip.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { Bench, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const TOKENS = 12;
/** Requests that are there at once: more than the listener works on. */
const FLOODERS = 60;
const MAX_PENDING = 40;
const NO_RATE = { perSecond: 1e6, burst: 1e6 };
const hex = (length: number): string => bytesToHex(randomBytes(length));

it.each(["sqlite", "postgres"] as const satisfies StoreKind[])(
  "every token is decided and paid while requests for Bolt Cards flood in, on %s",
  async (kind) => {
    const service = await startService(bench, kind);
    const limits = { rate: NO_RATE, addressRate: NO_RATE, maxPending: MAX_PENDING };
    const cards = await BoltCards.open(service, await bench.keys(), limits);
    const faults: string[] = [];
    const config = boltCardsConfigSchema.parse({ address: "https://cards.example", ...limits });
    const server = await serveBoltCards(
      { host: "127.0.0.1", port: 0, names: [] },
      {
        desk: cards.desk,
        config,
        program: async () => undefined,
        wipe: async () => "",
        onFault: (what) => void faults.push(what),
      },
    );
    const chip = await cards.chip(1);
    const known = readingQuery(chip.read());
    /** Genuine, repeated, forged and of nobody; callbacks of nobody for an invoice that is real. */
    const asked = [
      () => `${READ_PATH}?${readingQuery(chip.read())}`,
      () => `${READ_PATH}?${known}`,
      () => `${READ_PATH}?p=${known.slice(2, 34)}&c=${hex(8)}`,
      () => `${READ_PATH}?p=${hex(16)}&c=${hex(8)}`,
      () => `${PAY_PATH}?k1=${hex(32)}&pr=${invoice}`,
    ];
    const invoice = service.invoice(900, sat(5));
    const card = await service.card(1);
    const said = new Set<string>();
    let isOver = false;
    let answered = 0;
    const flood = Array.from({ length: FLOODERS }, async (_, at) => {
      for (let n = at; !isOver; n++) {
        const response = await fetch(new URL(asked[n % asked.length]?.() ?? "", server.url));
        const body = (await response.json()) as Record<string, unknown>;
        said.add(body.tag === "withdrawRequest" ? "an offer" : `${response.status} ${body.reason}`);
        answered++;
      }
    });
    const decided: string[] = [];
    const answers: number[] = [];
    try {
      for (let serial = 1; serial <= TOKENS; serial++) {
        // The flood is there before each token, and goes on behind it.
        const before = answered;
        await expect.poll(() => answered, { timeout: 30_000 }).toBeGreaterThan(before + FLOODERS);
        const { outcome } = await service.tap(card, serial, sat(10));
        decided.push(outcome);
        answers.push(answered);
      }
    } finally {
      isOver = true;
      await Promise.all(flood);
    }
    // The listener worked on the flood, and refused what was too much.
    const refused = [SAID.older, SAID.unknown, SAID.badK1, SAID.busy].map((reason) => `200 ${reason}`);
    expect([...said]).toEqual(expect.arrayContaining(["an offer", ...refused]));
    expect(new Set(decided)).toEqual(new Set(["accepted"]));
    expect(new Set(answers).size).toBe(TOKENS);
    await expect
      .poll(async () => (await showCard(service.store.db, card.cardId)).spent)
      .toBe(sat(10 * TOKENS));
    // Nobody was paid for the flood, and nothing of it is left in work.
    expect((await showCard(service.store.db, chip.cardId)).spent).toBe(0n);
    expect(service.node.sent.size).toBe(TOKENS);
    expect(service.authorizer.pending).toBe(0);
    expect(faults).toEqual([]);
    expect(await service.violations()).toEqual([]);
    await server.close();
    await service.close();
  },
  120_000,
);
