import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MEMORY } from "./memory.js";

const folders: string[] = [];

/** At the end of each test file (test/out-of-time.ts). */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Has a folder removed when the test file has ended. */
export function removeAtEnd(folder: string): string {
  folders.push(folder);
  return folder;
}

/** An empty folder, gone when the test file has ended. @param where in memory it is faster, on the disk it is durable */
export const newFolder = (where: "memory" | "disk" = "disk"): string =>
  removeAtEnd(realpathSync(mkdtempSync(join(where === "memory" ? MEMORY : tmpdir(), "chequecard-test-"))));
