import { readFile, stat } from "node:fs/promises";
import { acquireProcessLock, errno, FileError, type ProcessLock, writeDurableFile } from "../common/index.js";
import { KeyError } from "./key-source.js";

/** Larger than any key file; what is larger is none. */
const MAX_FILE_LENGTH = 1 << 20;

/**
 * Text of a file that only its owner may read.
 * @throws KeyError `permissions` when the group or others may read or write it, `file`, `damaged` when oversize
 */
export async function readPrivateFile(path: string): Promise<string> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (cause) {
    throw new KeyError("file", `${path}: cannot be read (${errno(cause)})`, { cause });
  }
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0)
    throw new KeyError(
      "permissions",
      `${path}: others than its owner may use it (mode ${(found.mode & 0o777).toString(8)})`,
      { hint: `Run: chmod 600 ${path}` },
    );
  if (found.size > MAX_FILE_LENGTH)
    throw new KeyError("damaged", `${path}: need at most ${MAX_FILE_LENGTH} bytes, have ${found.size}`);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new KeyError("file", `${path}: cannot be read (${errno(cause)})`, { cause });
  }
}

function lock(path: string): ProcessLock {
  let held: ProcessLock | number;
  try {
    held = acquireProcessLock(path);
  } catch (cause) {
    throw new KeyError("file", `${path}: cannot be written (${errno(cause)})`, { cause });
  }
  if (typeof held !== "number") return held;
  throw new KeyError("conflict", `${path}: process ${held} writes the key file right now`);
}

/**
 * Replaces a file in one step, mode 600, durable when it resolves: a power cut leaves the old text or the new.
 * A lock file keeps two writers apart; `unchanged` is asked while it is held.
 * @throws KeyError `conflict`, `file`
 */
export async function replacePrivateFile(
  path: string,
  text: string,
  unchanged: () => Promise<void>,
): Promise<void> {
  const held = lock(`${path}.lock`);
  try {
    await unchanged();
    writeDurableFile(path, text);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new KeyError("file", cause.message, { cause });
  } finally {
    held.release();
  }
}
