import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { cashOutCard, fundCard, showCard, unblockCard } from "../../issuer/ledger/index.js";
import { recordPack } from "../../issuer/ledger/packs.js";
import type { Store, StoreKind } from "../../issuer/store/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { packRow } from "../../testing/issuer/offline.js";
import { Bench, type Service, START, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const KINDS: readonly StoreKind[] = ["sqlite", "postgres"];

/** Every change of this kind of a table fails. @returns ends it */
async function broken({ db, kind }: Store, change: string, table: string): Promise<() => Promise<unknown>> {
  const run = (text: string) => sql.raw(text).execute(db);
  if (kind === "sqlite") {
    await run(`create trigger broken before ${change} on ${table} begin select raise(abort, 'broken'); end`);
    return () => run("drop trigger broken");
  }
  await run(
    "create or replace function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$",
  );
  await run(`create trigger broken before ${change} on ${table} for each row execute function broken()`);
  return () => run(`drop trigger broken on ${table}`);
}

/** A card with a credit and no money. */
async function emptied(service: Service): Promise<SigningCard> {
  const card = new SigningCard(1, new Uint8Array(16).fill(0x33), sat(20_000));
  card.certificate = { offlineLimit: sat(2000), validUntil: START / 1000 + 5 * 86_400 };
  await service.register(card);
  await cashOutCard(service.store, card.cardId, "", service.clock.now);
  await unblockCard(service.store, card.cardId, service.clock.now);
  return card;
}

async function start(kind: StoreKind): Promise<Service> {
  const guarantee = { perCard: "5000sat", total: "8000sat" };
  const service = await startService(bench, kind, { offline: { guarantee } });
  await recordPack(service.store, packRow());
  return service;
}

const owed = async ({ store }: Service, card: SigningCard) => (await showCard(store.db, card.cardId)).owed;

describe.each(KINDS)("a statement of the guarantee that fails on %s", (kind) => {
  it.each([
    ["insert", "authorizations"],
    ["insert", "leases"],
    ["insert", "bookings"],
    ["insert", "guarantees"],
    ["update", "guarantee_total"],
    ["update", "accounts"],
    ["update", "totals"],
  ])(
    "at the decision (%s of %s) lends nothing, says nothing, and the token is paid when it comes again",
    async (change, table) => {
      await using service = await start(kind);
      const card = await emptied(service);
      const end = await broken(service.store, change, table);
      const { token, invoice, outcome, reason } = await service.tap(card, 1, sat(1000));
      expect([outcome, reason, service.node.calls]).toEqual(["accepted", undefined, 0]);
      expect(await owed(service, card)).toBe(0n);
      expect(await service.violations()).toEqual([]);
      await end();
      await service.present(token, invoice);
      expect([await owed(service, card), service.node.calls]).toEqual([sat(1000), 1]);
    },
  );

  it.each([
    ["delete", "leases"],
    ["update", "authorizations"],
    ["insert", "bookings"],
    ["insert", "limits"],
    ["update", "accounts"],
    ["update", "guarantee_total"],
  ])(
    "when the payment has failed (%s of %s) keeps the loan until it is released, once",
    async (change, table) => {
      await using service = await start(kind);
      const card = await emptied(service);
      service.node.set(1, "fail");
      await service.tap(card, 1, sat(1000));
      // It is tried until its invoice has expired.
      await service.reconciler.run();
      service.clock.pass(3_700_000 + service.config.expiryMarginMs);
      const end = await broken(service.store, change, table);
      await service.reconciler.run().catch(() => undefined);
      expect(await owed(service, card)).toBe(sat(1000));
      expect(await service.violations()).toEqual([]);
      await end();
      service.clock.pass(3_700_000);
      await service.reconciler.run();
      await service.reconciler.run();
      expect(await owed(service, card)).toBe(0n);
    },
  );

  it.each([
    ["insert", "operations"],
    ["insert", "bookings"],
    ["insert", "limits"],
    ["update", "accounts"],
    ["update", "guarantee_total"],
  ])("at a top-up (%s of %s) books neither the top-up nor what it settles", async (change, table) => {
    await using service = await start(kind);
    const card = await emptied(service);
    await service.tap(card, 1, sat(1000));
    const end = await broken(service.store, change, table);
    const topUp = () => fundCard(service.store, card.cardId, sat(400), "", service.clock.now);
    await expect(topUp()).rejects.toThrow();
    expect(await owed(service, card)).toBe(sat(1000));
    expect(await service.violations()).toEqual([]);
    await end();
    await topUp();
    expect(await owed(service, card)).toBe(sat(600));
  });
});
