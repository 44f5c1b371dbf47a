import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { openPostgres, type Store } from "../../issuer/store/index.js";
import { buildProgram } from "../../testing/build-program.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { audit, forgotten } from "../../testing/failover/audit.js";
import { Desk } from "../../testing/failover/desk.js";
import { Sales } from "../../testing/failover/sales.js";
import { Bench, Service, TestClock } from "../../testing/issuer/service.js";
import { ScriptedNode } from "../../testing/nodes/scripted-node.js";
import { PostgresFront } from "../../testing/postgres/front.js";
import { signalServer } from "../../testing/postgres/processes.js";
import { type PostgresServer, startPostgres } from "../../testing/postgres/server.js";
import { type PostgresStandby, startStandby } from "../../testing/postgres/standby.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";

const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

async function ask<T extends object>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Two services of one node on a primary with a standby, and merchants and a desk who use them. */
class Stand implements AsyncDisposable {
  readonly primary: PostgresServer;
  readonly standby: PostgresStandby;
  readonly front: PostgresFront;
  readonly store: Store;
  readonly node: ScriptedNode;
  readonly sales: Sales;
  readonly desk: Desk;
  readonly #services: IssuerChild[];
  readonly #timelineFiles: readonly string[];
  readonly #name: string;

  private constructor(
    parts: Pick<Stand, "primary" | "standby" | "front" | "store"> & {
      services: IssuerChild[];
      timelineFiles: readonly string[];
      node: ScriptedNode;
      name: string;
    },
  ) {
    this.primary = parts.primary;
    this.standby = parts.standby;
    this.front = parts.front;
    this.store = parts.store;
    this.node = parts.node;
    this.#services = parts.services;
    this.#timelineFiles = parts.timelineFiles;
    this.#name = parts.name;
    this.sales = new Sales(parts.services, this.node, 1);
    this.desk = new Desk(this.store, "desk");
  }

  static async open(isSynchronous: boolean): Promise<Stand> {
    const primary = await startPostgres();
    const url = await primary.database();
    const name = new URL(url.replace("@/", "@localhost/")).pathname.slice(1);
    await (await openPostgres({ url })).close();
    const standby = await startStandby(primary);
    if (isSynchronous) await waitForStandby(primary);
    const front = await PostgresFront.open(url);
    const { path: keyFile } = await bench.keys();
    const node = new ScriptedNode(Date.now);
    const store = await openPostgres({ url: front.url, timeoutMs: 2000 });
    const timelineFiles = [1, 2].map((number) => join(bench.directory(), `timelines-${number}`));
    const services = await Promise.all(
      [1, 2].map((number) =>
        IssuerChild.start(
          program,
          {
            kind: "postgres",
            location: front.url,
            keyFile,
            now: "clock",
            timelineFile: timelineFiles[number - 1] as string,
            config: { leaseMs: 2000, payTimeoutMs: 2000 },
            reconcileMs: 500,
          },
          node,
        ),
      ),
    );
    return new Stand({ primary, standby, front, store, services, timelineFiles, node, name });
  }

  /** Sells and pays in until {@link settle}. */
  async work(): Promise<void> {
    const clock = new TestClock();
    clock.now = Date.now();
    const issuer = new Service(this.store, this.node, clock, await bench.keys());
    const cards: SigningCard[] = [];
    for (let i = 1; i <= 12; i++) cards.push(await issuer.card(i, sat(1_000_000)));
    this.sales.open(cards, 4);
    this.desk.open(cards.slice(0, 4), cards.slice(4, 6));
    await this.paid();
  }

  /** Resolves when sales are paid that began after now. */
  async paid(count = 20): Promise<void> {
    const now = performance.now();
    await expect
      .poll(() => this.sales.paid.filter(({ begun }) => begun > now).length)
      .toBeGreaterThanOrEqual(count);
  }

