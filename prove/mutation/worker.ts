import { linkSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { CHECKS, type Reference } from "../../specs/check/index.js";
import { readVectorFile } from "../../specs/check/read.js";
import { COMPILED, readSources } from "./sources.js";

/** Which mutant to judge: the changed text of one file, and in which order the vector files are tried. */
export interface Task {
  readonly file: string;
  readonly source: string;
  readonly order: readonly string[];
}

/** The vector file that killed a mutant, and how; undefined when every vector agrees with it. */
export interface Judgement {
  readonly killedBy?: string;
  readonly how?: string;
}

const content = new Map(CHECKS.map(({ file }) => [file, readVectorFile(file)]));
const names = [...readSources().keys()];

/** Of this thread alone, in the folder that all share. */
const folder = mkdtempSync(join(String(workerData), "thread-"));
let made = 0;

/** The whole reference with one file changed, as modules that nothing else has loaded. */
async function load(file: string, source: string): Promise<Reference> {
  const home = join(folder, String(made++));
  for (const name of names) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    if (name === file) writeFileSync(join(home, name), source);
    else linkSync(join(COMPILED, name), join(home, name));
  }
  return (await import(pathToFileURL(join(home, "index.js")).href)) as Reference;
}

async function judge({ file, source, order }: Task): Promise<Judgement> {
  let reference: Reference;
  try {
    reference = await load(file, source);
  } catch (error) {
    return { killedBy: "loading", how: String(error) };
  }
  for (const name of order) {
    const found = CHECKS.find((check) => check.file === name);
    try {
      found?.check(reference, content.get(name) as never);
    } catch (error) {
      return { killedBy: name, how: String(error).slice(0, 300) };
    }
  }
  return {};
}

parentPort?.on("message", (task: Task) => {
  judge(task).then((judgement) => parentPort?.postMessage(judgement));
});
