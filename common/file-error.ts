import { ChequecardError } from "./errors.js";

/** A file cannot be read or written. */
export class FileError extends ChequecardError {
  override readonly code = "file";
  readonly path: string;
  /** Without the path. */
  readonly problem: string;

  constructor(path: string, problem: string, options: { cause?: unknown; hint?: string } = {}) {
    super(`${path}: ${problem}`, options);
    this.path = path;
    this.problem = problem;
  }
}

/** What the system's names mean to who reads a message. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  ENOENT: "no such file or folder",
  EEXIST: "there is one already",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOTEMPTY: "the folder is not empty",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EROFS: "the disk is read-only",
  EIO: "the disk failed",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its links lead in a circle",
  EBUSY: "it is in use",
  ETXTBSY: "it is in use",
  EADDRINUSE: "another program uses the port",
  EADDRNOTAVAIL: "the address is not of this machine",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut off",
  ETIMEDOUT: "no answer in time",
  EPIPE: "the other end is closed",
};

/** Why the system refused, in words, with its own name behind for a search: `the disk is full, ENOSPC`. */
export function systemReason(error: unknown): string {
  const name = errno(error);
  const words = REASONS[name];
  return words === undefined ? name : `${words}, ${name}`;
}

/** The system's name of what went wrong, to compare: `ENOSPC`, `EACCES`. */
export const errno = (error: unknown): string =>
  (error as NodeJS.ErrnoException | undefined)?.code ?? "unknown error";
