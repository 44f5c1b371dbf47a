import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { SeededRandom } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { boltScene } from "./bolt-scene.js";
import { closingScene } from "./closing-scene.js";
import { DESK_ORDERS, deskScene } from "./desk-scene.js";
import { initScene } from "./init-scene.js";
import { backupScene, restoreScene } from "./ledger-file-scenes.js";
import { newPinScene } from "./new-pin-scene.js";
import { inNewFolder, type Scene } from "./scene.js";
import { type Programs, runVictim, type Strike, type VictimEnd } from "./victim.js";

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const COMPILED: Programs = { program: at("../../cli/main.js"), striker: at("./striker.js") };
/** One in so many strikes falls at a time, not at a step; one in so many of those is Ctrl-C. */
const TIMED_ONE_IN = 4;
const INTERRUPT_ONE_IN = 2;
/** Of a command that is killed again and again: it gets at most so far at once. */
const LONG_STRIDE = 40;
/** One in so many commands that were struck is struck again when it is run again. */
const AGAIN_ONE_IN = 4;
/** Every so manieth run is of a command that takes many kills. */
const LONG_EVERY = 30;
const CARDS = 120;
/** Strikes of one run that a failure tells of, the last ones. */
const MAX_TOLD = 5;
const REPLAY = "--only issuer-kills";

/** Every command that changes an issuer's state by itself, in every state that it may find. */
const everyScene = (cards = CARDS): Scene[] => [
  initScene("in a file"),
  restoreScene("whole"),
  restoreScene("with a log"),
  restoreScene("damaged"),
  restoreScene("gone"),
  backupScene(),
  closingScene("in a file", cards),
  newPinScene(),
  boltScene(),
  ...DESK_ORDERS.map((order) => deskScene("in a file", order)),
  ...(postgresBinaries() === undefined
    ? []
    : [
        initScene("on PostgreSQL"),
        closingScene("on PostgreSQL", cards),
        deskScene("on PostgreSQL", "top-up"),
      ]),
];

/** A scene with its place, how many steps its command has, and those at which it was not ended yet. */
interface Stage {
  readonly scene: Scene;
  readonly template: string;
  readonly steps: readonly string[];
  readonly seconds: number;
  readonly left: number[];
}

/**
 * Ends commands of the issuer (SIGKILL, or SIGINT as Ctrl-C does) before each thing that they change on the disk, and
 * at any time; then what is there has to be right, and the same command run again has to get through.
 * @param programs the JavaScript files, unless they lie compiled beside this one
 */
export async function runCommandKills(
  options: CampaignOptions,
  scenes: readonly Scene[] = everyScene(),
  programs: Programs = COMPILED,
): Promise<CampaignResult> {
  const meter = new Meter(options);
  const random = new SeededRandom(options.seed);
  try {
    await inNewFolder(async (root) => {
      const stages: Stage[] = [];
      for (const [i, scene] of scenes.entries())
        stages.push(await setUp(scene, join(root, `scene-${i}`), programs, meter));
      const long = stages.filter(({ scene }) => scene.isLong);
      const short = stages.filter(({ scene }) => !scene.isLong);
      for (let run = 0; !meter.isOver; run++) {
        const folder = join(root, `run-${run}`);
        const stage = chosen(long, short, run);
        if (stage) await killThrough(stage, folder, programs, random, meter);
        rmSync(folder, { recursive: true, force: true });
        meter.tell("kills");
      }
      for (const { scene, steps, left } of short) {
        meter.count(`${scene.name}: steps`, steps.length);
        if (left.length > 0) meter.count(`${scene.name}: steps left out`, left.length);
      }
    });
  } finally {
    for (const scene of scenes) await scene.close?.();
  }
  return meter.result();
}

/** The command with the most steps at which it was not ended yet; now and then one that takes many kills. */
function chosen(long: readonly Stage[], short: readonly Stage[], run: number): Stage | undefined {
  const isLong = short.length === 0 || run % LONG_EVERY === LONG_EVERY - 1;
  if (isLong && long.length > 0) return long[Math.floor(run / LONG_EVERY) % long.length];
  const [next] = [...short].sort((a, b) => b.left.length - a.left.length);
  return next && next.left.length > 0 ? next : short[run % short.length];
}

