import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, sat, secp256k1 } from "../../common/index.js";
import { activateCard, fundCard, listCards, registerCard, verifyLedger } from "../../issuer/ledger/index.js";
import { bindStore, listNodes, openPostgres, openSqlite, type Store } from "../../issuer/store/index.js";
import { MIGRATIONS, SCHEMA_VERSION } from "../../issuer/store/migrations/index.js";
import { cardIdOf, cardKey, loadLimit, nodeKey, storeLimit } from "../../issuer/store/values.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, NODE_ID, START } from "../../testing/issuer/service.js";
import { frozenCards } from "./frozen-ledger.js";

const bench = new Bench();
afterAll(() => bench.close());

const FROZEN = join(import.meta.dirname, "../frozen");
const file = () => join(bench.directory(), "issuer.sqlite");
const card = (number: number) => new SigningCard(number, new Uint8Array(16)).registration();
const balances = async (store: Store) =>
  (await listCards(store.db)).map(({ state, funded, spent, voided }) => ({ state, funded, spent, voided }));

describe("a SQLite ledger", () => {
  it("is for its owner alone, also its log, and synced at every commit", async () => {
    const path = file();
    const store = await openSqlite({ path });
    await registerCard(store, card(1), START);
    for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    const settings = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(store.db);
    const sync = await sql<{ synchronous: bigint }>`pragma synchronous`.execute(store.db);
    expect([settings.rows[0]?.journal_mode, sync.rows[0]?.synchronous]).toEqual(["wal", 2n]);
    await store.close();
  });

  it("is tightened when others could read it", async () => {
    const path = file();
    await (await openSqlite({ path })).close();
    const { chmodSync } = await import("node:fs");
    chmodSync(path, 0o644);
    await (await openSqlite({ path })).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each<[string, string, (path: string) => void]>([
    [
      "text instead of a database",
      "damaged",
      (path) => writeFileSync(path, "these are not the bytes of a ledger"),
    ],
    [
      "cut in the middle",
      "damaged",
      (path) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096),
    ],
    [
      "overwritten in the middle",
      "damaged",
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0x5a, 4096 + 8);
        writeFileSync(path, bytes);
      },
    ],
    [
      "another program's",
      "foreign",
      (path) => {
        writeFileSync(path, "");
        const other = new Database(path);
        other.exec("create table notes (text)");
        other.close();
      },
    ],
    [
      "a newer release's",
      "newer-version",
      (path) => {
        const newer = new Database(path);
        newer.prepare("insert into schema_version values (?, 'later')").run(SCHEMA_VERSION + 1);
        newer.close();
      },
    ],
  ])("%s: said in words, the file left as it is", async (_name, code, damage) => {
    const path = file();
    const store = await openSqlite({ path });
    await registerCard(store, card(1), START);
    await store.close();
    damage(path);
    const before = readFileSync(path);
    const opened = openSqlite({ path }).then(async (again) => {
      try {
        await listCards(again.db);
        await again.write(async (tx) => void (await tx.selectFrom("accounts").selectAll().execute()));
      } finally {
        await again.close();
      }
    });
    await expect(opened).rejects.toMatchObject({ name: "StoreError", code, hint: expect.any(String) });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("a directory, or a path that does not exist", async () => {
    await expect(openSqlite({ path: bench.directory() })).rejects.toMatchObject({ code: "access" });
    await expect(openSqlite({ path: "/nonexistent/x" })).rejects.toMatchObject({ name: "StoreError" });
  });

  it("locked by another process: an error that says so, and nothing half done", async () => {
    const path = file();
    const store = await openSqlite({ path, busyTimeoutMs: 1 });
    await registerCard(store, card(1), START);
    const holder = new Database(path);
    holder.exec("begin immediate");
    const locked = registerCard(store, card(2), START);
    await expect(locked).rejects.toMatchObject({ name: "StoreError", code: "locked" });
    holder.exec("rollback");
    holder.close();
    await registerCard(store, card(2), START);
    expect(await listCards(store.db)).toHaveLength(2);
    await store.close();
  });

  it("a full disk: an error that says so, and what was there is there", async () => {
    const path = file();
    const store = await openSqlite({ path });
    await registerCard(store, card(1), START);
    await sql`pragma max_page_count = 1`.execute(store.db);
    const filling = async () => {
      for (let number = 2; number < 500; number++) await registerCard(store, card(number), START);
    };
    await expect(filling()).rejects.toMatchObject({
      name: "StoreError",
      code: "full",
      hint: /nothing was lost/,
    });
    const there = await listCards(store.db);
    expect(there.length).toBeGreaterThan(0);
    expect((await verifyLedger(store)).violations).toEqual([]);
    await sql`pragma max_page_count = 100000`.execute(store.db);
    await registerCard(store, card(1000), START);
    expect(await listCards(store.db)).toHaveLength(there.length + 1);
    await store.close();
  });

  it("closed: an error of ours", async () => {
    const store = await openSqlite({ path: file() });
    await store.close();
    await expect(registerCard(store, card(1), START)).rejects.toThrow(/destroyed|closed/);
  });
});

describe("a PostgreSQL ledger", () => {
  it("a server that is not there", async () => {
    const url = `postgresql://chequecard@/x?host=${encodeURIComponent(bench.directory())}`;
    await expect(openPostgres({ url })).rejects.toMatchObject({ name: "StoreError", code: "unavailable" });
  });

  it("a database that is not there", async () => {
    const server = await bench.server();
    await expect(openPostgres({ url: server.url("nowhere") })).rejects.toMatchObject({ code: "access" });
  });

  it("of a newer release", async () => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({ url });
    await sql`insert into schema_version values (${SCHEMA_VERSION + 1}, 'later')`.execute(store.db);
    await store.close();
    await expect(openPostgres({ url })).rejects.toMatchObject({ code: "newer-version" });
  });

  it("goes on after the server dropped its connections", async () => {
    const server = await bench.server();
    const url = await server.database();
    const store = await openPostgres({ url });
    await registerCard(store, card(1), START);
    const admin = new pg.Client({ connectionString: server.url("postgres") });
    await admin.connect();
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
      url.replace(/^.*\/(\w+)\?.*$/, "$1"),
    ]);
    await admin.end();
    await expect
      .poll(() =>
        registerCard(store, card(2), START).then(
          () => "done",
          (error) => error.code,
        ),
      )
      .toMatch(/done|card-exists/);
    expect(await listCards(store.db)).toHaveLength(2);
    await store.close();
  });

  it("goes on after a connection broke in the middle of a transaction, of which nothing is kept", async () => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({ url });
    await registerCard(store, card(1), START);
    const broken = store.write(async (tx) => {
      await tx.deleteFrom("limits").execute();
      const { rows } = await sql<{ pid: bigint }>`select pg_backend_pid() as pid`.execute(tx);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(store.db);
      // Until the driver has heard of it.
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        await tx.selectFrom("limits").select("card").execute();
      }
    });
    await expect(broken).rejects.toMatchObject({ name: "StoreError", code: "unavailable" });
    await registerCard(store, card(2), START);
    expect(await store.db.selectFrom("limits").select("card").execute()).toHaveLength(2);
    await store.close();
  });

  it("many at once bring an empty database to the newest schema once", async () => {
    const url = await (await bench.server()).database();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openPostgres({ url, connections: 1 })));
    const versions = await sql<{ version: bigint }>`select version from schema_version`.execute(
      (stores[0] as Store).db,
    );
    expect(versions.rows).toHaveLength(SCHEMA_VERSION);
    for (const store of stores) await store.close();
  });
});

