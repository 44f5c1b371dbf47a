import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, it } from "vitest";
import type { ReportOptions } from "../../cli/desk/report-thread.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareDesk } from "../../testing/server/bare-servers.js";

const ENTRY = pathToFileURL(resolve(import.meta.dirname, "../../dist/cli/desk/report-thread-entry.js")).href;
const CARD = "6465736b-2d303031";
/** For a thread to be started on a machine that is busy. */
const WAIT = { timeout: 45_000 };
const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/**
 * A desk whose reports are held on their thread in the middle of a statement: after the ledger was opened, when the
 * cards are read, for as long as its gate is there.
 */
async function heldDesk(options: ReportOptions = {}) {
  const folder = newFolder("memory");
  const [gate, held, entry] = ["gate", "held", "entry.mjs"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(gate, "");
  writeFileSync(
    entry,
    `import { existsSync, writeFileSync } from "node:fs";
    import { createRequire } from "node:module";
    const { prototype } = createRequire(${JSON.stringify(ENTRY)})("better-sqlite3");
    const { prepare } = prototype;
    const beat = new Int32Array(new SharedArrayBuffer(4));
    prototype.prepare = function (sql) {
      if (/from "cards"/.test(sql)) {
        writeFileSync(${JSON.stringify(held)}, "");
        while (existsSync(${JSON.stringify(gate)})) Atomics.wait(beat, 0, 0, 10);
      }
      return prepare.call(this, sql);
    };
    await import(${JSON.stringify(ENTRY)});`,
  );
  const failed: string[] = [];
  const desk = await bareDesk(folder, {
    entry: pathToFileURL(entry),
    onFailure: () => failed.push("the thread cannot run"),
    ...options,
  });
  open.push(desk);
  return {
    client: apiClient(desk.url, keyOf(folder, "desk").key),
    failed,
    letGo: () => rmSync(gate),
    isGateThere: () => existsSync(gate),
    isHeld: () => existsSync(held),
  };
}

const search = "/v1/search?text=6465";

it("money is moved while a report is made on its thread", async () => {
  const { client, isHeld, letGo, failed } = await heldDesk();
  let made: unknown;
  const report = client("GET", search).then((answer) => {
    made = answer.body;
    return answer;
  });
  await expect.poll(() => isHeld() || made !== undefined, WAIT).toBe(true);
  const topUp = await client("POST", `/v1/cards/${CARD}/top-up`, { body: { amount: "5000sat" }, key: "a" });
  expect(topUp).toMatchObject({ status: 200, body: { amount: "5000000", repeated: false } });
  expect(await client("POST", `/v1/cards/${CARD}/block`)).toMatchObject({ status: 200 });
  expect(made).toBeUndefined();
  letGo();
  // What the report says is the ledger as it was read, on a connection of its own.
  expect(await report).toMatchObject({ status: 200, body: { total: 2 } });
  expect(failed).toEqual([]);
});

it("a report that takes too long is given up with what to do, and the next one is made", async () => {
  const { client, isHeld, letGo } = await heldDesk({ patienceMs: 4000 });
  let status: number | undefined;
  let body: unknown;
  void client("GET", search).then((answer) => {
    ({ status, body } = answer);
  });
  await expect.poll(() => status, WAIT).toBe(503);
  expect(isHeld()).toBe(true);
  expect(body).toMatchObject({
    code: "too-long",
    detail: "the report took longer than 4 seconds and was given up",
    hint: "Ask for a shorter time, or use the command: chequecard report",
  });
  letGo();
  await expect.poll(async () => (await client("GET", search)).body.total, WAIT).toBe(2);
});

it("of many reports at once those beyond the bound are refused, and all others are made", async () => {
  const { client, isHeld, letGo } = await heldDesk();
  const first = client("GET", search);
  await expect.poll(isHeld, WAIT).toBe(true);
  const refused: unknown[] = [];
  const rest = Array.from({ length: 20 }, async () => {
    const { status, body } = await client("GET", search).catch(() => ({
      status: 0,
      body: {} as Record<string, unknown>,
    }));
    if (status !== 200) refused.push([status, body.code, body.detail, body.hint]);
    return status;
  });
  await expect.poll(() => refused.length, WAIT).toBe(4);
  expect(new Set(refused.map(String))).toEqual(
    new Set(["503,busy,too many reports wait for the one that is made,Try again in a minute."]),
  );
  letGo();
  expect((await first).status).toBe(200);
  expect((await Promise.all(rest)).filter((status) => status === 200)).toHaveLength(16);
  expect(refused).toHaveLength(4);
});

it("a service stops in the middle of a report", async () => {
  const { client, isHeld, isGateThere } = await heldDesk({ patienceMs: 600_000 });
  const report = client("GET", search).catch(() => undefined);
  await expect.poll(isHeld, WAIT).toBe(true);
  await open.splice(0)[0]?.stop();
  expect(isGateThere()).toBe(true);
  expect((await report)?.status).not.toBe(200);
});
