import { afterAll, describe, expect, it } from "vitest";
import { Bench } from "../../testing/issuer/service.js";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { SeededRandom } from "../../testing/random.js";
import { failAtRandom, RETRIED } from "../../testing/statement-faults/at-random.js";
import { Databases, ISOLATIONS } from "../../testing/statement-faults/databases.js";
import type { Statement } from "../../testing/statement-faults/gate.js";
import { proveFestivals } from "./festival.js";

const bench = new Bench();
afterAll(() => bench.close());

/** The long campaign of `npm run prove` instead of the share of `npm test`. */
const FULL = process.env.CHEQUECARD_PROVE === "full";
const seed = Number.parseInt(process.env.CHEQUECARD_PROVE_SEED ?? "20270115", 10);

/** Of so many statements of a transaction that writes one fails. */
const EVERY = 20;
/** Failures without a commit between them: fewer than the ledger's attempts, so that the last one goes through. */
const MAX_IN_A_ROW = 5;

describe("the service does what the model does", () => {
  it.each([
    ["sqlite", FULL ? 2000 : 80],
    ["postgres", FULL ? 400 : 20],
  ] as const)("on %s, whatever happens, in whatever order", async (kind, runs) => {
    await proveFestivals(bench, kind, { runs, seed });
  });

  it.runIf(postgresBinaries())("on postgres, while the server fails statements", async () => {
    const databases = await Databases.open();
    const random = new SeededRandom(seed);
    const [gate] = databases.gates;
    let failed = 0;
    let inARow = 0;
    const location = async () => {
      gate.onStatement = () => undefined;
      const database = await databases.empty(random.pick(ISOLATIONS));
      failAtRandom({ gate, server: database.faults, random, kinds: RETRIED, strikes });
      return databases.urls(database)[0];
    };
    // What writes is tried again, so that no caller sees the difference.
    const strikes = ({ path }: Statement): boolean => {
      const isWrite = /^start transaction .*read write\n/.test(path);
      if (path.endsWith("\ncommit")) inARow = 0;
      if (!isWrite || inARow === MAX_IN_A_ROW || !random.oneIn(EVERY)) return false;
      inARow++;
      failed++;
      return true;
    };
    try {
      await proveFestivals(bench, "postgres", { runs: FULL ? 100 : 6, seed, location });
      expect(failed).toBeGreaterThan(10);
      expect(gate.breaches).toEqual([]);
    } finally {
      await databases.close();
    }
  });
});
