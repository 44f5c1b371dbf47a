import { csvText, visible } from "../../common/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { writeCsv } from "../csv-file.js";
import { type CsvOptions, csvForm, csvOptions } from "../csv-options.js";
import { type AuditLine, AuditLog } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { cardText, findCardId, timeText } from "../issuer/card-choice.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { type CommandOutput, toJson } from "../output.js";
import { renderTable } from "../table.js";

interface AuditOptions extends IssuerChoice, CsvOptions {
  readonly card?: string;
  readonly limit: string;
  readonly csv?: string;
}

const MAX_LINES = 1_000_000;

const byText = ({ who, key }: AuditLine): string => (key === undefined ? `${who} (command)` : `${who} (key)`);
const short = (value: unknown): string =>
  value === undefined ? "" : toJson(value).replaceAll(/\s+/g, " ").slice(0, 80);
const iso = (time: number | undefined): string => (time === undefined ? "" : new Date(time).toISOString());

const auditCsv = (lines: readonly AuditLine[], form: ReturnType<typeof csvForm>): string =>
  csvText(
    [
      "number",
      { time: "began" },
      "who",
      "key",
      "action",
      "card",
      "asked",
      "reference",
      "outcome",
      { time: "ended" },
      "told",
    ],
    lines.map((line) => [
      String(line.number),
      iso(line.at),
      line.who,
      line.key ?? "",
      line.action,
      line.card ?? "",
      short(line.asked),
      line.reference ?? "",
      line.outcome,
      iso(line.endedAt),
      short(line.told),
    ]),
    form,
  );

async function audit(context: CommandContext, options: AuditOptions): Promise<CommandOutput> {
  const limit = /^[1-9]\d{0,6}$/.test(options.limit) ? Number.parseInt(options.limit, 10) : 0;
  if (limit === 0 || limit > MAX_LINES)
    throw new InputError(`--limit: need 1 to ${MAX_LINES}, have "${options.limit.slice(0, 20)}"`);
  return withIssuerLedger(context, options, async (store, { timeZone, currency }, folder) => {
    const form = csvForm(options, timeZone, currency);
    const card =
      options.card === undefined ? undefined : cardText(cardKey(await findCardId(store, options.card)));
    const log = new AuditLog(folder);
    try {
      const lines = log.list({ card, limit });
      if (options.csv !== undefined) writeCsv(options.csv, auditCsv(lines, form));
      return { data: { lines }, text: text(lines, options.csv) };
    } finally {
      log.close();
    }
  });
}

function text(lines: readonly AuditLine[], csv: string | undefined): string {
  if (csv !== undefined) return `Written to ${csv}.`;
  if (lines.length === 0) return "The audit log has no such line.";
  return renderTable(
    ["NUMBER", "TIME", "WHO", "ACTION", "CARD", "ASKED", "RESULT"],
    lines.map((line) => [
      String(line.number),
      timeText(line.at),
      visible(byText(line)),
      line.action,
      line.card ?? "",
      short(line.asked),
      [line.outcome, short(line.told)].join(" ").trim(),
    ]),
  );
}

export const registerIssuerAudit: RegisterCommand = (program, run) => {
  const issuer = program.commands.find((command) => command.name() === "issuer");
  if (!issuer) throw new Error("the command issuer comes first");
  csvOptions(
    issuerOption(
      issuer.command("audit").description("who did what at the desk and by commands, newest first"),
    )
      .option("--card <card>", "only what was done to this card")
      .option("--limit <number>", "at most that many lines", "100")
      .option("--csv <file>", "write them as CSV"),
  )
    .addHelpText(
      "after",
      `
Every change by a key of the API or by a command has a line: written before it is done, completed after it. "unfinished":
it still runs, or its process was ended in it; the ledger says whether it was booked (cards show). Lines are never
changed or deleted by this software. They do not prove anything against somebody who can write to the issuer's folder.

Examples:
  chequecard issuer audit --issuer festival --card A17
  chequecard issuer audit --issuer festival --limit 100000 --csv audit.csv
`,
    )
    .action((options: AuditOptions) => run((context) => audit(context, options)));
};
