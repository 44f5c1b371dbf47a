import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Benchmark, type Figure, median } from "./measure.js";

const PROGRAM = resolve(import.meta.dirname, "../cli/chequecard.cjs");
const NODE_URI = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798@127.0.0.1:9735";
const RUNS = 9;
/** Tells the processor time of its process, in microseconds, on descriptor 3. */
const CLOCK = `process.on("exit", () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  require("node:fs").writeSync(3, String(userCPUTime + systemCPUTime));
});`;

/** Processor time that each command takes from its start to its end, beside that of a Node.js that does nothing. */
export const startupBenchmark: Benchmark = {
  name: "Start-up of the command",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "chequecard-startup-"));
    try {
      return measured(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function measured(folder: string): Figure[] {
  const clock = join(folder, "clock.cjs");
  const empty = join(folder, "empty.cjs");
  const card = join(folder, "card.json");
  writeFileSync(clock, CLOCK);
  writeFileSync(empty, "");
  const milliseconds = (args: readonly string[]): number => {
    const { status, output } = spawnSync(process.execPath, ["--require", clock, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${output[2]}`);
    return Number(output[3]) / 1000;
  };
  milliseconds([PROGRAM, "simulate", "new", card, "--node-uri", NODE_URI]);
  const commands = [
    { name: "--version", args: [PROGRAM, "--version"], atMost: 3 },
    { name: "--help", args: [PROGRAM, "--help"], atMost: 3 },
    { name: "card info, simulated card", args: [PROGRAM, "card", "info", "--card", card], atMost: 6 },
  ];
  // By turns, so that a machine that slows down does so for all of them.
  const times = Array.from({ length: RUNS }, () => [
    milliseconds([empty]),
    ...commands.map(({ args }) => milliseconds(args)),
  ]);
  const [base = Number.NaN, ...each] = Array.from({ length: commands.length + 1 }, (_, i) =>
    median(times.map((row) => row[i] ?? Number.NaN)),
  );
  return [
    { name: "empty Node.js process", value: base, unit: "ms", note: "processor time, median" },
    ...commands.map(({ name, atMost }, i): Figure => {
      const time = each[i] ?? Number.NaN;
      return {
        name: `${name} / empty process`,
        value: time / base,
        unit: "x",
        note: `${time.toFixed(0)} ms of processor time, same run`,
        goal: { atMost },
      };
    }),
  ];
}
