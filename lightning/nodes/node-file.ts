import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FileError, systemReason } from "../../common/file-error.js";
import { SqliteFile, type SqliteForm } from "../../common/sqlite-file.js";
import { NodeError } from "./errors.js";

/**
 * Opens or makes a file of a node, a new folder with mode 700.
 * @param file absent: in memory
 * @throws NodeError `storage`: not readable, in use by another process, damaged, or made by a newer version; FileError
 */
export function openNodeFile(file: string | undefined, form: Omit<SqliteForm, "error">): SqliteFile {
  try {
    if (file !== undefined) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new NodeError("storage", `${file}: its folder cannot be made (${systemReason(cause)})`, { cause });
  }
  return new SqliteFile(file, {
    ...form,
    hints: {
      locked: "Stop the other process first; one node must never run twice.",
      foreign: "Name another file.",
      "newer-version": "Use the software that made the file, or another file.",
      full: "Free some space and start again; nothing was lost.",
      ...form.hints,
    },
    error: (_, message, options) =>
      options.cause instanceof FileError ? options.cause : new NodeError("storage", message, options),
  });
}
