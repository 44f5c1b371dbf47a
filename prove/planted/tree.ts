import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../fuzz/vectors.js";
import { runTests } from "../test-run.js";
import { type Part, type PlantedBug, partName, plant, type TestPart } from "./bug.js";

/** Not part of the sources, or made from them. */
const LEFT_OUT = ["node_modules", "dist"];
const PAGES = "test/vitest.pages.config.ts";
const PCSC = "test/vitest.pcsc.config.ts";
/** A launcher, which is not compiled: it lies below the root alone. */
const NAMESPACE = join(projectRoot(), "scripts/pcscd/namespace.mjs");
type Wrap = NonNullable<Parameters<typeof runTests>[0]["wrap"]>;
/** Tests with a configuration of their own: the Java Card applet's, Bolt Cards', and those in a browser. */
const CONFIGURED = [
  [/\.applet\.test\.ts$/, "test/vitest.applet.config.ts"],
  [/\.pages\.test\.ts$/, PAGES],
  [/\.pcsc\.test\.ts$/, PCSC],
  [/\.bolt\.test\.ts$/, "test/vitest.bolt.config.ts"],
] as const;
/** A campaign that was to end by itself is given so long to end. */
const GRACE_SECONDS = 60;

export interface Effort {
  readonly seed: number;
  /** Most seconds of one part. */
  readonly seconds: number;
}

/** A copy of the sources that is compiled and run on its own. */
export class Tree {
  readonly folder = mkdtempSync(join(tmpdir(), "chequecard-planted-"));
  readonly #root = projectRoot();

  constructor() {
    for (const name of readdirSync(this.#root))
      if (!name.startsWith(".") && !LEFT_OUT.includes(name))
        cpSync(join(this.#root, name), join(this.folder, name), { recursive: true });
    symlinkSync(join(this.#root, "node_modules"), join(this.folder, "node_modules"));
    const options = { noEmit: false, outDir: "dist", rootDir: ".", noCheck: true, incremental: true };
    const config = {
      extends: "./tsconfig.json",
      compilerOptions: options,
      // The command as well: threads and processes of it are started by the names of their files.
      include: ["cli", "prove", "testing", "types"],
    };
    writeFileSync(join(this.folder, "tsconfig.planted.json"), JSON.stringify(config));
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** Compiles what has changed; a type error does not keep a bug from being tried. */
  compile(): void {
    const compiler = join(this.#root, "node_modules", "typescript", "bin", "tsc");
    spawnSync(process.execPath, [compiler, "-p", "tsconfig.planted.json"], { cwd: this.folder });
  }

  /** Runs the sources with a bug in them. @throws RangeError when the bug no longer fits the source */
  async with<T>(bug: PlantedBug, run: () => Promise<T>): Promise<T> {
    const changed = plant(bug, (file) => this.read(file));
    const before = new Map([...changed.keys()].map((file) => [file, this.read(file)]));
    try {
      this.#write(changed);
      if (bug.caughtBy.some((part) => "campaign" in part)) this.compile();
      return await run();
    } finally {
      this.#write(before);
    }
  }

  /** Runs one part. @returns the first thing that it found, undefined when it found nothing */
  async look(part: Part, effort: Effort): Promise<string | undefined> {
    return "campaign" in part ? this.#prove(part.campaign, effort) : await this.test([part], effort);
  }

  /**
   * Runs tests of any number of files at once. @returns the first that failed
   * @throws RangeError when they cannot be run, or there are none of these titles: then they say nothing
   */
  async test(parts: readonly TestPart[], effort: Effort): Promise<string | undefined> {
    const configOf = ({ tests }: TestPart) => CONFIGURED.find(([names]) => names.test(tests))?.[1];
    for (const config of [undefined, ...CONFIGURED.map(([, file]) => file)]) {
      const found = await this.#testWith(
        config,
        parts.filter((part) => configOf(part) === config),
        effort,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #testWith(
    config: string | undefined,
    parts: readonly TestPart[],
    { seconds }: Effort,
  ): Promise<string | undefined> {
    if (parts.length === 0) return undefined;
    const { inNamespace } = (await import(NAMESPACE)) as { readonly inNamespace: Wrap };
    const run = await runTests({
      ...(config === undefined ? {} : { config }),
      // Cards are read from a pcscd of their own.
      ...(config === PAGES || config === PCSC ? { wrap: inNamespace } : {}),
      root: this.folder,
      files: [...new Set(parts.map(({ tests }) => tests))],
      named: parts.map(({ named }) => named).join("|"),
      seconds: seconds + GRACE_SECONDS,
      secondsPerTest: seconds,
    });
    if (!run) return `did not end ${seconds + GRACE_SECONDS} seconds after it began`;
    const [first] = run.failed;
    // After a test that ran out of time, those that follow it in its file are not run.
    const isEmpty = ({ named }: TestPart) => !run.passed.some((title) => new RegExp(named).test(title));
    const empty = first ? undefined : parts.find(isEmpty);
    if (run.broken.length > 0 || empty)
      throw new RangeError(
        `cannot be run, or has no such tests: ${run.broken[0] ?? (empty && partName(empty))}`,
      );
    return first && `${first.title}: ${first.what}`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(files: ReadonlyMap<string, string>): void {
    for (const [file, text] of files) writeFileSync(join(this.folder, file), text);
  }

  #prove(campaign: string, { seconds, seed }: Effort): string | undefined {
    const options = ["--only", campaign, "--budget", String(seconds), "--seed", String(seed)];
    const command = ["dist/prove/index.js", ...options, "--first", "--json"];
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, command, {
      cwd: this.folder,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      timeout: (seconds + GRACE_SECONDS) * 1000,
    });
    if (status === 0) return undefined;
    if (signal) return `did not end ${seconds + GRACE_SECONDS} seconds after it began`;
    try {
      const report = JSON.parse(stdout) as { campaigns: { failures: { where: string; what: string }[] }[] };
      const first = report.campaigns[0]?.failures[0];
      return first && `${first.where}: ${first.what}`;
    } catch {
      return `ended by itself: ${stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? ""}`;
    }
  }
}
