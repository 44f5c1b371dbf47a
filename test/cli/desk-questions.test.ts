import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { openSqlite } from "../../issuer/store/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { makeCard } from "../../testing/cards/ledger-card.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { SeededRandom } from "../../testing/random.js";
import { inTerminal } from "../pseudo-terminal.js";

let folder: string;
let program: string;
beforeAll(async () => {
  folder = newFolder();
  writeFileSync(join(folder, "issuer.yaml"), "database: { sqlite: ledger.db }\nmaxTopUp: 9000sat\n");
  const store = await openSqlite({ path: join(folder, "ledger.db") });
  const random = new SeededRandom(1);
  for (const number of [1, 2, 3]) await makeCard(store, random, number);
  await store.close();
  program = await buildProgram("cli/main.ts");
});

const run = (...args: string[]) => chequecard(["cards", ...args, "--issuer", folder]);
async function json(...args: string[]) {
  const { exitCode, out, err } = await chequecard(["--json", "cards", ...args, "--issuer", folder]);
  expect([args, exitCode, err]).toEqual([args, EXIT.OK, ""]);
  return JSON.parse(out);
}
const books = async () => (await chequecard(["--json", "report", "--issuer", folder])).out;

describe("the issuer's desk", () => {
  it("books nothing without --yes where there is no terminal to ask, and says so", async () => {
    const before = await books();
    for (const args of [
      ["top-up", "0001", "--amount", "5sat"],
      ["cash-out", "0001"],
      ["replace", "0001", "0002"],
    ]) {
      const { exitCode, err } = await run(...args);
      expect([args, exitCode]).toEqual([args, EXIT.INPUT]);
      expect(err).toMatch(/no terminal to ask/);
      expect(err).toMatch(/--yes/);
    }
    expect(await books()).toBe(before);
    expect(readdirSync(folder)).not.toContain("orders");
  });

  it("takes whole satoshi up to the largest top-up of the configuration", async () => {
    const before = await books();
    for (const [amount, said] of [
      ["1msat", /need whole satoshi/],
      ["2.5sat", /need whole satoshi, have "2\.5sat"; nothing was booked\n$/],
      ["0.00000000005btc", /need whole satoshi/],
      ["0sat", /--amount: need more than 0\n$/],
      ["9001sat", /need at most 9,000 sat, have 9,001 sat/],
      ["5000", /need a number with a unit/],
    ] as const) {
      const { exitCode, err } = await run("top-up", "0001", "--yes", "--amount", amount);
      expect([amount, exitCode]).toEqual([amount, EXIT.INPUT]);
      expect(err).toMatch(said);
    }
    expect(await books()).toBe(before);
    expect(await json("top-up", "0001", "--yes", "--amount", "9000sat")).toMatchObject({ amount: "9000000" });
  });

  it("reverses a mistaken top-up once", async () => {
    await json("top-up", "0002", "--yes", "--amount", "9000sat");
    expect(await json("reverse", "0002", "--yes")).toMatchObject({ reversed: "9000000", topUp: "2" });
    const again = await run("reverse", "0002", "--yes");
    expect(again).toMatchObject({ exitCode: EXIT.INPUT });
    expect(again.err).toContain("was reversed already");
    expect((await run("reverse", "0002", "--yes", "--top-up", "x")).err).toContain(
      "--top-up: need the number",
    );
    expect((await run("reverse", "0002", "--yes", "--top-up", "1")).err).toContain("is no top-up");
    const { operations } = await json("show", "0002");
    expect(operations).toMatchObject([{}, { kind: "fund" }, { kind: "reverse", reverses: "2" }]);
  });

  it.each([80, 40])(
    "asks on a terminal of %i columns, and does nothing unless it is answered with yes",
    async (columns) => {
      const ask = (...args: string[]) =>
        inTerminal([process.execPath, program, "cards", ...args, "--issuer", folder], columns);
      const before = await books();
      for (const keys of ["\r", "n\r", "yess\r", "\x03"]) {
        const terminal = ask("top-up", "0003", "--amount", "50sat");
        await terminal.shows(/\[y\/N\] /);
        terminal.type(keys);
        expect([keys, await terminal.ended]).toEqual([keys, keys === "\x03" ? EXIT.INTERRUPTED : EXIT.INPUT]);
        expect(terminal.screen()).toMatch(/50\ssat/);
      }
      expect(await books()).toBe(before);
      for (const [args, said] of [
        [["top-up", "0003", "--amount", "50sat"], /paid in/],
        [["reverse", "0003"], /booked\s+back/],
      ] as const) {
        const terminal = ask(...args);
        await terminal.shows(/\[y\/N\] /);
        terminal.type("y\r");
        expect([args, await terminal.ended]).toEqual([args, EXIT.OK]);
        expect(terminal.screen()).toMatch(said);
      }
    },
  );
});
