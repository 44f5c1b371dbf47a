import { describe, expect, it } from "vitest";
import { ParseError } from "../../common/index.js";
import { AppletError } from "../../simulator/index.js";
import { SeededRandom } from "../../testing/random.js";
import { readInput } from "../fuzz/bounds.js";
import { runFuzz } from "../fuzz/campaign.js";
import { MAX_INPUT, Mutator } from "../fuzz/mutate.js";
import { regressionInput, regressionVectors } from "../fuzz/regressions.js";
import { apdusTo } from "../fuzz/targets/card.js";
import { fuzzTargets } from "../fuzz/targets/index.js";

const targets = await fuzzTargets();
const vectors = regressionVectors();

describe("fuzzing", () => {
  it("a share of the inputs finds nothing", async () => {
    const options = { seed: 819, budget: { seconds: Number.POSITIVE_INFINITY, units: 12_000 } };
    const { failures, units, counts } = await runFuzz(options, false);
    expect(failures).toEqual([]);
    expect(units).toBe(12_000);
    expect(counts["ways of being read or refused"]).toBeGreaterThan(800);
  });

  it.each(targets.map((target) => [target.name, target] as const))(
    "%s: its corpus is read or refused as it must be",
    async (_, target) => {
      const corpus = target.corpus();
      expect(corpus.length).toBeGreaterThan(0);
      for (const input of corpus.slice(0, 200)) {
        const { problem } = await readInput(target, input, false);
        expect(problem).toBeUndefined();
      }
    },
  );

  it.each(vectors.map((vector) => [vector.target, vector.comment, vector] as const))(
    "%s: %s",
    async (name, _, vector) => {
      const target = targets.find((candidate) => candidate.name === name);
      expect(target).toBeDefined();
      const reading = target && (await readInput(target, regressionInput(vector), false));
      expect(reading?.problem).toBeUndefined();
    },
  );

  it("tells typed from untyped errors, and what grows", async () => {
    const target = (run: (input: Uint8Array) => unknown) => ({ name: "x", weight: 1, corpus: () => [], run });
    const read = async (run: (input: Uint8Array) => unknown) =>
      (await readInput(target(run), new Uint8Array(3), false)).problem;
    expect(
      await read(() => {
        throw new ParseError("x", "wrong");
      }),
    ).toBeUndefined();
    expect(await read(() => Buffer.alloc(1).readUInt32BE(0))).toContain("threw RangeError");
    expect(await read(async () => JSON.parse("{"))).toContain("threw SyntaxError");
    expect(await read(() => new Uint8Array(1 << 20))).toContain("grew");
    expect(await read(() => [{ a: new Uint8Array(1000) }])).toBeUndefined();
  });

  it("takes no error of a card for a refusal", async () => {
    const gone = () => {
      throw new AppletError("the applet's process is gone");
    };
    const { problem } = await readInput(apdusTo("x", gone), new Uint8Array(8), false);
    expect(problem).toContain("gave no answer: the applet's process is gone");
  });

  it("mutates the same way from the same seed, within 64 KiB", () => {
    const run = (seed: number) => {
      const mutator = new Mutator(new SeededRandom(seed), ["word"]);
      return Array.from({ length: 1_500 }, () => mutator.next([new Uint8Array(50), new Uint8Array(300)]));
    };
    const inputs = run(1);
    expect(run(1)).toEqual(inputs);
    expect(run(2)).not.toEqual(inputs);
    expect(Math.max(...inputs.map(({ length }) => length))).toBe(MAX_INPUT);
  });
});
