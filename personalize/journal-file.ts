import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import {
  errno,
  FileError,
  type FileLock,
  isHeld,
  type LockHolder,
  lockFile,
  type ProcessLock,
  readBoundedFile,
  syncFolder,
  systemReason,
} from "../common/index.js";
import { JournalError } from "./errors.js";

/** Larger than the journal of 100,000 cards. */
const MAX_LENGTH = 512 * 1024 * 1024;
const CHECK_LENGTH = 16;

export interface JournalFileOptions {
  /** Wait for the disk after every line. Without it a power cut, but not a killed process, may lose lines. Default true. */
  readonly durable?: boolean;
}

/** First bytes of SHA-256 over the check of the line before and this line: a chain, so no line can go missing. */
const checkOf = (previous: string, text: string | Uint8Array): string =>
  createHash("sha256").update(`${previous}|`).update(text).digest("hex").slice(0, CHECK_LENGTH);

/** What there is of a first line that was never finished: the digits of its check and a space, or nothing yet. */
const BEGUN = /^[0-9a-f\0]{0,16}$|^[0-9a-f\0]{16}[ \0]/;

/**
 * A file of lines that only grows (specs/04 §10). Each line is `check text`; a line that was being written when
 * the process died is not there. Errors in any other line are damage. One process at a time writes it.
 */
export class JournalFile {
  readonly path: string;
  readonly #file: number;
  readonly #lock: ProcessLock;
  readonly #durable: boolean;
  #check: string;
  #length: number;
  /** Nothing lies behind the last whole line. */
  #isClean = false;
  #failed: JournalError | undefined;

  private constructor(
    path: string,
    lock: ProcessLock,
    file: number,
    durable: boolean,
    check: string,
    length: number,
  ) {
    this.path = path;
    this.#lock = lock;
    this.#file = file;
    this.#durable = durable;
    this.#check = check;
    this.#length = length;
  }

  /** Makes a file with its first line. When that cannot be written there is no file. @throws as {@link create} */
  static begin(path: string, first: string, options: JournalFileOptions = {}): JournalFile {
    const journal = JournalFile.create(path, options);
    try {
      journal.append(first);
      return journal;
    } catch (error) {
      rmSync(journal.path, { force: true });
      journal.close();
      throw error;
    }
  }

  /**
   * Makes an empty file, mode 600. A file without a whole line was begun by a process that died; it counts as none and
   * is replaced by a new one, never written through: others may have it open.
   * @throws JournalError `exists`, `locked`, `io`
   */
  static create(path: string, options: JournalFileOptions = {}): JournalFile {
    const lock = lockJournal(path);
    try {
      if (existsSync(lock.path)) {
        if (readJournal(lock.path).lines.length > 0)
          throw new JournalError("exists", `${path}: there is a journal already`, {
            hint: "Go on with it, or choose another name for the new batch.",
          });
        rmSync(lock.path);
      }
      const file = openSync(lock.path, "wx", 0o600);
      syncFolder(dirname(lock.path));
      return new JournalFile(lock.path, lock, file, options.durable ?? true, "", 0);
    } catch (cause) {
      lock.release();
      if (cause instanceof JournalError) throw cause;
      throw new JournalError("io", `${path}: cannot be created (${systemReason(cause)})`, { cause });
    }
  }

