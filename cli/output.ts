import { formatCardId } from "../apdu/card-id.js";
import { bytesToHex } from "../common/bytes.js";
import { visible, visibleJson } from "../common/visible.js";
import type { ExitCode } from "./exit-codes.js";

/** What a command hands back: data for `--json`, the same for people, and an exit code when it is not 0. */
export interface CommandOutput {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode?: ExitCode;
  /** Called when the output was written, and its reader is still there. */
  readonly told?: () => void;
}

/**
 * JSON of a command's data: amounts (bigint) as decimal strings of millisatoshi, bytes as lower-case hex,
 * those of a `cardId` with dashes as it is printed, `undefined` left out. What a terminal would not show is escaped.
 */
export function toJson(data: unknown): string {
  const json = JSON.stringify(
    data,
    (key, value: unknown) => {
      if (typeof value === "bigint") return value.toString();
      const bytes = isBufferJson(value) ? Uint8Array.from(value.data) : value;
      if (bytes instanceof Uint8Array) return key === "cardId" ? formatCardId(bytes) : bytesToHex(bytes);
      return value;
    },
    2,
  );
  return visibleJson(json);
}

/** A Buffer has turned itself into this before a replacer sees it. */
const isBufferJson = (value: unknown): value is { data: number[] } =>
  typeof value === "object" &&
  value !== null &&
  (value as { type?: unknown }).type === "Buffer" &&
  "data" in value;

/** Two columns, the first padded: for records. Rows with an undefined value are left out. */
export function renderRecord(rows: readonly (readonly [string, string | undefined])[]): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${visible(value)}`).join("\n");
}
