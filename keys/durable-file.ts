import { stat } from "node:fs/promises";
import {
  FileError,
  type FileLock,
  isHeld,
  type LockHolder,
  lockFile,
  readBoundedFile,
  systemReason,
  writeDurableFile,
} from "../common/index.js";
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
    throw new KeyError("file", `${path}: cannot be read (${systemReason(cause)})`, { cause });
  }
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0)
    throw new KeyError(
      "permissions",
      `${path}: others than its owner may use it (mode ${(found.mode & 0o777).toString(8)})`,
      { hint: `Run: chmod 600 ${path}` },
    );
  try {
    return new TextDecoder().decode(readBoundedFile(path, MAX_FILE_LENGTH));
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new KeyError(
      cause.cause === undefined ? "damaged" : "file",
      cause.message,
      withHint(cause, cause.hint),
    );
  }
}

const withHint = (cause: unknown, hint: string | undefined) => ({
  cause,
  ...(hint === undefined ? {} : { hint }),
});

function lock(path: string): FileLock {
  let held: FileLock | LockHolder;
  try {
    held = lockFile(path);
  } catch (cause) {
    if (cause instanceof FileError) throw new KeyError("file", cause.message, withHint(cause, cause.hint));
    throw new KeyError("file", `${path}: cannot be written (${systemReason(cause)})`, { cause });
  }
  if (!isHeld(held)) return held;
  throw new KeyError(
    "conflict",
    `${path}: ${held.name} writes the key file right now`,
    withHint(undefined, held.hint),
  );
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
  const held = lock(path);
  try {
    await unchanged();
    writeDurableFile(held.path, text);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new KeyError("file", cause.message, withHint(cause, cause.hint));
  } finally {
    held.release();
  }
}
