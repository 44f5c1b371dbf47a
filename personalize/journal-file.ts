import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { acquireProcessLock, errno, type ProcessLock, syncFolder } from "../common/index.js";
import { JournalError } from "./errors.js";

/** Larger than the journal of 100,000 cards. */
const MAX_LENGTH = 512 * 1024 * 1024;
const CHECK_LENGTH = 16;

export interface JournalFileOptions {
  /** Wait for the disk after every line. Without it a power cut, but not a killed process, may lose lines. Default true. */
  readonly durable?: boolean;
}

/** First bytes of SHA-256 over the check of the line before and this line: a chain, so no line can go missing. */
const checkOf = (previous: string, text: string): string =>
  createHash("sha256").update(`${previous}|${text}`).digest("hex").slice(0, CHECK_LENGTH);

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

  /** A file without a whole line was begun by a process that died; it counts as none. @throws JournalError `exists`, `locked`, `io` */
  static create(path: string, options: JournalFileOptions = {}): JournalFile {
    const absolute = resolve(path);
    const lock = lockJournal(absolute);
    try {
      if (existsSync(absolute) && readJournal(path).lines.length > 0)
        throw new JournalError("exists", `${path}: there is a journal already`, {
          hint: "Go on with it, or choose another name for the new batch.",
        });
      const file = openSync(absolute, "w", 0o600);
      syncFolder(dirname(absolute));
      return new JournalFile(absolute, lock, file, options.durable ?? true, "", 0);
    } catch (cause) {
      lock.release();
      if (cause instanceof JournalError) throw cause;
      throw new JournalError("io", `${path}: cannot be created (${errno(cause)})`, { cause });
    }
  }

  /** Opens a journal and reads its lines. @throws JournalError `missing`, `damaged`, `locked`, `io` */
  static open(path: string, options: JournalFileOptions = {}): { journal: JournalFile; lines: string[] } {
    const absolute = resolve(path);
    if (!existsSync(absolute)) throw missing(path);
    const lock = lockJournal(absolute);
    try {
      const { lines, check, length } = readJournal(path);
      const file = openSync(absolute, "r+");
      // What a killed process left of its last line is taken away, so that the next line starts clean.
      ftruncateSync(file, length);
      const journal = new JournalFile(absolute, lock, file, options.durable ?? true, check, length);
      return { journal, lines };
    } catch (cause) {
      lock.release();
      if (cause instanceof JournalError) throw cause;
      throw new JournalError("io", `${path}: cannot be opened (${errno(cause)})`, { cause });
    }
  }

  /** Adds a line; it is on the disk when this returns. @throws JournalError `io`, and the same ever after */
  append(text: string): void {
    if (this.#failed) throw this.#failed;
    const check = checkOf(this.#check, text);
    const bytes = Buffer.from(`${check} ${text}\n`);
    try {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#file, bytes, at, undefined, this.#length + at);
      if (this.#durable) fsyncSync(this.#file);
    } catch (cause) {
      this.#failed = new JournalError("io", `${this.path}: cannot be written (${errno(cause)})`, {
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
 * @throws JournalError `missing`, `damaged`, `io`
 */
export function readJournal(path: string): { lines: string[]; check: string; length: number } {
  let text: string;
  try {
    if (statSync(path).size > MAX_LENGTH)
      throw new JournalError("damaged", `${path}: need at most ${MAX_LENGTH} bytes`);
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    if (errno(cause) === "ENOENT") throw missing(path);
    throw new JournalError("io", `${path}: cannot be read (${errno(cause)})`, { cause });
  }
  const pieces = text.split("\n");
  const unfinished = pieces.pop() ?? "";
  const lines: string[] = [];
  let check = "";
  for (const [index, piece] of pieces.entries()) {
    const line = piece.slice(CHECK_LENGTH + 1);
    const found = checkOf(check, line);
    if (piece.slice(0, CHECK_LENGTH) !== found) {
      // A disk may write the end of a line before its beginning; only the last line can be cut that way.
      if (index === pieces.length - 1 && unfinished === "") {
        const length = Buffer.byteLength(text) - Buffer.byteLength(`${piece}\n`);
        return { lines, check, length };
      }
      throw new JournalError("damaged", `${path}: line ${index + 1} is not what was written`, {
        hint: "Restore the journal from a copy; it must not be edited.",
      });
    }
    check = found;
    lines.push(line);
  }
  return { lines, check, length: Buffer.byteLength(text) - Buffer.byteLength(unfinished) };
}

function lockJournal(path: string): ProcessLock {
  let lock: ProcessLock | number;
  try {
    lock = acquireProcessLock(`${path}.lock`);
  } catch (cause) {
    throw new JournalError("io", `${path}: cannot be locked (${errno(cause)})`, { cause });
  }
  if (typeof lock !== "number") return lock;
  throw new JournalError("locked", `${path}: process ${lock} works on this batch`, {
    hint: "Several readers belong into one process; end the other one first.",
  });
}

const missing = (path: string): JournalError =>
  new JournalError("missing", `${path}: there is no such journal`, { hint: "Check the path of the batch." });
