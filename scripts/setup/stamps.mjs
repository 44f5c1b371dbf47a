// Small JSON files that say what is complete. Written whole or not at all, and removed before the work begins, so
// that work cut short at any point is never taken for complete.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The stamp's content; undefined when there is none or it cannot be read. */
export function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Replaces the stamp atomically. */
export function writeStamp(file, content) {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(content)}\n`);
  renameSync(temporary, file);
}

export function removeStamp(file) {
  rmSync(file, { force: true });
}

/** SHA-256 of a text or of bytes, in hex. */
export const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/**
 * All files below `root` that `wanted` accepts, as sorted relative paths. Directories in `skipped` and hidden ones
 * are left out.
 */
export function listFiles(root, wanted, skipped = new Set(), directory = root) {
  const files = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const path = join(directory, entry.name);
    const name = relative(root, path);
    if (entry.isDirectory() && !skipped.has(name)) files.push(...listFiles(root, wanted, skipped, path));
    else if (entry.isFile() && wanted(name)) files.push(name);
  }
  return files.sort();
}

/** One hash over names and contents: a file added, removed, renamed or changed gives another. */
export function hashFiles(root, names) {
  const hash = createHash("sha256");
  for (const name of names) hash.update(`${name}\0${sha256(readFileSync(join(root, name)))}\n`);
  return hash.digest("hex");
}