/** Makes a place, and runs the command there once without a strike to see its steps. */
async function setUp(scene: Scene, folder: string, programs: Programs, meter: Meter): Promise<Stage> {
  const template = join(folder, "template");
  mkdirSync(template, { recursive: true });
  await scene.prepare(template);
  const work = scene.isCopied ? join(folder, "work") : template;
  if (scene.isCopied) cpSync(template, work, { recursive: true });
  const log = join(folder, "steps");
  const end = await runVictim(programs, scene.command(work), undefined, log);
  report(meter, scene, ["not struck"], await checkEnd(scene, work, end));
  const steps = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  return { scene, template, steps, seconds: end.seconds, left: steps.map((_, i) => i + 1) };
}

/** Strikes a command, runs it again, strikes it again perhaps, and so on until it gets through. */
async function killThrough(
  stage: Stage,
  folder: string,
  programs: Programs,
  random: SeededRandom,
  meter: Meter,
): Promise<void> {
  const { scene, template } = stage;
  if (scene.isCopied) cpSync(template, folder, { recursive: true });
  else {
    mkdirSync(folder);
    await scene.prepare(folder);
  }
  const command = scene.command(folder);
  const strikes: string[] = [];
  for (let runs = 0; ; runs++) {
    const strike = meter.isOver ? undefined : nextStrike(stage, runs, random);
    const end = await runVictim(programs, command, strike);
    if (strike) strikes.push(describe(stage, strike, end));
    if (end.struck) {
      meter.units++;
      meter.count(`${scene.name}: ${strike?.signal === "SIGINT" ? "interrupted" : "killed"}`);
    }
    const isTold = end.struck && scene.isTold?.(end) === true;
    const problems = isTold
      ? await looked(scene.after(folder, end))
      : end.struck
        ? await looked(scene.between(folder))
        : await checkEnd(scene, folder, end);
    report(meter, scene, strikes.slice(-MAX_TOLD), problems);
    if (!end.struck || isTold || problems.length > 0) return;
  }
}

function nextStrike(stage: Stage, runs: number, random: SeededRandom): Strike | undefined {
  if (runs > 0 && !stage.scene.isLong && !random.oneIn(AGAIN_ONE_IN)) return undefined;
  const signal = random.oneIn(TIMED_ONE_IN * INTERRUPT_ONE_IN) ? "SIGINT" : "SIGKILL";
  // What a database server keeps is no step here.
  const isElsewhere = stage.scene.isLong && stage.steps.length < LONG_STRIDE;
  if (signal === "SIGINT" || isElsewhere || random.oneIn(TIMED_ONE_IN))
    return { at: "time", ms: random.below(Math.ceil(1000 * stage.seconds)), signal };
  if (stage.scene.isLong) return { at: "step", step: 1 + random.below(LONG_STRIDE), signal };
  const [step] = runs === 0 ? stage.left.splice(random.below(stage.left.length), 1) : [];
  return { at: "step", step: step ?? 1 + random.below(stage.steps.length), signal };
}

function describe({ steps }: Stage, strike: Strike, { struck }: VictimEnd): string {
  const where =
    strike.at === "time"
      ? `after ${strike.ms} ms`
      : `before step ${strike.step} (${steps[strike.step - 1] ?? "of a later run"})`;
  return `${strike.signal} ${where}${struck ? "" : ", too late"}`;
}

async function checkEnd(scene: Scene, folder: string, end: VictimEnd): Promise<string[]> {
  const isDone = end.code !== 0 && scene.alreadyDone?.test(end.out) === true;
  if (end.code !== 0 && !isDone) return [`ended with ${end.code}: ${end.out}${end.errors}`];
  return await looked(scene.after(folder, end));
}

/** What cannot even be read is wrong too. */
const looked = (looking: Promise<string[]>): Promise<string[]> =>
  looking.catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);

function report(meter: Meter, scene: Scene, strikes: readonly string[], problems: readonly string[]): void {
  const where = [scene.name, ...strikes].join(", ");
  for (const what of problems) meter.fail({ where, what, replay: REPLAY });
}

/** The kills as one part of the proof. */
export const commandKills: Campaign = {
  name: "issuer-kills",
  about:
    "issuer init, ledger restore and backup, close-event, new PINs and orders of the desk killed and interrupted at every step, and run again",
  unit: "kills",
  full: 600,
  run: (options) => runCommandKills(options),
};
