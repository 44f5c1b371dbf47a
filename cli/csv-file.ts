import { closeSync, constants, openSync, type Stats, statSync, writeFileSync } from "node:fs";
import {
  errno,
  expectFile,
  FileError,
  removeTemporaries,
  systemReason,
  writeDurableFile,
} from "../common/index.js";

/**
 * Writes a list that somebody asked for: whole or not at all, private unless there is a file of one's own already that
 * others may read, and only the owner may write. A pipe that is read and a device take it as it is. What a killed run left
 * is removed; of two that write the same file at the same time one may fail.
 * @throws FileError
 */
export function writeCsv(path: string, text: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFIFO() || found?.isCharacterDevice()) {
      if (found.isFIFO()) expectReader(path);
      writeFileSync(path, text);
      return;
    }
    if (found) expectFile(path, found);
    removeTemporaries(path);
    writeDurableFile(path, text, found ? modeOf(found) : 0o600);
  } catch (cause) {
    if (!(cause instanceof Error) || !("syscall" in cause)) throw cause;
    throw new FileError(path, `cannot be written (${systemReason(cause)})`, { cause });
  }
}

/** What another user made for everybody does not stay so. */
const modeOf = ({ mode, uid }: Stats): number => (uid === process.geteuid?.() ? mode & 0o644 : 0o600);

/** A pipe without a reader would be waited for. @throws FileError */
function expectReader(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0)));
  } catch (cause) {
    if (errno(cause) !== "ENXIO") throw cause;
    throw new FileError(path, "nothing reads from this pipe", {
      cause,
      hint: "Name a file, or start the reader first.",
    });
  }
}