/** A ledger as an earlier release left it, opened by this one. @param change what is done to it before */
async function openFrozenFile(version: number, change = ""): Promise<Store> {
  const path = file();
  copyFileSync(join(FROZEN, `issuer-v${version}.sqlite`), path);
  const database = new Database(path);
  database.exec(change);
  database.close();
  return await openSqlite({ path });
}

/** The same on a server. */
async function openFrozenServer(version: number, change = ""): Promise<Store> {
  const url = await (await bench.server()).database();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(readFileSync(join(FROZEN, `issuer-v${version}.sql`), "utf8"));
  await client.query(`set search_path to public; ${change}`);
  await client.end();
  return await openPostgres({ url });
}

describe("ledgers of earlier releases", () => {
  it("migrations are numbered from 1 without gaps", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });

  it.each(MIGRATIONS.map(({ version }) => version))(
    "SQLite of version %i opens, proves itself, and goes on",
    async (version) => {
      const store = await openFrozenFile(version);
      expect(await balances(store)).toEqual(frozenCards(version));
      expect((await verifyLedger(store)).violations).toEqual([]);
      await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
      await fundCard(store, new SigningCard(1, new Uint8Array(16)).cardId, sat(1), "", START);
      expect((await verifyLedger(store)).violations).toEqual([]);
      await store.close();
    },
  );

  it.each(MIGRATIONS.map(({ version }) => version))(
    "PostgreSQL of version %i opens, proves itself, and goes on",
    async (version) => {
      const store = await openFrozenServer(version);
      expect(await balances(store)).toEqual(frozenCards(version));
      expect((await verifyLedger(store)).violations).toEqual([]);
      await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
      await fundCard(store, new SigningCard(1, new Uint8Array(16)).cardId, sat(1), "", START);
      await activateCard(store, new SigningCard(4, new Uint8Array(16)).cardId);
      expect((await verifyLedger(store)).violations).toEqual([]);
      await store.close();
    },
  );

  it.each(["sqlite", "postgres"] as const)(
    "%s: what a ledger of one node has becomes that node's",
    async (kind) => {
      const nodeId = secp256k1.publicKey(new Uint8Array(32).fill(1));
      const settings = `insert into settings (name, value) values ('network', 'bcrt'),
        ('node', '${bytesToHex(nodeId)}'), ('payments-checked', '1800000000123')`;
      const store = await (kind === "sqlite" ? openFrozenFile(5, settings) : openFrozenServer(5, settings));
      await bindStore(store, { network: "bcrt", nodeId });
      expect(await listNodes(store.db)).toMatchObject([
        { state: "active", payments_since: 1_800_000_000_000n, payments_checked: 1_800_000_000_123n },
      ]);
      for (const table of ["cards", "authorizations", "leases"] as const) {
        const rows = await store.db.selectFrom(table).select("node").execute();
        expect(new Set(rows.map(({ node }) => node))).toEqual(new Set([nodeKey(nodeId)]));
      }
      const names = await store.db.selectFrom("settings").select("name").execute();
      expect(names).toEqual([{ name: "network" }]);
      const { violations, nodes } = await verifyLedger(store);
      expect(violations).toEqual([]);
      expect(nodes).toMatchObject([{ inFlight: { payments: 1n, amount: sat(4000) }, cards: 3n }]);
      await store.close();
    },
  );

  it("the frozen files are there for every version", () => {
    for (const { version } of MIGRATIONS)
      for (const kind of ["sqlite", "sql"])
        expect(existsSync(join(FROZEN, `issuer-v${version}.${kind}`))).toBe(true);
  });
});

