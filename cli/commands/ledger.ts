import { resolve } from "node:path";
import { bytesToHex, formatMsat, hexToBytes, plural } from "../../common/index.js";
import {
  type LedgerReport,
  listUnmatched,
  type UnmatchedPayment,
  verifyLedger,
  writeOff,
} from "../../issuer/ledger/index.js";
import { backupLedger, databaseName, restoreLedger, type ServiceConfig } from "../../issuer/service/index.js";
import { listNodes, openSqlite } from "../../issuer/store/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { backupEvery, readInterval, readKeep, USUAL_KEEP } from "../issuer/backup-every.js";
import { cardText, timeIso, timeText } from "../issuer/card-choice.js";
import {
  type IssuerChoice,
  issuerFolder,
  issuerOption,
  readIssuerConfig,
  withIssuerLedger,
} from "../issuer/folder.js";
import { nodeData, nodeTable } from "../issuer/node-view.js";
import type { CommandOutput } from "../output.js";
import { shell } from "../shell-word.js";
import { renderTable } from "../table.js";
import { registerLedgerNodes } from "./ledger-nodes.js";

const counts = ({ cards, authorizations, bookings, invariants }: LedgerReport): string =>
  `${plural(invariants, "invariant")} over ${plural(cards, "card")}, ${plural(authorizations, "authorization")} and ${plural(bookings, "booking")}`;

function reportText(report: LedgerReport): string {
  if (report.violations.length === 0)
    return [`The ledger holds: ${counts(report)}.`, unmatchedText(report), nodesText(report)]
      .filter(Boolean)
      .join("\n");
  const lines = report.violations.map(
    ({ invariant, found }) => `  ${invariant}:\n${found.map((one) => `    ${one}`).join("\n")}`,
  );
  return `The ledger does NOT hold. Checked: ${counts(report)}. Wrong:\n${lines.join("\n")}\nStop the service and keep the database as it is.`;
}

/** Of one node alone the sums above say it all. */
const nodesText = ({ nodes }: LedgerReport): string => (nodes.length < 2 ? "" : nodeTable(nodes));

const unmatchedText = ({ unmatched: { payments, amount } }: LedgerReport): string =>
  payments === 0
    ? ""
    : `The node paid ${payments === 1 ? "one payment" : `${payments} payments`} over ${formatMsat(amount)} without an authorization: see "chequecard ledger unmatched".`;

const proven = (report: LedgerReport, data: object, text: string): CommandOutput => ({
  data: { ...data, ...report, nodes: report.nodes.map(nodeData) },
  text: [text, reportText(report)].filter(Boolean).join("\n"),
  exitCode: report.violations.length === 0 ? EXIT.OK : EXIT.CHECK_FAILED,
});

async function verify(
  context: CommandContext,
  options: IssuerChoice & { readonly file?: string },
): Promise<CommandOutput> {
  if (options.file === undefined)
    return withIssuerLedger(context, options, async (store) => verified(await verifyLedger(store), {}));
  const store = await openSqlite({ path: options.file });
  try {
    return verified(await verifyLedger(store), { file: options.file });
  } finally {
    await store.close();
  }
}

/** Money that left without an authorization wants a person, though the book is right. */
function verified(report: LedgerReport, data: object): CommandOutput {
  const output = proven(report, data, "");
  return report.unmatched.payments === 0 ? output : { ...output, exitCode: EXIT.CHECK_FAILED };
}

async function unmatched(context: CommandContext, options: IssuerChoice): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store) => {
    const payments = await listUnmatched(store.db);
    const nodes = new Map((await listNodes(store.db)).map((one) => [one.node, bytesToHex(one.node_id)]));
    const rows = payments.map((one) => [
      one.payment_hash.toString("hex"),
      one.state,
      formatMsat(one.amount),
      formatMsat(one.fee),
      timeText(one.sent_at),
      one.card === null ? "" : `${cardText(one.card)}, counter ${one.counter}`,
      nodes.get(one.node)?.slice(0, 16) ?? "",
      one.note,
    ]);
    return {
      data: { payments: payments.map((one) => ({ ...unmatchedData(one), node: nodes.get(one.node) })) },
      text:
        rows.length === 0
          ? "Every payment of the node has its authorization."
          : `${renderTable(["PAYMENT HASH", "STATE", "AMOUNT", "ROUTING FEE", "SENT", "CARD", "NODE", "NOTE"], rows)}\nWhat to do: docs/issuer.md, "Payments without an authorization".`,
    };
  });
}

const unmatchedData = (one: UnmatchedPayment) => ({
  paymentHash: one.payment_hash,
  state: one.state,
  amount: one.amount,
  fee: one.fee,
  sent: timeIso(one.sent_at),
  found: timeIso(one.found_at),
  resolved: timeIso(one.resolved_at),
  ...(one.card === null ? {} : { card: cardText(one.card), counter: String(one.counter) }),
  note: one.note,
});

