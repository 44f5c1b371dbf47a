import type { SqliteForm } from "../../common/sqlite-file.js";
import { DeputyError, type DeputyErrorCode } from "./errors.js";

const CODES: Readonly<Partial<Record<string, DeputyErrorCode>>> = {
  locked: "locked",
  damaged: "damaged",
  foreign: "foreign",
  "newer-version": "newer",
};

/** A file of a point of sale or its recipient. Its errors are DeputyErrors. */
export const deputyFile = (
  name: string,
  applicationId: number,
  migrations: readonly string[],
): SqliteForm => ({
  name,
  applicationId,
  migrations,
  bigints: true,
  hints: {
    locked: "Only one terminal may use it at a time; stop the other one, or use another file.",
    "newer-version": "Update this software, or use another file.",
  },
  error: (problem, message, options) => new DeputyError(CODES[problem] ?? "storage", message, options),
});
