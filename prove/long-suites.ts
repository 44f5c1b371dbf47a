import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.js";
import { runTests, type TestRun } from "./test-run.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface SuiteOptions {
  /** Of vitest, from the root. */
  readonly config?: string;
  /** Makes what the tests need. @returns what is missing, as a sentence */
  readonly prepare?: () => Promise<string | undefined>;
}

const secondsSince = (started: number): number => (performance.now() - started) / 1000;

/** Builds the newest and the oldest lnd, where they are not built yet: minutes of computing. */
async function buildLnd(): Promise<string | undefined> {
  for (const which of ["newest", "oldest"]) {
    const script = join(ROOT, "scripts/build-lnd.mjs");
    const building = spawn(process.execPath, [script, which], { stdio: ["ignore", "ignore", "inherit"] });
    const [code] = await once(building, "close");
    if (code !== 0) return `the ${which} lnd is not built: node scripts/build-lnd.mjs ${which} says why`;
  }
  return undefined;
}

/** Test files that `npm test` runs with a share, run in full: databases, processes and kills need their own set-up. */
function longSuite(
  name: string,
  about: string,
  files: readonly string[],
  env: (seed: number) => Readonly<Record<string, string>>,
  { config, prepare = async () => undefined }: SuiteOptions = {},
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
      const problem = await prepare();
      if (problem !== undefined) {
        const failure = { where: "before the tests", what: problem, replay: `--only ${name}` };
        return { units: 0, counts: {}, failures: [failure], seed, seconds: secondsSince(started) };
      }
      const run = await runTests({
        ...{ root: ROOT, files, seconds, secondsPerTest: 3600, env: env(seed) },
        ...(config !== undefined && { config }),
      });
      return { ...resultOf(run, name, seed), seconds: secondsSince(started) };
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
    "bolt-cards",
    "services killed at every step of a Bolt Card's reading and payment, on both databases; terminals killed around the callback; tokens during a flood",
    [
      "test/issuer/bolt-kills.bolt.test.ts",
      "test/bolt-card/kills.bolt.test.ts",
      "test/server/bolt-flood.bolt.test.ts",
    ],
    () => ({ CHEQUECARD_PROVE: "full" }),
    { config: "test/vitest.bolt.config.ts" },
  ),
  longSuite(
    "issuer",
    "random festivals against a model, eight processes, kills at every step, on both databases; the proof after every commit, full disks, lying nodes, one invoice of two cards",
    ["model", "processes", "every-commit", "full-disk", "lying-node", "reserved-unpaid", "same-invoice"].map(
      (file) => `test/issuer/${file}.test.ts`,
    ),
    (seed) => ({ CHEQUECARD_PROVE: "full", CHEQUECARD_PROVE_SEED: String(seed) }),
  ),
  longSuite(
    "lnd",
    "real lnd and btcd: the contract of a node, deputies, LDK on the same chain, kills at any moment of a payment, a channel closed by force, macaroons, certificates, the oldest version and its upgrade",
    ["test"],
    () => ({ CHEQUECARD_PROVE: "full", CHEQUECARD_LND_KILLS: "100" }),
    { config: "test/vitest.lnd.config.ts", prepare: buildLnd },
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
