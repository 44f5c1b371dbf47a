import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { PageDoor } from "../../issuer/card-page/page-door.js";
import {
  blockCard,
  findCardPage,
  isOpenPage,
  registerCard,
  replaceCard,
  revokeCardPage,
  setCardPage,
  showCard,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { newPageSecret, pageHashes, pageSecretHash } from "../../keys/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, type Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const CODE = "12345678";
const WRONG = "87654321";
const HERE = "192.0.2.1";
const MINUTE = 60_000;

/** A door that counts the codes it hashes; hashing itself has its own test. */
function door(service: Service, store: Store = service.store) {
  let hashes = 0;
  const opened = new PageDoor({
    store,
    clock: service.clock.read,
    // The queue paces by it: every reading is a second later.
    monotonic: (() => {
      let now = 0;
      return () => (now += 1000);
    })(),
    codeHash: async (secret, code) => {
      hashes++;
      return fastHash(secret, code);
    },
  });
  return { open: opened.open.bind(opened), close: () => opened.close(), hashes: () => hashes };
}

const fastHash = (secret: string, code: string) => pageSecretHash(newSecretOf(`${secret}|${code}`));
const newSecretOf = (text: string) =>
  newPageSecret((length) => Buffer.from(Buffer.from(text).toString("base64")).subarray(-length));
const hashesOf = (secret: string) => ({
  secretHash: pageSecretHash(secret),
  codeHash: fastHash(secret, CODE),
});

describe.each(["sqlite", "postgres"] as const)("the page of a card, on %s", (kind) => {
  async function page() {
    const service = await startService(bench, kind);
    const { cardId } = await service.card(1);
    const secret = newPageSecret();
    await setCardPage(service.store, cardId, hashesOf(secret), service.clock.now);
    return { service, cardId, secret, [Symbol.asyncDispose]: () => service.close() };
  }

  it("opens to its secret and code, and to nothing else", async () => {
    await using on = await page();
    const { service, cardId, secret } = on;
    const { open } = door(service);
    expect(await open(secret, CODE, HERE)).toMatchObject({ kind: "open", card: cardKey(cardId) });
    for (const [given, code] of [
      [secret, WRONG],
      [newPageSecret(), CODE],
      [secret.toLowerCase(), CODE],
      [`${secret}=`, CODE],
      ["", ""],
      [secret, ""],
    ] as const)
      expect([given, code, await open(given, code, HERE)]).toEqual([given, code, { kind: "wrong" }]);
  });

  it("does the same work for a wrong code, a secret that is no page's and one that was revoked", async () => {
    await using on = await page();
    const { service, cardId, secret } = on;
    const { open, hashes } = door(service);
    const workOf = async (given: string) => {
      const before = { queries: service.store.queries(), hashes: hashes() };
      const answer = await open(given, WRONG, "198.51.100.7");
      return {
        answer,
        queries: service.store.queries() - before.queries,
        hashes: hashes() - before.hashes,
      };
    };
    const wrong = await workOf(secret);
    expect(wrong).toMatchObject({ answer: { kind: "wrong" }, hashes: 1 });
    expect(await workOf(newPageSecret())).toEqual(wrong);
    await revokeCardPage(service.store, cardId, service.clock.now);
    expect(await workOf(secret)).toEqual(wrong);
    expect(await open(secret, CODE, "203.0.113.9")).toEqual({ kind: "wrong" });
  });

  it("lets no number of requests at once have more than the tries that are left", async () => {
    await using on = await page();
    const { service, secret } = on;
    // Two processes on one ledger, and more requests than one queue takes.
    const doors = [door(service), door(service)];
    const ask = () =>
      Promise.all(doors.flatMap(({ open }) => [1, 2, 3].map(() => open(secret, WRONG, HERE))));
    const kinds = (await ask()).map(({ kind }) => kind);
    expect(kinds.filter((one) => one === "wrong").length).toBe(3);
    expect(kinds.filter((one) => one === "locked").length).toBe(3);
    expect(doors[0]?.hashes()).toBeLessThanOrEqual(3);
    expect(doors.reduce((sum, { hashes }) => sum + hashes(), 0)).toBe(3);
    expect(await doors[0]?.open(secret, CODE, HERE)).toMatchObject({ kind: "locked" });
  });

  it("locks longer after each wrong code, also after a restart, and tries meanwhile make no lock longer", async () => {
    await using on = await page();
    const { service, secret } = on;
    const { clock } = service;
    for (let i = 0; i < 3; i++)
      expect(await door(service).open(secret, WRONG, HERE)).toEqual({ kind: "wrong" });
    for (const minutes of [1, 5, 15, 60, 60]) {
      const untilMs = clock.now + minutes * MINUTE;
      for (let i = 0; i < 4; i++)
        expect(await door(service).open(secret, CODE, HERE)).toEqual({ kind: "locked", untilMs });
      clock.pass(minutes * MINUTE);
      if (minutes === 60) break;
      expect(await door(service).open(secret, WRONG, HERE)).toEqual({ kind: "wrong" });
    }
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "open" });
    // A right code: all tries are there again.
    for (let i = 0; i < 3; i++)
      expect(await door(service).open(secret, WRONG, HERE)).toEqual({ kind: "wrong" });
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "locked" });
    clock.pass(24 * 60 * MINUTE + 1);
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "open" });
  });

  it("stays open to its holder while one network floods it with wrong codes", async () => {
    await using on = await page();
    const { service, secret } = on;
    for (let hour = 0; hour < 24; hour++) {
      for (let i = 0; i < 10; i++) await door(service).open(secret, WRONG, "203.0.113.66");
      service.clock.pass(60 * MINUTE);
    }
    for (let i = 0; i < 10; i++) await door(service).open(secret, WRONG, "203.0.113.66");
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "open" });
  });

  it("lets many networks together have 20 wrong codes at once, then one in three minutes", async () => {
    await using on = await page();
    const { service, secret } = on;
    const { clock } = service;
    const from = async (count: number) => {
      const { open, hashes } = door(service);
      for (let i = 0; i < count; i++) await open(secret, WRONG, `2001:db8:${i}`);
      return hashes();
    };
    const start = clock.now;
    expect(await from(40)).toBe(20);
    expect(await door(service).open(secret, CODE, HERE)).toEqual({
      kind: "locked",
      untilMs: start + 3 * MINUTE,
    });
    clock.pass(3 * MINUTE);
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "open" });
    // The right code was no wrong one: the try is there for the next.
    expect(await from(40)).toBe(1);
    clock.pass(30 * MINUTE);
    expect(await from(40)).toBe(10);
    expect((await verifyLedger(service.store)).violations).toEqual([]);
  });

  it("counts what is tried on a secret that no page has like the others", async () => {
    await using on = await page();
    const { open } = door(on.service);
    const secret = newPageSecret();
    for (let i = 0; i < 3; i++) expect(await open(secret, WRONG, HERE)).toEqual({ kind: "wrong" });
    expect(await open(secret, WRONG, HERE)).toEqual({
      kind: "locked",
      untilMs: on.service.clock.now + MINUTE,
    });
  });

  it("renewed opens to the new secret alone, with all its tries", async () => {
    await using on = await page();
    const { service, cardId, secret } = on;
    for (let i = 0; i < 4; i++) await door(service).open(secret, WRONG, HERE);
    const fresh = newPageSecret();
    await setCardPage(service.store, cardId, hashesOf(fresh), service.clock.now);
    const { open } = door(service);
    expect(await open(fresh, CODE, HERE)).toMatchObject({ kind: "open" });
    expect(await open(secret, CODE, HERE)).toEqual({ kind: "wrong" });
    expect(await isOpenPage(service.store.db, cardKey(cardId), pageSecretHash(secret))).toBe(false);
    expect(await isOpenPage(service.store.db, cardKey(cardId), pageSecretHash(fresh))).toBe(true);
  });

  it("is of its card alone, and none is made for a card that was replaced", async () => {
    await using on = await page();
    const { service, cardId, secret } = on;
    const { store, clock } = service;
    const other = await service.card(2);
    await blockCard(store, cardId, clock.now);
    await replaceCard(store, cardId, other.cardId, clock.now);
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({
      kind: "open",
      card: cardKey(cardId),
    });
    await expect(setCardPage(store, cardId, hashesOf(newPageSecret()), clock.now)).rejects.toMatchObject({
      code: "wrong-state",
    });
    await expect(revokeCardPage(store, other.cardId, clock.now)).rejects.toMatchObject({
      code: "wrong-state",
    });
    await revokeCardPage(store, cardId, clock.now);
    await revokeCardPage(store, cardId, clock.now + 5);
    expect((await findCardPage(store.db, cardId))?.revoked_at).toBe(BigInt(clock.now));
  });
});

