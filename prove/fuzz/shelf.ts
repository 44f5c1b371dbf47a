import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MEMORY } from "../../testing/memory.js";

let shelf: string | undefined;

/** A folder for the files that targets read, in memory where there is such a place; gone with the process. */
export function shelfFolder(): string {
  if (!shelf) {
    const made = mkdtempSync(join(MEMORY, "chequecard-fuzz-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    shelf = made;
  }
  return shelf;
}

/** Puts an input where a reader of files finds it, for the owner alone. @returns the path */
export function placeFile(name: string, content: Uint8Array): string {
  const path = join(shelfFolder(), name);
  removeFile(path);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** Removes a file and what a database or a lock leaves beside it. */
export function removeFile(path: string): void {
  for (const part of ["", "-wal", "-shm", "-journal", ".lock"]) rmSync(path + part, { force: true });
}

/** What `write` makes of a file, as bytes. */
export function fileMadeBy(name: string, write: (path: string) => void): Uint8Array {
  const path = join(shelfFolder(), name);
  removeFile(path);
  write(path);
  const content = Uint8Array.from(readFileSync(path));
  removeFile(path);
  return content;
}
