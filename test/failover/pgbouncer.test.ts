import { spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../issuer/store/index.js";
import { Bench } from "../../testing/issuer/service.js";

const program = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]
  .map((folder) => join(folder, "pgbouncer"))
  .find((path) => existsSync(path));
if (!program) console.log("skipped: a pooler before PostgreSQL needs the package pgbouncer");

const bench = new Bench();
afterAll(() => bench.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("close", () => resolve(false)).unref();
    socket.on("connect", () => socket.destroy());
  });

/** Runs PgBouncer before a new database. */
async function withPooler(mode: string, ignored: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = await bench.server();
  const url = new URL((await server.database()).replace("@/", "@localhost/"));
  const folder = bench.directory();
  chmodSync(folder, 0o755);
  const port = await freePort();
  writeFileSync(join(folder, "users.txt"), `"${url.username}" ""\n`, { mode: 0o644 });
  const settings = [
    "[databases]",
    `* = host=${url.searchParams.get("host")} port=5432`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = trust",
    `auth_file = ${join(folder, "users.txt")}`,
    `pool_mode = ${mode}`,
    `ignore_startup_parameters = extra_float_digits${ignored}`,
  ];
  writeFileSync(join(folder, "pgbouncer.ini"), `${settings.join("\n")}\n`, { mode: 0o644 });
  const child = spawn(program ?? "", ["-q", join(folder, "pgbouncer.ini")], {
    ...server.as,
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    while (!(await answers(port))) await sleep(20);
    await use(`postgresql://${url.username}@127.0.0.1:${port}${url.pathname}`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

describe.skipIf(!program)("PgBouncer before the ledger", () => {
  it.each(["transaction", "statement"])("is refused where it lends sessions by %s", (mode) =>
    withPooler(mode, ", options", async (url) => {
      await expect(openPostgres({ url })).rejects.toMatchObject({
        code: "access",
        message: expect.stringMatching(/lends sessions of the database server for one transaction each/),
      });
    }),
  );

  it("is refused where it does not know the start-up options, and the hint says what to set", () =>
    withPooler("session", "", async (url) => {
      await expect(openPostgres({ url })).rejects.toMatchObject({
        code: "access",
        hint: expect.stringMatching(/pool_mode = session and ignore_startup_parameters = options/),
      });
    }));

  it("lends whole sessions, which get the ledger's settings though it passes none on", () =>
    withPooler("session", ", options", async (url) => {
      const store = await openPostgres({ url, timeoutMs: 4321 });
      const { rows } = await sql`select current_setting('lock_timeout') as lock_timeout,
        current_setting('enable_seqscan') as enable_seqscan`.execute(store.db);
      expect(rows).toEqual([{ lock_timeout: "4321ms", enable_seqscan: "off" }]);
      await store.close();
    }));
});
