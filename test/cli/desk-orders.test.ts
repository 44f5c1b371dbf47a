import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { openPostgres } from "../../issuer/store/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { makeCard } from "../../testing/cards/ledger-card.js";
import { inFolder } from "../../testing/command-run.js";
import { PostgresFront } from "../../testing/postgres/front.js";
import { type PostgresServer, postgresBinaries, startPostgres } from "../../testing/postgres/server.js";
import { runToEnd } from "../../testing/programs.js";
import { SeededRandom } from "../../testing/random.js";

const installed = postgresBinaries() !== undefined;
if (!installed) console.log("skipped: orders on PostgreSQL need the package postgresql");

/** Every one of them books money, once. */
const BOOKS_ORDERS = /insert into "orders"/;
const BOOKS_OPERATION = /insert into "operations"/;

describe.skipIf(!installed)("orders of the issuer's desk whose answer is lost", () => {
  let program: string;
  let server: PostgresServer;
  beforeAll(async () => {
    program = await buildProgram("cli/main.ts");
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });

  /** Runs the program beside this process, which has the front to serve. */
  async function run(...args: string[]) {
    const { code, out, errors } = await runToEnd(program, ["--json", ...args], { input: "" });
    return { status: code, data: JSON.parse(out + errors) as Record<string, unknown> };
  }

  interface Desk {
    readonly front: PostgresFront;
    readonly folder: string;
    /** A command that does what it is asked for. */
    readonly ask: (...args: string[]) => Promise<Record<string, unknown>>;
    /** The same, whose answer is lost: the server has booked. */
    readonly lose: (statement: RegExp, ...args: string[]) => Promise<string>;
    readonly unfinished: () => string[];
  }

  /** An issuer with three cards, whose numbers are 0001 to 0003. */
  const withDesk = (use: (desk: Desk) => Promise<void>) =>
    inFolder(async (path) => {
      const url = await server.database();
      const front = await PostgresFront.open(url);
      const folder = path("");
      writeFileSync(join(folder, "issuer.yaml"), `database:\n  postgres: ${JSON.stringify(front.url)}\n`);
      const store = await openPostgres({ url });
      const random = new SeededRandom(1);
      for (const number of [1, 2, 3]) await makeCard(store, random, number);
      await store.close();
      const at = (args: string[]) => (args[0] === "issuer" ? [...args] : [...args, "--issuer", folder]);
      const orders = join(folder, "orders");
      try {
        await use({
          front,
          folder,
          ask: async (...args) => {
            const { status, data } = await run(...at(args));
            expect([args, status, data.error]).toEqual([args, EXIT.OK, undefined]);
            return data;
          },
          lose: async (statement, ...args) => {
            front.loseAnswerAfter = statement;
            const { status, data } = await run(...at(args));
            const { message, hint } = data.error as { message: string; hint: string };
            expect([args, status, front.loseAnswerAfter]).toEqual([args, EXIT.SERVICE, undefined]);
            return `${message}\n${hint}`;
          },
          unfinished: () =>
            existsSync(orders) ? readdirSync(orders).filter((name) => !name.endsWith(".lock")) : [],
        });
      } finally {
        await front.close();
      }
    });

  it("a top-up is booked once by the same command, which says so, and again only by a third", () =>
    withDesk(async ({ ask, lose, unfinished, folder }) => {
      const before = BigInt((await ask("cards", "show", "0001")).left as string);
      const left = async () => BigInt((await ask("cards", "show", "0001")).left as string) - before;
      const topUp = ["cards", "top-up", "0001", "--yes", "--amount", "5000sat"];
      const said = await lose(BOOKS_ORDERS, ...topUp);
      expect(said).toMatch(/may be booked \(reference \d{8}-[0-9a-f]{12}\)[\s\S]*same command again/);
      expect(await left()).toBe(5_000_000n);
      expect(unfinished()).toHaveLength(1);
      const [file = ""] = unfinished();
      const { reference } = JSON.parse(readFileSync(join(folder, "orders", file), "utf8"));
      expect(said).toContain(reference);
      const other = await run(...topUp, "--reference", "mine", "--issuer", folder);
      expect(other).toMatchObject({ status: EXIT.INPUT });
      expect(JSON.stringify(other.data)).toMatch(/is unfinished since/);
      expect(await ask(...topUp)).toMatchObject({ repeated: true, reference, amount: "5000000" });
      expect([await left(), unfinished()]).toEqual([5_000_000n, []]);
      expect(await ask(...topUp)).toMatchObject({ repeated: false });
      expect(await left()).toBe(10_000_000n);
    }));

  it("a reference of one's own books once, whatever the folder knows", () =>
    withDesk(async ({ ask, lose, unfinished, folder }) => {
      const topUp = ["cards", "top-up", "0001", "--yes", "--amount", "5000sat", "--reference", "slip-17"];
      expect(await lose(BOOKS_ORDERS, ...topUp)).toContain("(reference slip-17)");
      rmSync(join(folder, "orders"), { recursive: true });
      for (let i = 0; i < 2; i++) expect(await ask(...topUp)).toMatchObject({ repeated: true });
      expect(unfinished()).toEqual([]);
      const shown = await ask("cards", "show", "0001");
      expect(shown.operations).toMatchObject([{ kind: "fund" }, { kind: "fund", reference: "slip-17" }]);
    }));

  it("replacement, reversal and cash-out are each booked once", () =>
    withDesk(async ({ ask, lose, unfinished }) => {
      await ask("cards", "top-up", "0001", "--yes", "--amount", "7sat");
      for (const [command, result] of [
        [["cards", "reverse", "0001", "--yes"], { reversed: "7000" }],
        [["cards", "replace", "0001", "0002", "--yes"], { repeated: true }],
        [["cards", "cash-out", "0002", "--yes"], { repeated: true }],
      ] as const) {
        expect(await lose(BOOKS_ORDERS, ...command)).toContain("may be booked");
        expect(await ask(...command)).toMatchObject({ ...result, repeated: true });
        expect(unfinished()).toEqual([]);
      }
      const kinds = async (card: string) =>
        ((await ask("cards", "show", card)).operations as { kind: string }[]).map(({ kind }) => kind);
      expect(await kinds("0001")).toEqual(["fund", "fund", "reverse", "move-out"]);
      expect(await kinds("0002")).toEqual(["fund", "move-in", "cash-out"]);
      expect(await ask("ledger", "verify")).toMatchObject({ violations: [] });
    }));

  it("a closed event pays every card out once, and its list has all of them", () =>
    withDesk(async ({ ask, lose, folder }) => {
      const close = ["issuer", "close-event", folder, "--cash-out-all", "--yes"];
      const { total } = await ask("issuer", "close-event", folder);
      for (let i = 0; i < 2; i++) {
        const said = await lose(BOOKS_OPERATION, ...close);
        expect(said).toMatch(/may be booked[\s\S]*same command again/);
      }
      const closed = await ask(...close, "--note", "of another run");
      expect(closed).toMatchObject({ paidOut: total });
      expect(closed.payouts).toHaveLength(3);
      expect(await ask(...close)).toMatchObject({ due: [], paidOut: total, payouts: closed.payouts });
      expect(await ask("ledger", "verify")).toMatchObject({ violations: [] });
    }));
});