async function bear(
  context: CommandContext,
  paymentHash: string,
  options: IssuerChoice & { readonly note: string },
): Promise<CommandOutput> {
  if (!/^[0-9a-fA-F]{64}$/.test(paymentHash))
    throw new InputError(`payment hash: need 64 hex digits, have ${paymentHash.length} characters`, {
      hint: 'List them with "chequecard ledger unmatched".',
    });
  const note = options.note.trim();
  if (note.length === 0 || note.length > MAX_NOTE)
    throw new InputError(`--note: need 1 to ${MAX_NOTE} characters, have ${note.length}`);
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const hash = paymentHash.toLowerCase();
    const written = await audited(
      folder,
      { action: "write-off", asked: { paymentHash: hash, note } },
      () => writeOff(store, hexToBytes(hash), note, Date.now()),
      ({ amount, fee }) => ({ told: { amount, fee } }),
    );
    return {
      data: unmatchedData(written),
      text: `Written off: ${formatMsat(written.amount + written.fee)}. The issuer bears it, and it holds no skipped authorization any more.`,
    };
  });
}

/** The ledger's file. @throws InputError with the command that does the same for PostgreSQL */
function sqliteFile(database: ServiceConfig["database"], postgres: (name: string) => string): string {
  if ("sqlite" in database) return database.sqlite;
  throw new InputError("the ledger is a PostgreSQL database, which has its own programs for this", {
    hint: `Run: ${postgres(databaseName(database))}`,
  });
}

interface BackupOptions extends IssuerChoice {
  readonly every?: string;
  readonly keep?: string;
}

async function backup(context: CommandContext, file: string, options: BackupOptions): Promise<CommandOutput> {
  const everyMs = options.every === undefined ? undefined : readInterval(options.every);
  if (everyMs === undefined && options.keep !== undefined)
    throw new InputError("--keep: goes with --every", {
      hint: "Without --every one backup is made, and none is removed.",
    });
  const keep = readKeep(options.keep ?? USUAL_KEEP);
  const { database } = readIssuerConfig(issuerFolder(context, options));
  const to = resolve(file);
  const from = sqliteFile(
    database,
    (name) => `pg_dump --format=custom --no-owner --file=${shell(to)} ${shell(name)}`,
  );
  if (everyMs !== undefined) return await backupEvery(context, from, to, { everyMs, keep });
  return proven(await backupLedger(from, to), { from, file: to }, `Copied ${from} to ${to}.`);
}

async function restore(
  context: CommandContext,
  file: string,
  options: IssuerChoice & { readonly force?: boolean },
): Promise<CommandOutput> {
  const folder = issuerFolder(context, options);
  const { database } = readIssuerConfig(folder);
  const from = resolve(file);
  const to = sqliteFile(
    database,
    (name) =>
      `pg_restore --clean --if-exists --no-owner --single-transaction --dbname=${shell(name)} ${shell(from)}`,
  );
  const asked = { from, force: options.force ?? false };
  const { report, kept, orphanedLog } = await audited(
    folder,
    { action: "restore", asked },
    () => restoreLedger(from, to, asked),
    (done) => ({ told: { kept: done.kept } }),
  );
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

const MAX_NOTE = 200;

export const registerLedger: RegisterCommand = (program, run) => {
  const ledger = program.command("ledger").description("the issuer's books: prove, back up, restore");
  issuerOption(ledger.command("verify").description("prove every invariant, while payments go on"))
    .option("--file <file>", "another SQLite ledger, such as a backup")
    .action((options: IssuerChoice & { file?: string }) => run((context) => verify(context, options)));
  issuerOption(
    ledger
      .command("unmatched")
      .description("payments that the node made and that no authorization accounts for"),
  ).action((options: IssuerChoice) => run((context) => unmatched(context, options)));
  issuerOption(
    ledger
      .command("write-off <payment-hash>")
      .description("close an unmatched payment: the issuer bears it")
      .requiredOption("--note <text>", "why, for the books"),
  ).action((paymentHash: string, options: IssuerChoice & { note: string }) =>
    run((context) => bear(context, paymentHash, options)),
  );
  issuerOption(
    ledger
      .command("backup <file>")
      .description("copy the ledger as it stands at one moment, while payments go on, and prove the copy"),
  )
    .option("--every <time>", "again and again, such as 30s, 5m or 1h; <file> is then a folder that is there")
    .option(
      "--keep <count>",
      `with --every: how many of the newest stay, beside the last one of each of 30 days; default: ${USUAL_KEEP}`,
    )
    .action((file: string, options: BackupOptions) => run((context) => backup(context, file, options)));
  issuerOption(
    ledger.command("restore <file>").description("prove a backup and put it in the ledger's place"),
  )
    .option("--force", "set a ledger that is there aside; the service must be stopped")
    .action((file: string, options: IssuerChoice & { force?: boolean }) =>
      run((context) => restore(context, file, options)),
    );
  registerLedgerNodes(ledger, run);
};
