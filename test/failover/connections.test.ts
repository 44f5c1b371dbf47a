import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { listCards, registerCard } from "../../issuer/ledger/index.js";
import { checkHealth } from "../../issuer/service/index.js";
import { openPostgres, type Store } from "../../issuer/store/index.js";
import { timelineMemory } from "../../issuer/store/timelines.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, Service, START, TestClock } from "../../testing/issuer/service.js";
import { ScriptedNode } from "../../testing/nodes/scripted-node.js";
import { PostgresFront } from "../../testing/postgres/front.js";
import { startStandby } from "../../testing/postgres/standby.js";

const bench = new Bench();
afterAll(() => bench.close());

/** Milliseconds; long against what a server on the same machine takes. */
const LIMIT_MS = 1000;
const registration = (number: number) => new SigningCard(number, new Uint8Array(16)).registration();
const pidOf = async (store: Store) =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(store.db)).rows[0]?.pid;
const put = (store: Store, name: string) =>
  store.write((tx) => tx.insertInto("settings").values({ name, value: "x" }).execute());

async function asAdministrator<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function withFront<T>(use: (front: PostgresFront, url: string) => Promise<T>): Promise<T> {
  const url = await (await bench.server()).database();
  const front = await PostgresFront.open(url);
  try {
    return await use(front, url);
  } finally {
    await front.close();
  }
}

async function service(store: Store): Promise<Service> {
  const clock = new TestClock();
  return new Service(store, new ScriptedNode(clock.read), clock, await bench.keys());
}

describe("connections to PostgreSQL", () => {
  it("have the settings of the ledger and of the address from the start", async () => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({
      url: `${url}&options=${encodeURIComponent("-c work_mem=7MB -c synchronous_commit=off")}`,
      timeoutMs: 4321,
    });
    const { rows } = await sql<{ name: string; setting: string }>`select name, setting from pg_settings
      where name in ('work_mem', 'synchronous_commit', 'lock_timeout', 'enable_seqscan')`.execute(store.db);
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      work_mem: "7168",
      synchronous_commit: "on",
      lock_timeout: "4321",
      enable_seqscan: "off",
    });
    await store.close();
  });

  it("that die in their set-up give their places back", async () => {
    await withFront(async (front) => {
      const store = await openPostgres({ url: front.url, connections: 2, timeoutMs: LIMIT_MS });
      front.cut();
      front.cutAtFirstStatement = 5;
      for (let i = 0; i < 5; i++) await put(store, `lost ${i}`).catch(() => {});
      front.cutAtFirstStatement = 0;
      for (let i = 0; i < 3; i++) await put(store, `kept ${i}`);
      const rows = await store.db
        .selectFrom("settings")
        .select("name")
        .where("name", "like", "kept %")
        .execute();
      expect(rows).toHaveLength(3);
      await store.close();
    });
  });

  it("to a host that is gone without a word delay no caller for long, and are not used again", async () => {
    await withFront(async (front) => {
      const store = await openPostgres({ url: front.url, timeoutMs: LIMIT_MS });
      const issuer = await service(store);
      const [one, two] = [await issuer.card(1), await issuer.card(2)];
      await Promise.all([issuer.tap(one, 1, sat(1)), issuer.tap(two, 2, sat(1))]);
      // Four connections at least, all of which are lost.
      await Promise.all([1, 2, 3, 4].map(() => store.read((tx) => sql`select pg_sleep(0.3)`.execute(tx))));
      expect(front.made).toBeGreaterThanOrEqual(4);
      front.loseHost();
      const made = front.made;
      // No answer of the ledger is no refusal: the token is to be presented again.
      const lost = await issuer.tap(one, 3, sat(1));
      expect(issuer.node.sent.size).toBe(2);
      await issuer.tap(two, 4, sat(1));
      expect(issuer.node.sent.size).toBe(3);
      await issuer.present(lost.token, lost.invoice);
      expect(issuer.node.sent.size).toBe(4);
      const rows = await store.db.selectFrom("authorizations").select("state").execute();
      expect(rows.map(({ state }) => state)).toEqual(Array(4).fill("settled"));
      expect(front.made).toBeGreaterThan(made);
      expect(await issuer.violations()).toEqual([]);
      await issuer.close();
    });
  });

  it("errors of single look-ups are the store's", async () => {
    await withFront(async (front) => {
      const store = await openPostgres({ url: front.url, timeoutMs: LIMIT_MS });
      await expect(sql`select nothing from nowhere`.execute(store.db)).rejects.toMatchObject({
        name: "StoreError",
        code: "internal",
      });
      await front.close();
      await expect(listCards(store.db)).rejects.toMatchObject({ name: "StoreError", code: "unavailable" });
      await store.close();
    });
  });
});

