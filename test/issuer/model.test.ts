import { afterAll, describe, it } from "vitest";
import { proveFestivals } from "./festival.js";
import { Bench } from "./service.js";

const bench = new Bench();
afterAll(() => bench.close());

describe("the service does what the model does", () => {
  it.each([
    ["sqlite", 80],
    ["postgres", 20],
  ] as const)("on %s, whatever happens, in whatever order", async (kind, runs) => {
    await proveFestivals(bench, kind, { runs, seed: 20_270_115 });
  });
});
