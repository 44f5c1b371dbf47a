import "../testing/english.js";
import { availableParallelism, cpus } from "node:os";
import { secp256k1 } from "../common/index.js";
import { boltCardsBenchmark } from "./bolt-cards.js";
import { deputyBenchmark } from "./deputy.js";
import { floodsBenchmark } from "./floods.js";
import { issuerBenchmark } from "./issuer/index.js";
import { lndBenchmark } from "./lnd/index.js";
import type { Benchmark, Figure } from "./measure.js";
import { nodesBenchmark } from "./nodes.js";
import { offlineBenchmark } from "./offline.js";
import { offlinePacksBenchmark } from "./offline-packs.js";
import { pagesBenchmark } from "./pages.js";
import { paymentBenchmark } from "./payment.js";
import { pcscBenchmark } from "./pcsc.js";
import { personalizationBenchmark } from "./personalization.js";
import { startupBenchmark } from "./startup.js";
import { tapBenchmark } from "./tap.js";
import { verificationBenchmark } from "./verification.js";

const BENCHMARKS: readonly Benchmark[] = [
  tapBenchmark,
  verificationBenchmark,
  pcscBenchmark,
  deputyBenchmark,
  paymentBenchmark,
  nodesBenchmark,
  lndBenchmark,
  offlineBenchmark,
  floodsBenchmark,
  offlinePacksBenchmark,
  personalizationBenchmark,
  issuerBenchmark,
  boltCardsBenchmark,
  startupBenchmark,
  pagesBenchmark,
];

const USAGE = `Usage: npm run bench [-- --large] [-- --only <part of a name>] [-- --json]

Prints figures, each with what it is compared with in the same run. Figures never fail: machines are noisy.`;

function reached({ value, goal }: Figure): string {
  if (!goal) return "";
  const { atMost, atLeast } = goal;
  const met = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  const limit = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  return `${met ? "met" : "MISSED"}: ${limit}`;
}

const digits = (value: number): string =>
  value >= 1000
    ? value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",")
    : value >= 10
      ? value.toFixed(1)
      : value.toFixed(3);

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return;
  }
  const json = args.includes("--json");
  const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "") : "";
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.version}, secp256k1 by ${secp256k1.name}`;
  if (!json) console.log(machine);
  const results: Record<string, readonly Figure[]> = {};
  for (const benchmark of BENCHMARKS) {
    if (!benchmark.name.toLowerCase().includes(only.toLowerCase())) continue;
    if (!json) console.log(`\n${benchmark.name}`);
    const figures = await benchmark.run({ large: args.includes("--large") });
    results[benchmark.name] = figures;
    if (json) continue;
    for (const figure of figures)
      console.log(
        `  ${figure.name.padEnd(44)} ${digits(figure.value).padStart(10)} ${figure.unit.padEnd(6)} ${reached(figure).padEnd(22)} ${figure.note}`.trimEnd(),
      );
  }
  if (json) console.log(JSON.stringify({ machine, results }, null, 2));
}

await main(process.argv.slice(2));