describe("statements on PostgreSQL", () => {
  it("that are not answered in time close their connection, long ones have a limit of their own", async () => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({ url, connections: 1, timeoutMs: 1_000, longTimeoutMs: 60_000 });
    const before = await pidOf(store);
    await expect(store.read((tx) => sql`select pg_sleep(120)`.execute(tx))).rejects.toMatchObject({
      code: "unavailable",
    });
    const after = await pidOf(store);
    expect(after).not.toBe(before);
    await store.read((tx) => sql`select pg_sleep(2)`.execute(tx), { long: true });
    expect(await pidOf(store)).toBe(after);
    await store.close();
  });

  it("a read-only server is none for the ledger, and its connection is not used again", async () => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({ url, connections: 1 });
    const before = await pidOf(store);
    const work = store.write(async (tx) => {
      await sql`set transaction read only`.execute(tx);
      await tx.insertInto("settings").values({ name: "x", value: "x" }).execute();
    });
    await expect(work).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/25006/),
    });
    expect(await pidOf(store)).not.toBe(before);
    await store.close();
  });

  it("a commit that did not reach its standby is not taken for one", async () => {
    const server = await bench.server();
    const url = await server.database();
    const store = await openPostgres({ url });
    await asAdministrator(server.url("postgres"), async (client) => {
      await client.query("alter system set synchronous_standby_names = 'gone'");
      await client.query("select pg_reload_conf()");
      try {
        // The server takes the setting when it comes to it; from then on every commit waits.
        const work = (async () => {
          for (let i = 0; ; i++) await put(store, `uncertain ${i}`);
        })();
        let isOver = false;
        const over = work
          .catch((error: unknown) => error)
          .finally(() => {
            isOver = true;
          });
        while (!isOver) {
          await client.query(
            "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and query = 'commit'",
          );
          await sleep(20);
        }
        expect(await over).toMatchObject({
          code: "unavailable",
          message: expect.stringMatching(/the commit is not certain/),
        });
      } finally {
        await client.query("alter system reset synchronous_standby_names");
        await client.query("select pg_reload_conf()");
      }
    });
    await store.close();
  });

  it("are named by their texts, the same in every process", async () => {
    const url = await (await bench.server()).database();
    const store = await openPostgres({ url, connections: 1 });
    await registerCard(store, registration(1), START);
    const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements`.execute(store.db);
    expect(rows.length).toBeGreaterThan(0);
    for (const { name } of rows) expect(name).toMatch(/^many_[0-9a-f]{32}$/);
    await store.close();
  });
});

describe("the primary", () => {
  it("is the only server of the ledger, and the latest, also after a restart", async () => {
    const server = await bench.server();
    const url = await server.database();
    const timelineFile = join(bench.directory(), "timelines");
    const old = await openPostgres({ url, timelineFile });
    const standby = await startStandby(server);
    const name = new URL(url.replace("@/", "@localhost/")).pathname.slice(1);
    try {
      await expect(openPostgres({ url: standby.url(name), timelineFile })).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(/is a standby/),
      });
      await put(old, "before");
      await standby.promote();
      // The old primary does not know, and takes bookings: sessions to it are as good as before.
      await put(old, "unseen");
      const successor = await openPostgres({ url: standby.url(name), timelineFile });
      await put(successor, "after");
      await expect(openPostgres({ url, timelineFile })).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(/was replaced: it has timeline 1, 2 was seen/),
      });
      await successor.close();
    } finally {
      await old.close();
      await standby.stop();
    }
  });

  it("takes over in the middle of a transaction, which is not committed on the server before it", async () => {
    const server = await bench.server();
    const url = await server.database();
    const name = new URL(url.replace("@/", "@localhost/")).pathname.slice(1);
    const front = await PostgresFront.open(url);
    const store = await openPostgres({ url: front.url });
    const standby = await startStandby(server);
    try {
      await standby.promote();
      const late = store.write(async (tx) => {
        await tx.insertInto("settings").values({ name: "late", value: "x" }).execute();
        // The next connection is to the successor.
        front.lead(standby.url(name));
        await store.db.selectFrom("settings").select("name").execute();
      });
      await expect(late).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(/is the primary now/),
      });
      await put(store, "after");
      const names = await store.db.selectFrom("settings").select("name").execute();
      expect(names).toEqual([{ name: "after" }]);
    } finally {
      await store.close();
      await front.close();
      await standby.stop();
    }
  });

  it("timelines that were seen are kept line by line, whatever a power cut left", () => {
    const path = join(bench.directory(), "timelines");
    const [one, two] = [timelineMemory(path), timelineMemory(path)];
    one.saw({ system: "7", timeline: 3n });
    two.saw({ system: "7", timeline: 2n });
    two.saw({ system: "8", timeline: 1n });
    expect(timelineMemory(path).highest("7")).toBe(3n);
    expect(timelineMemory(path).highest("8")).toBe(1n);
    expect(timelineMemory(path).highest("9")).toBe(0n);
    expect(existsSync(path)).toBe(true);
    writeFileSync(path, `${readFileSync(path, "latin1")}7 99`.slice(0, -1));
    one.saw({ system: "7", timeline: 4n });
    // The half line reads as timeline 9, which is not above what it was to say.
    expect(timelineMemory(path).highest("7")).toBeLessThanOrEqual(9n);
    expect(timelineMemory(path).highest("7")).toBeGreaterThanOrEqual(4n);
  });
});

describe("the health of a service", () => {
  it("tells a writer whose oldest request waits, by the monotonic clock", async () => {
    const url = await (await bench.server()).database();
    const issuer = await service(await openPostgres({ url }));
    const card = await issuer.card(1);
    const health = () =>
      checkHealth({
        store: issuer.store,
        node: { info: async () => ({}) as never },
        brokenPromises: async () => [],
        writerWaitedMs: () => issuer.authorizer.writer.waitedMs(),
        lastRound: () => issuer.clock.monotonic(),
        roundMs: 1000,
        monotonic: issuer.clock.monotonic,
      });
    await asAdministrator(url, async (client) => {
      await client.query("begin; lock table leases in share mode");
      const tap = issuer.tap(card, 1, sat(1));
      for (;;) {
        const { rows } = await client.query("select 1 from pg_locks where not granted");
        if (rows.length > 0) break;
        await sleep(10);
      }
      expect((await health()).checks.writer).toBe("ok");
      issuer.clock.pass(6000);
      expect(await health()).toMatchObject({ healthy: false, checks: { writer: "late", database: "ok" } });
      await client.query("rollback");
      expect((await tap).outcome).toBe("accepted");
    });
    expect((await health()).checks.writer).toBe("ok");
    await issuer.close();
  });
});
