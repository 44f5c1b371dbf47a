import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ChequecardError } from "./errors.js";

/** A file cannot be read or written. */
export class FileError extends ChequecardError {
  override readonly code = "file";
  readonly path: string;

  constructor(path: string, problem: string, options: { cause?: unknown; hint?: string } = {}) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The system's name of what went wrong, for messages: `ENOSPC`, `EACCES`. */
export const errno = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown error";

/**
 * Replaces a file in one step: after a power cut or a kill at any moment it holds the old content or the new,
 * whole, and when this returns the new one is on the disk. The temporary file lies beside it and is removed
 * on failure. (The packages for this do not make the renaming itself durable.)
 * @param mode permissions of a new file, default 600
 * @throws FileError
 */
export function writeDurableFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new FileError(path, `cannot be written (${errno(cause)})`, { cause });
  }
}

/**
 * Removes what killed processes left of {@link writeDurableFile}. Another process that is just writing this file fails:
 * whoever may meet one holds a lock.
 */
export function removeTemporaries(path: string): void {
  const folder = dirname(path);
  const [start, end] = [`.${basename(path)}.`, ".tmp"];
  for (const name of readdirSync(folder))
    if (name.startsWith(start) && name.endsWith(end) && name.length === start.length + 12 + end.length)
      rmSync(join(folder, name), { force: true });
}

/** Makes creations and renamings in a folder durable. Windows cannot open folders and needs no such step. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
