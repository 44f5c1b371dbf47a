import { afterAll, beforeAll, describe, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { Bench } from "../../testing/issuer/service.js";
import { BOLT_STEPS, proveBoltKill } from "./prove-bolt-kills.js";

const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

describe("a process killed on the way of a Bolt Card's payment", () => {
  it.each(BOLT_STEPS)("at %s takes no reading twice and pays nothing twice, on sqlite", async (step) => {
    await proveBoltKill(bench, program, "sqlite", step);
  });

  it.each(["in-reading", "in-reserve", "reserved", "paid", "in-settle"] as const)(
    "at %s takes no reading twice and pays nothing twice, on postgres",
    async (step) => {
      await proveBoltKill(bench, program, "postgres", step);
    },
  );
});