  /** The standby is the primary from now on, and new connections lead to it. */
  async promote(): Promise<void> {
    await this.standby.promote();
    this.front.lead(this.standby.url(this.#name));
  }

  /** Resolves when each service has met the new primary. */
  async met(): Promise<void> {
    for (const path of this.#timelineFiles)
      await expect
        .poll(() => readFileSync(path, "utf8").split("\n").filter(Boolean).length)
        .toBeGreaterThanOrEqual(2);
  }

  /** Ends the work; what had no end is presented again until everything is resolved. */
  async settle(): Promise<void> {
    await this.sales.close();
    await this.desk.close();
    await expect
      .poll(async () => {
        await Promise.all(this.sales.unended.map((tap, i) => this.sales.present(tap, i)));
        for (const service of this.#services) await service.reconcile();
        return (await this.store.db.selectFrom("leases").select("card").execute()).length;
      })
      .toBe(0);
  }

  rowsOnOldPrimary(): Promise<{ n: number }[]> {
    return ask<{ n: number }>(this.primary.url(this.#name), "select count(*)::int as n from authorizations");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.#services) await service.stop();
    await this.store.close();
    await this.front.close();
    await this.standby.stop();
    await this.primary.stop();
  }
}

async function waitForStandby(primary: PostgresServer): Promise<void> {
  const url = primary.url("postgres");
  await ask(url, "alter system set synchronous_standby_names = '*'");
  await ask(url, "select pg_reload_conf()");
  await expect
    .poll(() => ask(url, "select sync_state from pg_stat_replication"))
    .toEqual([{ sync_state: "sync" }]);
}

describe("a primary of two services", () => {
  it("is killed: its synchronous standby has everything that was answered", async () => {
    await using stand = await Stand.open(true);
    const { sales, desk, node, store } = stand;
    await stand.work();
    signalServer(stand.primary.data, "SIGKILL");
    stand.front.cut();
    await stand.promote();
    await stand.paid();
    await stand.settle();
    expect(sales.taps.filter(sales.isPaid).length).toBeGreaterThanOrEqual(40);
    expect(desk.answered.size).toBeGreaterThan(0);
    expect(await audit(store, { sales, desk, node }, false)).toEqual([]);
  });

  it("falls silent, is replaced, and wakes up with its sessions left: nothing more is booked there", async () => {
    await using stand = await Stand.open(false);
    const { sales, desk, node, store } = stand;
    await stand.work();
    signalServer(stand.primary.data, "SIGSTOP");
    await stand.promote();
    await stand.paid();
    await stand.met();
    const recovered = sales.taps.length;
    signalServer(stand.primary.data, "SIGCONT");
    // It carries out what was in its sockets.
    await expect
      .poll(() =>
        ask(
          stand.primary.url("postgres"),
          "select pid from pg_stat_activity where application_name = 'chequecard issuer' and state <> 'idle'",
        ),
      )
      .toEqual([]);
    const before = await stand.rowsOnOldPrimary();
    await stand.paid(100);
    await stand.settle();
    expect(await stand.rowsOnOldPrimary()).toEqual(before);
    const lost = await forgotten(store, sales);
    expect(lost.filter((tap) => sales.taps.indexOf(tap) >= recovered)).toEqual([]);
    expect(await audit(store, { sales, desk, node }, true)).toEqual([]);
  });

  it("waits for its standby: a commit that is cancelled meanwhile was not answered", async () => {
    await using stand = await Stand.open(true);
    const { primary, store } = stand;
    const put = (name: string) =>
      store.write((tx) => tx.insertInto("settings").values({ name, value: "x" }).execute());
    await put("replicated");
    await stand.standby.stop();
    const answer = put("waiting").then(
      () => "answered",
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );
    const over = answer.then(() => "over");
    await expect
      .poll(async () => {
        await ask(
          primary.url("postgres"),
          "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'",
        );
        return await Promise.race([over, sleep(100)]);
      })
      .toBe("over");
    expect(await answer).toMatch(/^unavailable: .*the commit is not certain/);
  });
});
