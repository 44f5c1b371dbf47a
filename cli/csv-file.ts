import { realpathSync, statSync, writeFileSync } from "node:fs";
import { errno, FileError, removeTemporaries, writeDurableFile } from "../common/index.js";

/**
 * Writes a list that somebody asked for: whole or not at all, private unless there is a file already that others may
 * read. A pipe or a device takes it as it is. What a killed run left is removed; of two that write the same file at
 * the same time one may fail.
 * @throws FileError
 */
export function writeCsv(path: string, text: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && !found.isFile()) {
      writeFileSync(path, text);
      return;
    }
    const file = found ? realpathSync(path) : path;
    removeTemporaries(file);
    writeDurableFile(file, text, found ? found.mode & 0o777 : 0o600);
  } catch (cause) {
    if (!(cause instanceof Error) || !("syscall" in cause)) throw cause;
    throw new FileError(path, `cannot be written (${errno(cause)})`, { cause });
  }
}
