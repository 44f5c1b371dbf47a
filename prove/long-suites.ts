import { fileURLToPath } from "node:url";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.js";
import { runTests, type TestRun } from "./test-run.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Test files that `npm test` runs with a share, run in full: databases, processes and kills need their own set-up. */
function longSuite(
  name: string,
  about: string,
  files: readonly string[],
  env: (seed: number) => Readonly<Record<string, string>>,
): Campaign {
  return {
    name,
    about,
    unit: "tests",
    full: 1,
    async run({ seed, budget, progress }: CampaignOptions): Promise<CampaignResult> {
      const started = performance.now();
      progress?.(`running ${files.join(", ")}`);
      const { seconds } = budget;
      const run = await runTests({ root: ROOT, files, seconds, secondsPerTest: 3600, env: env(seed) });
      return { ...resultOf(run, name, seed), seconds: (performance.now() - started) / 1000 };
    },
  };
}

function resultOf(run: TestRun | undefined, name: string, seed: number): Omit<CampaignResult, "seconds"> {
  // Ended by the budget before its end: nothing is proven, and nothing was found.
  if (!run) return { units: 0, counts: { "ended by the budget": 1 }, failures: [], seed };
  const { passed, failed, broken } = run;
  const replay = `--only ${name} --seed ${seed}`;
  return {
    units: passed.length + failed.length,
    counts: { passed: passed.length },
    failures: [
      ...failed.map(({ title, what }) => ({ where: title, what, replay })),
      ...broken.map((file) => ({ where: file, what: "the file could not be run", replay })),
    ],
    seed,
  };
}

export const LONG_SUITES: readonly Campaign[] = [
  longSuite(
    "issuer",
    "random festivals against a model, eight processes, kills at every step, on both databases; the proof after every commit, full disks, lying nodes, one invoice of two cards",
    ["model", "processes", "every-commit", "full-disk", "lying-node", "reserved-unpaid", "same-invoice"].map(
      (file) => `test/issuer/${file}.test.ts`,
    ),
    (seed) => ({ CHEQUECARD_PROVE: "full", CHEQUECARD_PROVE_SEED: String(seed) }),
  ),
  longSuite(
    "stories",
    "every attack of SECURITY.md, acted out with the real parts",
    ["test/security"],
    () => ({}),
  ),
  longSuite(
    "batches",
    "batches of 50 cards, killed at random moments and resumed; new PINs, torn at every write",
    ["test/personalize/kill.test.ts", "test/cli/new-pin-torn.test.ts"],
    () => ({ CHEQUECARD_KILLED_BATCHES: "100", CHEQUECARD_NEW_PIN_STRIDE: "1" }),
  ),
];
