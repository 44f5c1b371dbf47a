import { afterAll, describe, it } from "vitest";
import { proveFestivals } from "./festival.js";
import { Bench } from "./service.js";

const bench = new Bench();
afterAll(() => bench.close());

/** The long campaign of `npm run prove` instead of the share of `npm test`. */
const FULL = process.env.CHEQUECARD_PROVE === "full";
const seed = Number.parseInt(process.env.CHEQUECARD_PROVE_SEED ?? "20270115", 10);

describe("the service does what the model does", () => {
  it.each([
    ["sqlite", FULL ? 2000 : 80],
    ["postgres", FULL ? 400 : 20],
  ] as const)("on %s, whatever happens, in whatever order", async (kind, runs) => {
    await proveFestivals(bench, kind, { runs, seed });
  });
});
