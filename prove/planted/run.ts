import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Campaign } from "../campaign.js";
import { fuzzing } from "../fuzz/campaign.js";
import { projectRoot } from "../fuzz/vectors.js";
import { model } from "../model/campaign.js";
import { tearing } from "../tearing/sweep.js";
import { PLANTED_BUGS, type PlantedBug } from "./bugs.js";

/** What became of a planted bug. */
export interface Planted {
  readonly bug: string;
  readonly file: string;
  /** Campaigns that failed because of it, with what they said first. */
  readonly caughtBy: readonly { readonly campaign: string; readonly said: string }[];
}

interface PlantedOptions {
  readonly seed: number;
  /** For each bug, over all campaigns. */
  readonly seconds: number;
  /** Only bugs whose names contain it. */
  readonly only: string;
  readonly tell: (text: string) => void;
}

/** Not part of the sources, or made from them. */
const LEFT_OUT = ["node_modules", "dist"];
/** Campaigns that look for the planted bugs: those that test card and codecs in this process. */
const LOOKING: readonly Campaign[] = [tearing, model, fuzzing];

/** A copy of the sources that is compiled on its own. */
class Tree {
  readonly folder = mkdtempSync(join(tmpdir(), "chequecard-planted-"));
  readonly #root = projectRoot();

  constructor() {
    for (const name of readdirSync(this.#root))
      if (!name.startsWith(".") && !LEFT_OUT.includes(name))
        cpSync(join(this.#root, name), join(this.folder, name), { recursive: true });
    symlinkSync(join(this.#root, "node_modules"), join(this.folder, "node_modules"));
    const options = { noEmit: false, outDir: "dist", rootDir: ".", noUnusedLocals: false };
    const config = { extends: "./tsconfig.json", compilerOptions: options, include: ["prove", "types"] };
    writeFileSync(join(this.folder, "tsconfig.planted.json"), JSON.stringify(config));
  }

  /** Compiles; a type error does not keep a bug from being tried. */
  compile(): void {
    const compiler = join(this.#root, "node_modules", "typescript", "bin", "tsc");
    spawnSync(process.execPath, [compiler, "-p", "tsconfig.planted.json"], { cwd: this.folder });
  }

  /** Runs the sources with a bug in them. @throws RangeError when the bug no longer fits the source */
  with<T>(bug: PlantedBug, run: () => T): T {
    const path = join(this.folder, bug.file);
    const compiled = join(this.folder, "dist", bug.file.replace(/\.ts$/, ".js"));
    const source = readFileSync(path, "utf8");
    const before = readFileSync(compiled, "utf8");
    let changed = source;
    for (const [piece, instead] of bug.edits) {
      if (changed.split(piece).length !== 2)
        throw new RangeError(
          `${bug.file}: "${bug.name}" no longer fits: the piece does not stand there once`,
        );
      changed = changed.replace(piece, () => instead);
    }
    try {
      writeFileSync(path, changed);
      this.compile();
      if (readFileSync(compiled, "utf8") === before)
        throw new RangeError(`${bug.file}: "${bug.name}" changes nothing in what is compiled`);
      return run();
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Runs one campaign. @returns its first failure, undefined when it found nothing */
  prove(campaign: string, seconds: number, seed: number): string | undefined {
    const args = [
      "--only",
      campaign,
      "--budget",
      String(seconds),
      "--seed",
      String(seed),
      "--first",
      "--json",
    ];
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, ["dist/prove/index.js", ...args], {
      cwd: this.folder,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      timeout: (seconds + 60) * 1000,
    });
    if (status === 0) return undefined;
    if (signal) return `did not end ${seconds + 60} seconds after it began`;
    try {
      const report = JSON.parse(stdout) as { campaigns: { failures: { where: string; what: string }[] }[] };
      const first = report.campaigns[0]?.failures[0];
      return first && `${first.where}: ${first.what}`;
    } catch {
      return `ended by itself: ${stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? ""}`;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Plants one bug after the other in a copy of the sources and has every campaign look for it. */
export async function runPlanted({ seed, seconds, only, tell }: PlantedOptions): Promise<Planted[]> {
  const tree = new Tree();
  const each = Math.max(2, Math.floor(seconds / LOOKING.length));
  try {
    tree.compile();
    execFileSync(process.execPath, ["dist/prove/index.js", "--help"], { cwd: tree.folder });
    const found: Planted[] = [];
    for (const bug of PLANTED_BUGS.filter(({ name }) => name.includes(only))) {
      const caughtBy = tree.with(bug, () =>
        LOOKING.flatMap(({ name }) => {
          const said = tree.prove(name, each, seed);
          return said === undefined ? [] : [{ campaign: name, said: said.slice(0, 300) }];
        }),
      );
      tell(`${bug.name}: ${caughtBy.map(({ campaign }) => campaign).join(", ") || "NOT CAUGHT"}`);
      found.push({ bug: bug.name, file: bug.file, caughtBy });
    }
    return found;
  } finally {
    tree.remove();
  }
}

/** One line for each bug. */
export function renderPlanted(found: readonly Planted[]): string {
  const width = Math.max(...found.map(({ bug }) => bug.length));
  const lines = found.map(
    ({ bug, caughtBy }) =>
      `${bug.padEnd(width)}  ${caughtBy.map(({ campaign }) => campaign).join(", ") || "NOT CAUGHT"}`,
  );
  const caught = found.filter(({ caughtBy }) => caughtBy.length > 0).length;
  return [...lines, "", `${caught} of ${found.length} planted bugs caught`].join("\n");
}
