import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { MEMORY } from "./memory.js";

const folders: string[] = [];

// Registered first, so that it runs last: nothing is open any more.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Has a folder removed when the test file has ended. */
export function removeAtEnd(folder: string): string {
  folders.push(folder);
  return folder;
}

/** An empty folder, gone when the test file has ended. @param where in memory it is faster, on the disk it is durable */
export const newFolder = (where: "memory" | "disk" = "disk"): string =>
  removeAtEnd(realpathSync(mkdtempSync(join(where === "memory" ? MEMORY : tmpdir(), "chequecard-test-"))));
