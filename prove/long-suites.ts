import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Campaign, CampaignOptions, CampaignResult } from "./campaign.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

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
      const folder = mkdtempSync(join(tmpdir(), "chequecard-prove-"));
      const output = join(folder, "report.json");
      progress?.(`running ${files.join(", ")}`);
      const command = [
        join(ROOT, "node_modules/vitest/vitest.mjs"),
        "run",
        "--reporter=json",
        `--outputFile=${output}`,
      ];
      const limits = ["--testTimeout=3600000", "--hookTimeout=120000"];
      const child = spawn(process.execPath, [...command, ...limits, ...files], {
        cwd: ROOT,
        env: { ...process.env, ...env(seed) },
        stdio: "ignore",
        ...(Number.isFinite(budget.seconds) ? { timeout: Math.ceil(budget.seconds * 1000) } : {}),
      });
      await new Promise((resolve) => child.once("exit", resolve));
      try {
        return { ...read(output, name, seed), seconds: (performance.now() - started) / 1000 };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function read(output: string, name: string, seed: number): Omit<CampaignResult, "seconds"> {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(output, "utf8")) as Report;
  } catch {
    // Ended by the budget before its end: nothing is proven, and nothing was found.
    return { units: 0, counts: { "ended by the budget": 1 }, failures: [], seed };
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = report.testResults.filter(({ assertionResults }) => assertionResults.length === 0);
  const failed = tests.filter(({ status }) => status === "failed");
  const replay = `--only ${name} --seed ${seed}`;
  return {
    units: tests.length,
    counts: { passed: tests.filter(({ status }) => status === "passed").length },
    failures: [
      ...failed.map(({ fullName, failureMessages }) => ({
        where: fullName,
        what: (failureMessages[0] ?? "failed").split("\n")[0] ?? "failed",
        replay,
      })),
      ...broken.map(({ name: file }) => ({ where: file, what: "the file could not be run", replay })),
    ],
    seed,
  };
}

export const LONG_SUITES: readonly Campaign[] = [
  longSuite(
    "issuer",
    "random festivals against a model, eight processes, kills at every step, on both databases",
    ["test/issuer/model.test.ts", "test/issuer/processes.test.ts"],
    (seed) => ({ CHEQUECARD_PROVE: "full", CHEQUECARD_PROVE_SEED: String(seed) }),
  ),
  longSuite(
    "batches",
    "batches of 50 cards, killed at random moments and resumed",
    ["test/personalize/kill.test.ts"],
    () => ({ CHEQUECARD_KILLED_BATCHES: "100" }),
  ),
];