describe("what a ledger belongs to", () => {
  it("one network and one node, for ever", async () => {
    const store = await openSqlite({ path: file() });
    const nodeId = secp256k1.publicKey(new Uint8Array(32).fill(1));
    await bindStore(store, { network: "bcrt", nodeId });
    await bindStore(store, { network: "bcrt", nodeId });
    await expect(bindStore(store, { network: "bc", nodeId })).rejects.toMatchObject({ code: "foreign" });
    const other = secp256k1.publicKey(new Uint8Array(32).fill(2));
    await expect(bindStore(store, { network: "bcrt", nodeId: other })).rejects.toMatchObject({
      code: "foreign",
    });
    await store.close();
  });
});

describe("values", () => {
  it.each([
    "0000000000000000",
    "7fffffffffffffff",
    "8000000000000000",
    "ffffffffffffffff",
    "cafe000000000001",
  ])("card id %s survives as a key", (hex) => {
    const id = new Uint8Array(Buffer.from(hex, "hex"));
    expect(cardIdOf(cardKey(id))).toEqual(id);
  });

  it("limits: amounts and no limit, nothing else", () => {
    for (const limit of [0n, 2_100_000_000_000_000_000n, 0xffffffffffffffffn])
      expect(loadLimit(storeLimit(limit, "limit"))).toBe(limit);
    expect(() => storeLimit(0x7fffffffffffffffn, "limit")).toThrow(/limit: need an amount or no limit/);
    expect(() => storeLimit(-1n, "limit")).toThrow(/limit/);
  });
});
