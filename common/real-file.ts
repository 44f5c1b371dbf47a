import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FileError, systemReason } from "./file-error.js";

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** What something is that is no file; undefined for a file. */
function kindOf(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  return found.isSocket() ? "a socket" : "a device";
}

/** @param path as it was named, for the message @throws FileError for a folder, a pipe, a socket or a device */
export function expectFile(path: string, found: Stats): void {
  const kind = kindOf(found);
  if (kind !== undefined)
    throw new FileError(path, `need a file, this is ${kind}`, { hint: "Name a file; nothing was changed." });
}

/** @throws FileError where no file stands: it does not exist, or is a folder, a pipe, a socket or a device */
export function expectFileAt(path: string): void {
  const found = statOf(path);
  if (!found) throw new FileError(path, "there is no such file");
  expectFile(path, found);
}

/**
 * The name under which a file really stands, symbolic links followed; the file itself need not be there yet. A link
 * that another user put into a folder that others may write is not followed, as in Linux's `protected_symlinks`.
 * @throws FileError
 */
export function realFile(path: string): string {
  try {
    let real = resolve(path);
    for (let links = 0; links < MAX_LINKS; links++) {
      const folder = realpathSync(dirname(real));
      real = join(folder, basename(real));
      const found = lstatSync(real, { throwIfNoEntry: false });
      if (!found?.isSymbolicLink()) return real;
      expectOwnLink(path, real, found, folder);
      real = resolve(folder, readlinkSync(real));
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(path, `cannot be found (${systemReason(cause)})`, { cause });
  }
  throw new FileError(path, `leads through more than ${MAX_LINKS} symbolic links`);
}

function expectOwnLink(path: string, link: string, { uid }: Stats, folder: string): void {
  const holder = statSync(folder);
  if ((holder.mode & 0o022) === 0 || uid === holder.uid || uid === process.geteuid?.()) return;
  throw new FileError(
    path,
    `${link === resolve(path) ? "this" : link} is a symbolic link that another user made in a folder that others may write`,
    { hint: "Remove the link, or use a folder of your own." },
  );
}

/**
 * The real name of a file that is about to be written or locked. What has several names (hard links) is refused: a
 * lock stands beside one of them, and a replacement leaves the others as they were.
 * @throws FileError, also for what is no file
 */
export function writableFile(path: string): string {
  const followed = statOf(path);
  if (followed) expectFile(path, followed);
  const real = realFile(path);
  const found = statOf(real);
  if (!found) return real;
  expectFile(path, found);
  if (found.nlink > 1)
    throw new FileError(
      path,
      `this file has ${found.nlink} names (hard links) and is written under one only`,
      {
        hint: `See the others: find DISK -samefile ${real}. Remove them, or use a copy (cp).`,
      },
    );
  return real;
}

/** @returns undefined when nothing stands there @throws FileError */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new FileError(path, `cannot be read (${systemReason(cause)})`, { cause });
  }
}
