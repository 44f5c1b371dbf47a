import { setTimeout as sleep } from "node:timers/promises";
import { ChequecardError, ParseError, plural } from "../../common/index.js";
import { BackupFolder } from "../../issuer/service/index.js";
import type { CommandContext } from "../command-context.js";
import { EXIT } from "../exit-codes.js";
import type { CommandOutput } from "../output.js";

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MAX_MS = 7 * UNITS_MS.d;
export const USUAL_KEEP = "48";
const MAX_KEEP = 100_000;

/** @returns milliseconds @throws ParseError */
export function readInterval(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number.parseInt(digits, 10) * (UNITS_MS[unit as keyof typeof UNITS_MS] ?? Number.NaN);
  if (ms >= UNITS_MS.s && ms <= MAX_MS) return ms;
  throw new ParseError(
    "--every",
    `need a time from 1s to 7d such as 30s, 5m or 1h, have "${text.slice(0, 20)}"`,
  );
}

/** @throws ParseError */
export function readKeep(text: string): number {
  const keep = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (keep >= 1 && keep <= MAX_KEEP) return keep;
  throw new ParseError("--keep", `need a whole number from 1 to ${MAX_KEEP}, have "${text.slice(0, 20)}"`);
}

/**
 * Backs a ledger up into a folder again and again, until Ctrl-C or SIGTERM, or until a copy does not hold. What fails
 * after the first backup is tried again at the next time.
 */
export async function backupEvery(
  context: CommandContext,
  from: string,
  folder: string,
  { everyMs, keep }: { readonly everyMs: number; readonly keep: number },
): Promise<CommandOutput> {
  const backups = BackupFolder.open(from, folder, keep);
  let [made, failed] = [0, 0];
  let last: string | undefined;
  try {
    for (;;) {
      const begun = performance.now();
      try {
        const { file, report, removed } = await backups.round(Date.now());
        made++;
        last = file;
        if (report.violations.length > 0)
          return {
            data: { from, folder, made, failed, last, ...report },
            text: `The ledger does NOT hold: ${report.violations.map(({ invariant }) => invariant).join(", ")}. Its copy lies in ${file}, no older backup was removed. Stop the service and keep the database as it is.`,
            exitCode: EXIT.CHECK_FAILED,
          };
        const gone = removed.length === 0 ? "" : `, ${removed.length} older removed`;
        context.print(
          `${file}: holds, ${plural(report.cards, "card")}, ${plural(report.authorizations, "authorization")}${gone}\n`,
        );
      } catch (error) {
        if (!(error instanceof ChequecardError) || made === 0) throw error;
        failed++;
        context.note(`The backup failed, and is tried again at the next time: ${error.message}`);
      }
      const left = Math.max(0, everyMs - (performance.now() - begun));
      await sleep(left, undefined, { signal: context.signal }).catch(() => undefined);
      if (context.signal.aborted)
        return {
          data: { from, folder, made, failed, last },
          text: `Ended after ${made} backups${failed === 0 ? "" : ` and ${failed} failures`}; the latest is ${last}.`,
        };
    }
  } finally {
    backups.close();
  }
}
