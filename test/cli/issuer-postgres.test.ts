import { spawnSync } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { checkBooks, daysSince, report, takingsOf } from "../../testing/festival/books.js";
import { Grounds } from "../../testing/festival/grounds.js";
import { runVisit, type Strike } from "../../testing/festival/visit.js";
import { PostgresFront } from "../../testing/postgres/front.js";
import { type PostgresServer, postgresBinaries, startPostgres } from "../../testing/postgres/server.js";
import { runToEnd } from "../../testing/programs.js";
import { SeededRandom } from "../../testing/random.js";

const installed = postgresBinaries() !== undefined;
if (!installed) console.log("skipped: the issuer on PostgreSQL needs the package postgresql");

const CREDIT = 20_000_000n;

describe.skipIf(!installed)("an issuer with its ledger on PostgreSQL, from the command line", () => {
  let program: string;
  let server: PostgresServer;
  beforeAll(async () => {
    program = await buildProgram("cli/main.ts");
    server = await startPostgres({ durable: true });
  });
  afterAll(async () => {
    await server.stop();
  });

  /** Does what a hint says, as the shell does. */
  const runHint = (hint: string) =>
    spawnSync("/bin/sh", ["-c", hint.replace(/^Run: /, "")], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${server.bin}:${process.env.PATH}` },
    });

  it("a command whose connections die in their set-up says so, and what to do", () =>
    inFolder(async (path) => {
      const front = await PostgresFront.open(await server.database());
      try {
        const folder = path("issuer");
        const env = { CHEQUECARD_PASSPHRASE: "correct horse battery" };
        const init = [
          "issuer",
          "init",
          folder,
          "--factory-keys",
          "test",
          "--port",
          "19735",
          "--database",
          front.url,
        ];
        expect((await runToEnd(program, init, { env, input: "" })).code).toBe(EXIT.OK);
        front.cutAtFirstStatement = Number.POSITIVE_INFINITY;
        for (const command of [
          ["cards", "list", "--issuer", folder],
          ["ledger", "verify", "--issuer", folder],
        ]) {
          const { code: status, errors: stderr } = await runToEnd(program, command, { env, input: "" });
          expect([command, status]).toEqual([command, EXIT.SERVICE]);
          expect(stderr).toMatch(
            /the database server does not answer.*\nCheck that the database server runs/,
          );
        }
      } finally {
        await front.close();
      }
    }));

  it(
    "pays taps through kills and a server that drops its connections, is dumped and restored, and is closed",
    () =>
      inFolder(async (path) => {
        const started = new Date();
        const database = await server.database();
        const grounds = new Grounds({ program, folder: path(""), commands: "inline", database });
        const random = new SeededRandom(5);
        const visit = (card: number, amounts: number[], strike: Strike = "none") =>
          runVisit(grounds, { card, shop: 0, amounts, strike }, random);
        const funded = async () => BigInt((await report(grounds)).books.paidIn);
        try {
          await grounds.prepare(3, 1);
          expect(await visit(0, [250_000])).toMatchObject({ paid: 1, declined: 0 });
          const topUp = ["cards", "top-up", "--yes", "--amount", "1234sat", "--card", grounds.card(0)];
          expect(await grounds.ask(...topUp)).toMatchObject({ delivered: true });
          expect(await visit(0, [100_001, 9_000_000], "service")).toMatchObject({ paid: 2 });

          await dropConnections(database);
          expect(await visit(1, [1_777])).toMatchObject({ paid: 1 });
          expect(await grounds.ask("ledger", "verify")).toMatchObject({ cards: "3", violations: [] });

          const dump = path("ledger.dump");
          const to = await hintOf("ledger", "backup", dump, "--issuer", grounds.issuer);
          expect(to).toMatch(/^Run: pg_dump /);
          expect(runHint(to)).toMatchObject({ status: 0, stderr: "" });
          const before = await funded();
          await grounds.ask("cards", "top-up", "0003", "--yes", "--amount", "5sat");
          expect(await funded()).toBe(before + 5_000n);
          expect(await grounds.close()).toBe(0);
          const back = await hintOf("ledger", "restore", dump, "--issuer", grounds.issuer);
          expect(back).toMatch(/^Run: pg_restore /);
          expect(runHint(back)).toMatchObject({ status: 0, stderr: "" });
          expect(await funded()).toBe(before);

          await grounds.open();
          expect(await visit(2, [4_321])).toMatchObject({ paid: 1 });
          await grounds.run(["issuer", "close-event", grounds.issuer, "--cash-out-all", "--yes"]);
          expect(await visit(1, [1_777])).toMatchObject({ paid: 0, declined: 1 });
          const shop = await takingsOf(grounds, 0, daysSince(started));
          expect(await checkBooks(grounds, [shop], 3n * CREDIT + 1_234_000n)).toEqual([]);
          expect(await grounds.ask("ledger", "verify")).toMatchObject({ violations: [] });
          expect(await grounds.close()).toBe(0);
        } catch (error) {
          await grounds.abandon();
          throw error;
        }
      }),
    300_000,
  );
});

/** The command of PostgreSQL that a command names, which does not do this itself. */
async function hintOf(...args: string[]): Promise<string> {
  const { exitCode, out } = await chequecard(["--json", ...args]);
  expect(exitCode).toBe(EXIT.INPUT);
  const { error } = JSON.parse(out) as { error: { message: string; hint: string } };
  expect(error.message).toContain("PostgreSQL database, which has its own programs for this");
  return error.hint;
}

/** As a restart of the server does to everybody who is connected. */
async function dropConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    expect(rowCount).toBeGreaterThan(0);
  } finally {
    await client.end();
  }
}
