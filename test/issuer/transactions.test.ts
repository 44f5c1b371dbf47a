import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import { lockAccount, saveAccount } from "../../issuer/ledger/accounts.js";
import type { Facts } from "../../issuer/ledger/facts.js";
import { fundCard, registerCard, showCard } from "../../issuer/ledger/index.js";
import { record } from "../../issuer/ledger/record.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { openPostgres, StoreError, type StoreKind } from "../../issuer/store/index.js";
import { insertMany } from "../../issuer/store/many.js";
import { SCHEMA_VERSION } from "../../issuer/store/migrations/index.js";
import type { Store, Tx } from "../../issuer/store/types.js";
import { cardKey } from "../../issuer/store/values.js";
import type { VerifiedAuthorization } from "../../issuer/verify.js";
import { REASON } from "../../lightning/api/reasons.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, START } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const signingCard = new SigningCard(1, new Uint8Array(16));
const KINDS: readonly StoreKind[] = ["sqlite", "postgres"];

async function withStore<T>(kind: StoreKind, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await bench.open(kind, await bench.location(kind));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Facts of a card of which nothing is known. */
const UNKNOWN: Omit<Facts, "account"> = {
  policy: parsePolicy({}),
  acknowledged: undefined,
  known: undefined,
  gap: undefined,
  permitted: false,
  paymentTaken: false,
  spent24h: msat(0n),
  spent30d: msat(0n),
  pending: undefined,
  paidUnmatched: undefined,
  fees: { fees24h: 0n, fees30d: 0n },
  inFlight: 0,
  offline: undefined,
};

const SETTING = insertMany("settings", { name: "text", value: "text" }, "name");
const put = (tx: Tx, name: string) => tx.insertInto("settings").values({ name, value: "x" }).execute();
const putMany = (store: Store, tx: Tx, name: string) => {
  const rows = [{ name, value: "x" }];
  return store.many.changeAll(tx, { statement: SETTING, rows });
};
const names = async (store: Store) =>
  (await store.db.selectFrom("settings").select("name").orderBy("name").execute()).map(({ name }) => name);

describe.each(KINDS)("transactions on %s", (kind) => {
  it.each<[string, (store: Store, tx: Tx) => Promise<unknown>[]]>([
    ["two queries", (_store, tx) => [put(tx, "one"), put(tx, "two")]],
    ["two bulk statements", (store, tx) => [putMany(store, tx, "one"), putMany(store, tx, "two")]],
    ["a query and a bulk statement", (store, tx) => [put(tx, "one"), putMany(store, tx, "two")]],
    ["a bulk statement and a query", (store, tx) => [putMany(store, tx, "one"), put(tx, "two")]],
  ])("refuse %s at once, and keep neither", async (_name, start) => {
    await withStore(kind, async (store) => {
      const together = store.write((tx) => Promise.all(start(store, tx)));
      await expect(together).rejects.toMatchObject({
        code: "internal",
        message: expect.stringMatching(/while another/),
      });
      expect(await names(store)).toEqual([]);
      await store.write((tx) => put(tx, "later"));
      expect(await names(store)).toEqual(["later"]);
    });
  });

  it("keep nothing when the refusal of a second statement is ignored", async () => {
    await withStore(kind, async (store) => {
      const together = store.write((tx) => Promise.allSettled([put(tx, "one"), put(tx, "two")]));
      await expect(together).rejects.toMatchObject({ code: "internal" });
      expect(await names(store)).toEqual([]);
    });
  });

  it("take no statement and no commit after one has failed", async () => {
    await withStore(kind, async (store) => {
      let second: unknown;
      const work = store.write(async (tx) => {
        await put(tx, "one");
        await sql`insert into nowhere values (1)`.execute(tx).catch(() => {});
        second = await put(tx, "two").catch((error: unknown) => error);
      });
      await expect(work).rejects.toThrow();
      expect(second).toBeInstanceOf(Error);
      expect(await names(store)).toEqual([]);
    });
  });

  it("are done again ten times at most while another process is in the way", async () => {
    await withStore(kind, async (store) => {
      let attempts = 0;
      const work = store.write(async (tx) => {
        attempts++;
        await put(tx, "one");
        throw new StoreError("locked", "in the way");
      });
      await expect(work).rejects.toMatchObject({ code: "locked" });
      expect(attempts).toBe(10);
      expect(await names(store)).toEqual([]);
    });
  });

  it("an account is not written over a version that was not read", async () => {
    await withStore(kind, async (store) => {
      await registerCard(store, signingCard.registration(), START);
      const stale = await store.write((tx) => lockAccount(store, tx, cardKey(signingCard.cardId)));
      await fundCard(store, signingCard.cardId, sat(5), "", START);
      const { funded } = await showCard(store.db, signingCard.cardId);
      let attempts = 0;
      const write = store.write(async (tx) => {
        attempts++;
        await saveAccount(tx, { ...stale });
      });
      await expect(write).rejects.toMatchObject({ code: "locked" });
      expect(attempts).toBe(10);
      expect((await showCard(store.db, signingCard.cardId)).funded).toBe(funded);
    });
  });
});

describe.each(KINDS)("a group of decisions on %s", (kind) => {
  it("is not written over an account that was changed since it was read", async () => {
    await withStore(kind, async (store) => {
      await registerCard(store, signingCard.registration(), START);
      const { account, ...rest } = await store.write(async (tx) => {
        const stale = await lockAccount(store, tx, cardKey(signingCard.cardId));
        return { account: { ...stale, sequence: 1n }, ...UNKNOWN };
      });
      await fundCard(store, signingCard.cardId, sat(5), "", START);
      const before = await showCard(store.db, signingCard.cardId);
      // The card shows a newer update than the account knows of: that alone is to be written.
      const facts: Facts = { ...rest, account, acknowledged: 1n };
      const authorization = { card: account.card } as VerifiedAuthorization;
      const decision = { kind: "refuse", reason: REASON.TOKEN_NOT_ACCEPTED } as const;
      const lease = { node: 1n, owner: 1n, until: 0n };
      const ceiling = { node: 1n, payments: 0n, fees: 0n };
      const terms = { lease, ceiling, freed: [], settledDebt: 0n, maxOwed: 0n };
      const work = store.write((tx) =>
        record(store, tx, [{ authorization, facts, decision }], terms, BigInt(START)),
      );
      await expect(work).rejects.toMatchObject({ code: "locked" });
      expect(await showCard(store.db, signingCard.cardId)).toEqual(before);
    });
  });
});

describe("transactions on postgres", () => {
  const LEVELS = ["read uncommitted", "read committed", "repeatable read", "serializable"];
  const withDefault = (url: string, level: string) =>
    `${url}&options=${encodeURIComponent(`-c default_transaction_isolation=${level.replace(" ", "\\ ")}`)}`;

  it.each(LEVELS)("have their own isolation where the server's default is %s", async (level) => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({ url: withDefault(url, level) });
    const show = async (tx: Tx | Store["db"]) =>
      (await sql<{ level: string }>`select current_setting('transaction_isolation') as level`.execute(tx))
        .rows[0]?.level;
    expect(await show(store.db)).toBe(level);
    expect(await store.write(show)).toBe("read committed");
    expect(await store.read(show)).toBe("repeatable read");
    await store.close();
  });

  it.each(LEVELS)("two services start at once on an empty database whose default is %s", async (level) => {
    const server = await bench.server();
    for (let round = 0; round < 3; round++) {
      const url = withDefault(await server.database(), level);
      const stores = await Promise.all([1, 2, 3].map(() => openPostgres({ url, connections: 1 })));
      const [store] = stores as [Store, ...Store[]];
      const { rows } = await sql`select version from schema_version`.execute(store.db);
      expect(rows).toHaveLength(SCHEMA_VERSION);
      for (const each of stores) await each.close();
    }
  });

  it("that wait for each other in a circle both come to their end", async () => {
    const url = await (await bench.server()).database();
    const [one, two] = [await openPostgres({ url }), await openPostgres({ url })];
    await one.write(async (tx) => {
      await put(tx, "a");
      await put(tx, "b");
    });
    let arrived = 0;
    let meet = () => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const change = (store: Store, order: readonly string[], value: string) =>
      store.write(async (tx) => {
        for (const name of order) {
          await tx.updateTable("settings").set({ value }).where("name", "=", name).execute();
          if (++arrived === 2) meet();
          await both;
        }
      });
    await Promise.all([change(one, ["a", "b"], "one"), change(two, ["b", "a"], "two")]);
    expect(arrived).toBeGreaterThan(4);
    const rows = await one.db.selectFrom("settings").select("value").distinct().execute();
    expect(rows).toHaveLength(1);
    await one.close();
    await two.close();
  });
});
