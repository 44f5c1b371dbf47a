import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FileError, systemReason } from "./file-error.js";
import { realFile, writableFile } from "./real-file.js";

/**
 * Replaces a file in one step: after a power cut or a kill at any moment it holds the old content or the new,
 * whole, and when this returns the new one is on the disk. A symbolic link is followed to the real file. The temporary
 * file lies beside that and is removed on failure. (The packages for this do not make the renaming itself durable.)
 * @param mode permissions, also where a file with others was before; default 600
 * @throws FileError, also for a folder, a pipe, a device and a file with several names
 */
export function writeDurableFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  const real = writableFile(path);
  const temporary = join(dirname(real), `.${basename(real)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      try {
        const bytes = typeof content === "string" ? Buffer.from(content) : content;
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, real);
      syncFolder(dirname(real));
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw cause;
    }
  } catch (cause) {
    throw new FileError(path, `cannot be written (${systemReason(cause)})`, { cause });
  }
}

/**
 * Removes what killed processes left of {@link writeDurableFile}. Another process that is just writing this file fails:
 * callers that may meet one hold a lock.
 */
export function removeTemporaries(path: string): void {
  const real = realFile(path);
  const folder = dirname(real);
  const [start, end] = [`.${basename(real)}.`, ".tmp"];
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
