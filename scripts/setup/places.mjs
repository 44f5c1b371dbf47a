// Where things lie.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What setup remembers; ignored by git, and safe to delete. */
export const STATE = join(ROOT, ".setup");

/** A path in the state directory, which is made if need be. */
export function statePath(...parts) {
  const file = join(STATE, ...parts);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}
