import { resolve } from "node:path";
import { type LedgerReport, verifyLedger } from "../../issuer/ledger/index.js";
import { backupLedger, databaseName, restoreLedger, type ServiceConfig } from "../../issuer/service/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import {
  type IssuerChoice,
  issuerFolder,
  issuerOption,
  readIssuerConfig,
  withIssuerLedger,
} from "../issuer/folder.js";
import type { CommandOutput } from "../output.js";

const counts = ({ cards, authorizations, bookings, invariants }: LedgerReport): string =>
  `${invariants} invariants over ${cards} cards, ${authorizations} authorizations and ${bookings} bookings`;

function reportText(report: LedgerReport): string {
  if (report.violations.length === 0) return `The ledger holds: ${counts(report)}.`;
  const lines = report.violations.map(
    ({ invariant, found }) => `  ${invariant}:\n${found.map((one) => `    ${one}`).join("\n")}`,
  );
  return `The ledger does NOT hold. Checked: ${counts(report)}. Wrong:\n${lines.join("\n")}\nStop the service and keep the database as it is.`;
}

const proven = (report: LedgerReport, data: object, text: string): CommandOutput => ({
  data: { ...data, ...report },
  text: [text, reportText(report)].filter(Boolean).join("\n"),
  exitCode: report.violations.length === 0 ? EXIT.OK : EXIT.CHECK_FAILED,
});

async function verify(
  context: CommandContext,
  options: IssuerChoice & { readonly file?: string },
): Promise<CommandOutput> {
  if (options.file === undefined)
    return withIssuerLedger(context, options, async (store) => proven(await verifyLedger(store), {}, ""));
  const store = await openSqlite({ path: options.file });
  try {
    return proven(await verifyLedger(store), { file: options.file }, "");
  } finally {
    await store.close();
  }
}

/** The ledger's file. @throws InputError with the command that does the same for PostgreSQL */
function sqliteFile(database: ServiceConfig["database"], postgres: (name: string) => string): string {
  if ("sqlite" in database) return database.sqlite;
  throw new InputError("the ledger is a PostgreSQL database, which has its own programs for this", {
    hint: `Run: ${postgres(databaseName(database))}`,
  });
}

async function backup(context: CommandContext, file: string, options: IssuerChoice): Promise<CommandOutput> {
  const { database } = readIssuerConfig(issuerFolder(context, options));
  const to = resolve(file);
  const from = sqliteFile(
    database,
    (name) => `pg_dump --format=custom --no-owner --file=${shell(to)} ${shell(name)}`,
  );
  return proven(await backupLedger(from, to), { from, file: to }, `Copied ${from} to ${to}.`);
}

async function restore(
  context: CommandContext,
  file: string,
  options: IssuerChoice & { readonly force?: boolean },
): Promise<CommandOutput> {
  const { database } = readIssuerConfig(issuerFolder(context, options));
  const from = resolve(file);
  const to = sqliteFile(
    database,
    (name) =>
      `pg_restore --clean --if-exists --no-owner --single-transaction --dbname=${shell(name)} ${shell(from)}`,
  );
  const { report, kept, orphanedLog } = await restoreLedger(from, to, { force: options.force ?? false });
  return proven(
    report,
    { from, file: to, kept, orphanedLog },
    [
      `${to} is now what ${from} holds.`,
      kept === undefined ? "" : `What was there before lies in ${kept}.`,
      orphanedLog === undefined
        ? ""
        : `There was the log of a ledger that is gone; it lies in ${orphanedLog} now. That ledger is not whole without it.`,
      'What happened after the backup is not in it: read docs/issuer.md, "After a restore", before the service starts.',
    ]
      .filter(Boolean)
      .join("\n"),
  );
}

/** As the shell reads it as one word. */
const shell = (text: string): string =>
  /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

export const registerLedger: RegisterCommand = (program, run) => {
  const ledger = program.command("ledger").description("the issuer's books: prove, back up, restore");
  issuerOption(ledger.command("verify").description("prove every invariant, while payments go on"))
    .option("--file <file>", "another SQLite ledger, such as a backup")
    .action((options: IssuerChoice & { file?: string }) => run((context) => verify(context, options)));
  issuerOption(
    ledger
      .command("backup <file>")
      .description("copy the ledger as it stands at one moment, while payments go on, and prove the copy"),
  ).action((file: string, options: IssuerChoice) => run((context) => backup(context, file, options)));
  issuerOption(
    ledger.command("restore <file>").description("prove a backup and put it in the ledger's place"),
  )
    .option("--force", "set a ledger that is there aside; the service must be stopped")
    .action((file: string, options: IssuerChoice & { force?: boolean }) =>
      run((context) => restore(context, file, options)),
    );
};
