import { execFileSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { expect } from "vitest";
import { sat } from "../../common/index.js";
import { blockCard, countPageTry, placeOrder, replaceCard } from "../../issuer/ledger/index.js";
import { registerCard } from "../../issuer/ledger/registry.js";
import { SCHEMA_VERSION } from "../../issuer/store/migrations/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { KeySource } from "../../keys/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { type Bench, type Service, startService } from "../../testing/issuer/service.js";
import type { Behaviour } from "../../testing/nodes/scripted-node.js";

/** What the cards of a frozen ledger have, in the order of their ids. */
const FROZEN_CARDS = [
  { state: "active", funded: 20_000_000n, spent: 5_000_000n, voided: 3_000_000n },
  { state: "retired", funded: 7_000_000n, spent: 7_000_000n, voided: 0n },
  { state: "blocked", funded: 33_000_000n, spent: 0n, voided: 0n },
  { state: "pending", funded: 20_000_000n, spent: 0n, voided: 0n },
];

/** The same of the Bolt Cards, which come first and are there since version 10. */
const FROZEN_BOLT_CARDS = [
  { state: "active", funded: 20_000_000n, spent: 900_000n, voided: 100_000n },
  { state: "blocked", funded: 20_000_000n, spent: 0n, voided: 0n },
];

/** The cards of a frozen ledger of a version. */
export const frozenCards = (version: number) =>
  version < 10 ? FROZEN_CARDS : [...FROZEN_BOLT_CARDS, ...FROZEN_CARDS];

/** Something of everything: each state of a card, an authorization and a gap, a clone, an operation of each kind. */
export async function fillLedger(service: Service, keys: KeySource): Promise<void> {
  const { store, clock, node } = service;
  const card = await service.card(1, sat(20_000), { maxPer24h: "100000sat" });
  const tap = async (serial: number, amount: number, behaviour: Behaviour) => {
    node.set(serial, behaviour);
    await service.tap(card, serial, sat(amount));
  };
  await tap(1, 1000, "settle");
  await tap(2, 1000, "fail");
  card.authorize(service.invoice(3, sat(2000)), sat(2000));
  await tap(4, 4000, "stuck");
  clock.now += 24 * 3_600_000;
  await service.reconciler.run();
  card.authorize(service.invoice(5, sat(500)), sat(500));
  await service.identify(card);

  const lost = await service.card(2);
  await service.tap(lost, 6, sat(7000));
  const fresh = await service.card(3, sat(19_000));
  await replaceCard(store, lost.cardId, fresh.cardId, clock.now);
  const refund = await service.refund(6, sat(1000), 1);
  service.pay(refund?.invoice, true);
  await service.refunds.resolve();
  await service.refund(6, sat(500), 2);
  await blockCard(store, fresh.cardId, clock.now);
  const invoice = service.invoice(7, sat(1));
  const hash = invoiceHash(invoice);
  await service.present(
    fresh.token({
      counter: 1,
      amount: sat(1),
      authorizedTotal: sat(19),
      updateSequence: 9,
      invoiceHash: hash,
    }),
    invoice,
  );
  const unused = new SigningCard(4, card.sealKey);
  const page = { secretHash: new Uint8Array(32).fill(0x51), codeHash: new Uint8Array(32).fill(0xc0) };
  await registerCard(store, { ...unused.registration(), page }, clock.now);
  const visitor = new Uint8Array(32).fill(0x71);
  await countPageTry(store, { ...page, visitor }, { tries: 0, lockedUntil: 0 }, clock.now);
  const { cardId } = unused;
  await placeOrder(store, "typo", { kind: "top-up", cardId, amount: sat(700), note: "" }, clock.now);
  const cards = await BoltCards.open(service, keys);
  const chip = await cards.chip(1, { pin: "4711" });
  const leases = store.db.selectFrom("leases").select("counter").where("card", "=", cardKey(chip.cardId));
  const inPeace = () => expect.poll(() => leases.execute()).toEqual([]);
  await cards.tap(chip, 18, sat(900));
  await inPeace();
  node.set(19, "fail");
  await cards.tap(chip, 19, sat(100));
  await inPeace();
  const face = await cards.chip(2, { faceOf: card.cardId });
  await cards.read(face);
  const { p, c } = face.readingOf(1);
  await cards.desk.read(p, c);
  await placeOrder(store, "no-typo", { kind: "reverse", cardId, operation: 2n, note: "" }, clock.now);
}

/** Writes the frozen ledgers of the current version; done once, when a version is released. */
export async function freezeLedgers(bench: Bench, directory: string): Promise<void> {
  const location = await bench.location("sqlite");
  const lite = await startService(bench, "sqlite", {}, {}, location);
  await fillLedger(lite, await bench.keys());
  await sql`pragma wal_checkpoint(truncate)`.execute(lite.store.db);
  await sql`vacuum`.execute(lite.store.db);
  await sql`pragma journal_mode = delete`.execute(lite.store.db);
  await lite.close();
  copyFileSync(location, join(directory, `issuer-v${SCHEMA_VERSION}.sqlite`));

  const server = await bench.server();
  const url = await server.database();
  const full = await startService(bench, "postgres", {}, {}, url);
  await fillLedger(full, await bench.keys());
  await full.close();
  const dump = execFileSync(
    join(server.bin, "pg_dump"),
    ["--no-owner", "--no-privileges", "--inserts", url],
    {
      encoding: "utf8",
      ...server.as,
      cwd: "/",
    },
  );
  // Commands of psql, and settings that an older server does not know, are not SQL.
  const statements = dump
    .split("\n")
    .filter((line) => !/^(\\|--|SET |SELECT pg_catalog\.set_config)/.test(line));
  writeFileSync(
    join(directory, `issuer-v${SCHEMA_VERSION}.sql`),
    statements.join("\n").replace(/\n{2,}/g, "\n"),
  );
}