  /** Opens a journal and reads its lines. @throws JournalError `missing`, `damaged`, `locked`, `io` */
  static open(path: string, options: JournalFileOptions = {}): { journal: JournalFile; lines: string[] } {
    if (!existsSync(path)) throw missing(path);
    const lock = lockJournal(path);
    let file: number | undefined;
    try {
      const { lines, check, length } = readJournal(lock.path);
      file = openSync(lock.path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
      // What was made for everybody does not stay so.
      if ((fstatSync(file).mode & 0o077) !== 0) fchmodSync(file, 0o600);
      const journal = new JournalFile(lock.path, lock, file, options.durable ?? true, check, length);
      return { journal, lines };
    } catch (cause) {
      if (file !== undefined) closeSync(file);
      lock.release();
      if (cause instanceof JournalError) throw cause;
      throw new JournalError("io", `${path}: cannot be opened (${systemReason(cause)})`, { cause });
    }
  }

  /** Adds a line; it is on the disk when this returns. @throws JournalError `io`, and the same ever after */
  append(text: string): void {
    if (this.#failed) throw this.#failed;
    const check = checkOf(this.#check, text);
    const bytes = Buffer.from(`${check} ${text}\n`);
    try {
      // What a killed process left of its last line is taken away, so that this one starts clean.
      if (!this.#isClean) ftruncateSync(this.#file, this.#length);
      this.#isClean = true;
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#file, bytes, at, undefined, this.#length + at);
      if (this.#durable) fsyncSync(this.#file);
    } catch (cause) {
      this.#failed = new JournalError("io", `${this.path}: cannot be written (${systemReason(cause)})`, {
        cause,
        hint: "Make room or mend the disk, then go on with the batch; nothing was sent to a card since.",
      });
      throw this.#failed;
    }
    this.#check = check;
    this.#length += bytes.length;
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#failed?.code === "missing") return;
    this.#failed = new JournalError("missing", `${this.path}: was closed`);
    closeSync(this.#file);
    this.#lock.release();
  }
}

/**
 * Reads a journal without taking it, as it stands now.
 * @returns its lines, the check of the last one, and the bytes up to its end
 * @throws JournalError `missing`, `damaged`, `io`
 */
export function readJournal(path: string): { lines: string[]; check: string; length: number } {
  const content = readBytes(path);
  const lines: string[] = [];
  let check = "";
  let length = 0;
  for (let end = content.indexOf(0x0a); end >= 0; end = content.indexOf(0x0a, length)) {
    const line = content.subarray(length + CHECK_LENGTH + 1, end);
    const found = checkOf(check, line);
    if (content.toString("latin1", length, length + CHECK_LENGTH) !== found) {
      // A disk may write the end of a line before its beginning; only the last line can be cut that way.
      if (end === content.length - 1) break;
      throw new JournalError("damaged", `${path}: line ${lines.length + 1} is not what was written`, {
        hint: "Restore the journal from a copy; it must not be edited.",
      });
    }
    check = found;
    lines.push(line.toString("utf8"));
    length = end + 1;
  }
  if (lines.length === 0 && !BEGUN.test(content.toString("latin1", 0, CHECK_LENGTH + 1)))
    throw new JournalError("damaged", `${path}: not a journal, but another file`, {
      hint: "Check the path; nothing was changed.",
    });
  return { lines, check, length };
}

/** Whether a journal was begun: it has a whole line. @throws JournalError `io`, `damaged` */
export const isBegun = (path: string): boolean => existsSync(path) && readBytes(path).includes(0x0a);

function readBytes(path: string): Buffer {
  try {
    return readBoundedFile(path, MAX_LENGTH);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    if (errno(cause.cause) === "ENOENT") throw missing(path);
    throw fileProblem(cause, cause.cause === undefined ? "damaged" : "io");
  }
}

function lockJournal(path: string): FileLock {
  let lock: FileLock | LockHolder;
  try {
    lock = lockFile(path);
  } catch (cause) {
    if (cause instanceof FileError) throw fileProblem(cause, "io");
    throw new JournalError("io", `${path}: cannot be locked (${systemReason(cause)})`, { cause });
  }
  if (!isHeld(lock)) return lock;
  throw new JournalError("locked", `${path}: ${lock.name} works on this batch`, {
    hint: lock.hint ?? "Several readers belong into one process; end the other one first.",
  });
}

const fileProblem = (cause: FileError, code: "damaged" | "io"): JournalError =>
  new JournalError(code, cause.message, { cause, ...(cause.hint === undefined ? {} : { hint: cause.hint }) });

const missing = (path: string): JournalError =>
  new JournalError("missing", `${path}: there is no such journal`, { hint: "Check the path of the batch." });
