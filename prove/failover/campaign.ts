import { fork, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MEMORY } from "../../testing/memory.js";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { Caller } from "../../testing/processes/channel.js";
import { SeededRandom } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import type { Replication } from "./cluster.js";
import type { FailoverOrder } from "./failover-process.js";
import { FAULT_NAMES, type FaultName } from "./faults.js";
import type { FaultReport } from "./run.js";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PROGRAMS = ["/usr/bin/etcd", "/usr/bin/patroni", "/usr/sbin/haproxy", "/usr/bin/psql", "/usr/bin/curl"];
/** It takes at least that long to make a cluster and to see one fault of it. */
const MIN_SECONDS = 180;
/** Of each fault in each mode, in a full run. */
const ROUNDS = 5;
const MODES: readonly Replication[] = ["synchronous", "asynchronous"];
/** Network, mounts and processes of its own: nothing of the machine is touched, and everything ends with it. */
const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** Why no cluster can be run here, as half a sentence; undefined: it can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "need root for namespaces of their own";
  const missing = PROGRAMS.filter((path) => !existsSync(path));
  if (missing.length > 0 || !postgresBinaries())
    return `need Debian's etcd-server, patroni, haproxy, postgresql and curl`;
  const tried = spawnSync("unshare", [...NAMESPACES, "ip", "link", "add", "b0", "type", "bridge"]);
  return tried.status === 0 ? undefined : "need namespaces and a bridge (ip link add type bridge)";
}

/** Every fault so many times, in an order that follows from the seed. */
function faultsOf(seed: number, units: number): FaultName[] {
  const random = new SeededRandom(seed);
  const faults: FaultName[] = [];
  while (faults.length < units) {
    const left = [...FAULT_NAMES];
    while (left.length > 0) faults.push(...left.splice(random.below(left.length), 1));
  }
  return faults.slice(0, units);
}

/** Fails one cluster until the faults or the time are over. */
async function runCluster(
  order: Omit<FailoverOrder, "folder">,
  seconds: number,
  onFault: (report: FaultReport) => void,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(MEMORY, "chequecard-failover-"));
  const child = fork(at("./failover-process.js"), [JSON.stringify({ ...order, folder })], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execPath: "unshare",
    execArgv: [...NAMESPACES, "--", process.execPath],
    // Ctrl-C ends this process, and by that everything in the namespaces.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const caller = new Caller({
    send: () => undefined,
    onMessage: (handler) => void child.on("message", handler),
    onGone: (handler) => void child.once("exit", handler),
  });
  let problem: string | undefined = "the cluster ended before its time";
  caller.on<FaultReport>("fault", onFault);
  caller.on<string>("failed", (what) => {
    problem = what;
  });
  caller.on("done", () => {
    problem = undefined;
  });
  const timer = setTimeout(() => {
    problem = undefined;
    child.disconnect();
  }, seconds * 1000);
  await ended;
  clearTimeout(timer);
  rmSync(folder, { recursive: true, force: true });
  return problem;
}

/** Made by the build from testing/processes/issuer-process.ts. */
const SERVICE = at("../../testing/processes/issuer-process.js");
const DOCUMENT = at("../../../docs/scale.md");

async function runFailover(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const { seed, budget } = options;
  const why = budget.seconds < MIN_SECONDS ? "too little time" : obstacle();
  if (why !== undefined) {
    meter.count(`left out: ${why}`);
    return meter.result();
  }
  const lines: string[] = [];
  for (const [i, replication] of MODES.entries()) {
    const faults = faultsOf(seed, Math.ceil(budget.units / MODES.length));
    const seconds = Math.min(meter.secondsLeft / (MODES.length - i), 24 * 3600);
    const onFault = (report: FaultReport): void => {
      const { fault, before, after, gapMs, counts, problems } = report;
      meter.units++;
      meter.count(`${replication}: ${fault}`);
      for (const [what, n] of Object.entries(counts)) meter.count(`${replication}: ${what}`, n);
      const line = `${replication}, ${fault}: ${before} -> ${after}; ${(gapMs / 1000).toFixed(1)} s without a payment`;
      lines.push(line);
      options.progress?.(line);
      for (const what of problems) {
        options.progress?.(`  WRONG: ${what}`);
        meter.fail({ where: line, what, replay: `--only failover --seed ${seed}` });
      }
    };
    const problem = await runCluster(
      { replication, faults, service: SERVICE, document: DOCUMENT },
      seconds,
      onFault,
    );
    if (problem === undefined) continue;
    options.progress?.(`${replication} replication: ${problem}`);
    meter.fail({
      where: `${replication} replication`,
      what: problem,
      replay: `--only failover --seed ${seed}`,
    });
  }
  return { ...meter.result(), lines };
}

/** A ledger on three machines that fail, as one part of the proof. */
export const failover: Campaign = {
  name: "failover",
  about:
    "three machines with Patroni, etcd and HAProxy, set up as docs/scale.md says: killed, frozen, silent, switched over, without etcd, while cards are used, paid in, paid out and closed",
  unit: "runs",
  full: MODES.length * ROUNDS * FAULT_NAMES.length,
  run: runFailover,
};
