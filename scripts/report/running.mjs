// A reporter for vitest: keeps a file with what is running at the moment, for the process that has to end the run.
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { ROOT } from "../setup/places.mjs";

/** Variable with the path of the file. */
export const RUNNING_FILE = "CHEQUECARD_RUNNING_FILE";

const moduleOf = (entity) => (entity.type === "module" ? entity : entity.module);

function labelOf(entity) {
  const file = relative(ROOT, moduleOf(entity).moduleId);
  return entity.type === "module" ? file : `${file} > ${entity.fullName}`;
}

export default class RunningReporter {
  #file = process.env[RUNNING_FILE];
  #running = new Set();

  #begin(label) {
    this.#running.add(label);
    this.#write();
  }

  /** With its hooks: the end of one that skips its test is not told. */
  #end(label) {
    for (const each of this.#running)
      if (each === label || each.startsWith(`${label} (`)) this.#running.delete(each);
    this.#write();
  }

  #write() {
    if (this.#file) writeFileSync(this.#file, [...this.#running].join("\n"));
  }

  onTestRunStart() {
    this.#write();
  }

  onTestModuleQueued(module) {
    this.#begin(labelOf(module));
  }

  onTestModuleEnd(module) {
    this.#end(labelOf(module));
  }

  onTestCaseReady(test) {
    this.#begin(labelOf(test));
  }

  onTestCaseResult(test) {
    this.#end(labelOf(test));
  }

  onHookStart({ name, entity }) {
    this.#begin(`${labelOf(entity)} (${name})`);
  }

  onHookEnd({ name, entity }) {
    this.#end(`${labelOf(entity)} (${name})`);
  }
}

/**
 * What was running, innermost only.
 * @param {string} file path
 * @returns {readonly string[]}
 */
export function readRunning(file) {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Nothing has begun.
  }
  const all = text.split("\n").filter((line) => line !== "");
  return all.filter((line) => !all.some((other) => other !== line && other.startsWith(line)));
}
