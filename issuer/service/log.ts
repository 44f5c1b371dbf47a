import { pino } from "pino";
import { ChequecardError, visibleJson } from "../../common/index.js";

/** What never belongs into a log, wherever it stands in the fields. */
const SECRET_NAMES = [
  "token",
  "invoice",
  "preimage",
  "passphrase",
  "password",
  "pin",
  "key",
  "keys",
  "sealKey",
  "secret",
  "secretKey",
  "masterKey",
  "status",
  "update",
  "cardUpdate",
  "url",
];

/** The service's log. */
export type ServiceLog = pino.Logger;

/** Where the lines of a log go; each ends with a line feed. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * A structured log: one JSON object a line, times in ISO 8601. Fields with the name of a secret are replaced, bytes
 * are never written, what a terminal would not show is escaped, and an error is its code and its own sentence: a foreign error's words may quote values.
 */
export function openLog(
  level: "error" | "warn" | "info" | "debug" | "silent",
  destination: LogDestination,
): ServiceLog {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [...SECRET_NAMES, ...SECRET_NAMES.map((name) => `*.${name}`)],
        censor: "[redacted]",
      },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) =>
          Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, loggable(value)])),
      },
    },
    { write: (line) => destination.write(visibleJson(line)) },
  );
}

function loggable(value: unknown): unknown {
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof ChequecardError)
    return { name: value.name, code: value.code, message: value.message, hint: value.hint };
  if (value instanceof Error) return { name: value.name };
  return value;
}