describe("a statement about a page that fails", () => {
  /** A page, and a server that refuses each insert into a table until it is mended. */
  async function failing(table: string) {
    const service = await startService(bench, "postgres");
    const { cardId } = await service.card(1);
    const secret = newPageSecret();
    await setCardPage(service.store, cardId, hashesOf(secret), service.clock.now);
    await sql`create function fail() returns trigger language plpgsql as
      $$ begin raise 'no room' using errcode = '53100'; end $$`.execute(service.store.db);
    await sql`create trigger failing before insert on ${sql.table(table)}
      for each row execute function fail()`.execute(service.store.db);
    const mend = () => sql`drop function fail cascade`.execute(service.store.db);
    return { service, cardId, secret, mend, [Symbol.asyncDispose]: () => service.close() };
  }

  it("while a try is counted lets no code be compared", async () => {
    await using on = await failing("card_page_tries");
    const { open, hashes } = door(on.service);
    await expect(open(on.secret, CODE, HERE)).rejects.toMatchObject({ code: "full" });
    expect(hashes()).toBe(0);
    await on.mend();
    expect(await open(on.secret, CODE, HERE)).toMatchObject({ kind: "open" });
  });

  it("while another secret is made leaves the page as it was, with its tries", async () => {
    await using on = await failing("card_pages");
    const { service, cardId, secret } = on;
    await door(service).open(secret, WRONG, HERE);
    const before = await service.store.db.selectFrom("card_page_tries").selectAll().execute();
    expect(before.length).toBe(1);
    const fresh = hashesOf(newPageSecret());
    await expect(setCardPage(service.store, cardId, fresh, service.clock.now)).rejects.toMatchObject({
      code: "full",
    });
    expect(await service.store.db.selectFrom("card_page_tries").selectAll().execute()).toEqual(before);
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "open" });
    await on.mend();
  });

  it("at any point of a registration leaves neither card nor page", async () => {
    await using on = await failing("card_pages");
    const { store, clock } = on.service;
    const card = new SigningCard(9, new Uint8Array(16));
    const registration = { ...card.registration(), page: hashesOf(newPageSecret()) };
    await expect(registerCard(store, registration, clock.now)).rejects.toMatchObject({ code: "full" });
    await expect(showCard(store.db, card.cardId)).rejects.toMatchObject({ code: "unknown-card" });
    await on.mend();
    await registerCard(store, registration, clock.now);
    expect(await findCardPage(store.db, card.cardId)).toMatchObject({ revoked_at: null });
    expect((await verifyLedger(store)).violations).toEqual([]);
  });

  it("or process that ends after a try was counted has used it up", async () => {
    await using service = await startService(bench, "sqlite");
    const { cardId } = await service.card(1);
    const secret = newPageSecret();
    await setCardPage(service.store, cardId, hashesOf(secret), service.clock.now);
    const dying = () =>
      new PageDoor({
        store: service.store,
        clock: service.clock.read,
        codeHash: () => Promise.reject(new Error("gone")),
      });
    for (let i = 0; i < 3; i++) await expect(dying().open(secret, WRONG, HERE)).rejects.toThrow("gone");
    expect(await door(service).open(secret, CODE, HERE)).toMatchObject({ kind: "locked" });
  });
});

it("a ledger has neither secret nor code of a page, and its hashes tell nothing without the secret", async () => {
  await using service = await startService(bench, "sqlite");
  const { cardId } = await service.card(1);
  const secret = newPageSecret();
  const hashes = await pageHashes(secret, CODE);
  await setCardPage(service.store, cardId, hashes, service.clock.now);
  const same = new PageDoor({ store: service.store, clock: service.clock.read });
  expect(await same.open(secret, WRONG, HERE)).toEqual({ kind: "wrong" });
  expect(await same.open(secret, CODE, HERE)).toMatchObject({ kind: "open" });
  const row = await findCardPage(service.store.db, cardId);
  const kept = Buffer.concat([row?.secret_hash ?? Buffer.alloc(0), row?.code_hash ?? Buffer.alloc(0)]);
  expect(kept.includes(Buffer.from(secret, "base64url"))).toBe(false);
  // The same code under another secret: a table made for one helps with no other.
  const other = await pageHashes(newPageSecret(), CODE);
  expect(Buffer.from(other.codeHash).equals(Buffer.from(hashes.codeHash))).toBe(false);
});
