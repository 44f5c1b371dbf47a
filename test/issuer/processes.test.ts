import { afterAll, beforeAll, describe, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { Bench } from "../../testing/issuer/service.js";
import { proveKill, STEPS } from "./prove-kills.js";
import { proveProcesses } from "./prove-processes.js";

const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

/** The long campaign of `npm run prove` instead of the share of `npm test`. */
const FULL = process.env.CHEQUECARD_PROVE === "full";
const POSTGRES_STEPS = ["in-reserve", "reserved", "paid", "in-settle", "in-void", "in-gap"] as const;

describe("eight processes on one database", () => {
  it.each(["sqlite", "postgres"] as const)("pay each token once and never too much, on %s", async (kind) => {
    await proveProcesses(bench, kind, { program, processes: 8, authorizations: FULL ? 10_000 : 600 });
  });
});

describe("a process killed", () => {
  it.each(STEPS)("at %s loses nothing and doubles nothing, on sqlite", async (step) => {
    await proveKill(bench, program, "sqlite", step);
  });

  it.each(FULL ? STEPS : POSTGRES_STEPS)(
    "at %s loses nothing and doubles nothing, on postgres",
    async (step) => {
      await proveKill(bench, program, "postgres", step);
    },
  );
});
