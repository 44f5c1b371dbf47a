import type { Command } from "commander";
import { formatCardId } from "../../apdu/card-id.js";
import { formatMsat } from "../../common/index.js";
import {
  type BatchStatus,
  batchStatus,
  type CertificateTerms,
  FACTORY_KEYS_KEPT,
  guardedRegistry,
  type InspectedCard,
  inspectCard,
  Journal,
  numberedCards,
  type PersonalizedCard,
  personalizeOne,
  releaseCard,
  resetCard,
  retryChip,
} from "../../personalize/index.js";
import { ledgerRegistry } from "../card-registry.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { issuerOf } from "../issuer/folder.js";
import { keySourceOptions, withKeys } from "../key-source-choice.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { type SetupOptions, setupOptions, withLedger, withSetup } from "../personalization-setup.js";
import { type ReaderChoice, withReader } from "../reader-choice.js";
import { renderTable } from "../table.js";
import { tracedReader } from "../traced-reader.js";
import { registerBatch } from "./personalize-batch.js";
import { registerLabels } from "./personalize-labels.js";

const readerOptions = (command: Command): Command =>
  command
    .option("--reader <name>", "the reader (part of its name); default: the only one")
    .option("--card <file>", "a simulated card instead of a reader");

/** What a certificate allows, for people. */
const certificateText = ({ offlineLimit, validUntilSeconds }: CertificateTerms): string =>
  `up to ${formatMsat(offlineLimit)} at once, until ${new Date(validUntilSeconds * 1000).toISOString()} by this computer's clock`;

const made = (card: PersonalizedCard): CommandOutput => ({
  data: card,
  text: renderRecord([
    ["Card", formatCardId(card.cardId)],
    ["Number", card.number],
    ["Chip", card.chip],
    ["Result", card.how === "made" ? "made and read back" : "finished after an interruption"],
    ["Commands", String(card.apdus)],
    ["Offline", card.certificate && certificateText(card.certificate)],
  ]),
});

async function one(
  context: CommandContext,
  options: SetupOptions & ReaderChoice & { readonly number?: string; readonly holder?: string },
): Promise<CommandOutput> {
  const order = { number: options.number ?? numberedCards(1)[0]?.number ?? "", holder: options.holder ?? "" };
  return withReader(context, options, (reader) =>
    withSetup(
      context,
      options,
      () => [order],
      async (batch) => {
        const card = await personalizeOne(tracedReader(context, reader), batch);
        if (card.keepsFactoryKeys) context.note(FACTORY_KEYS_KEPT);
        return made(card);
      },
    ),
  );
}

/** How the responses of the chips came: `12 encrypted, 1 in clear`. */
const channelsText = ({ encrypted, mac, clear }: BatchStatus["channels"]): string | undefined =>
  [
    encrypted ? `${encrypted} encrypted` : "",
    mac ? `${mac} authenticated only` : "",
    clear ? `${clear} in clear` : "",
  ]
    .filter(Boolean)
    .join(", ") || undefined;

function status(path: string): CommandOutput {
  const { counts, halfDone, refused, factoryKeys, channels, ...batch } = batchStatus(Journal.read(path));
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = [
    renderRecord([
      ["Batch", batch.batch],
      ["Profile", batch.profile],
      ["Done", `${counts.done} of ${total}`],
      ["Not begun", String(counts.open)],
      ["Half-done", String(halfDone.length)],
      ["Responses", channelsText(channels)],
    ]),
  ];
  if (halfDone.length)
    parts.push(
      "Lay these on a reader again, or give their chips up with: personalize retry --release <number>",
      renderTable(
        ["NUMBER", "STAGE", "CHIP"],
        halfDone.map(({ number, stage, chip }) => [number, stage, chip ?? ""]),
      ),
    );
  if (refused.length)
    parts.push(
      "Refused; allow another attempt with: personalize retry --chip <chip>",
      renderTable(
        ["CHIP", "KEYS", "REASON"],
        refused.map(({ chip, version, reason }) => [chip, String(version), reason]),
      ),
    );
  if (factoryKeys.length)
    parts.push(
      FACTORY_KEYS_KEPT,
      renderTable(
        ["NUMBER", "KEYS", "CHIP"],
        factoryKeys.map(({ number, version, chip }) => [number ?? "", String(version), chip]),
      ),
    );
  return { data: { ...batch, counts, halfDone, refused, factoryKeys, channels }, text: parts.join("\n\n") };
}

/** What a card's certificate means to whom it is handed. @param now Unix milliseconds */
function certificateSentence({ blocked, certificate }: InspectedCard, now: number): string {
  if (blocked) return "not answered: a blocked card shows no certificate";
  if (!certificate) return "no certificate: terminals without a connection do not accept this card";
  const { genuine, offlineLimit, validUntilSeconds } = certificate;
  if (!genuine) return "CERTIFICATE WRONG: not made by this issuer for this card; reset the card";
  const end = new Date(validUntilSeconds * 1000).toISOString();
  if (validUntilSeconds * 1000 < now)
    return `the certificate ended at ${end}: the card pays with a connection only; make it again for a new one`;
  if (offlineLimit === 0n)
    return "the certificate allows nothing: terminals without a connection do not accept it";
  return `terminals without a connection accept up to ${formatMsat(offlineLimit)} at once, until ${end}`;
}

async function verify(
  context: CommandContext,
  options: ReaderChoice & Parameters<typeof withKeys>[1] & { readonly ledger: string },
): Promise<CommandOutput> {
  return withReader(context, options, (reader) =>
    withKeys(context, options, (keys) =>
      withLedger(options.ledger, async (store) => {
        const connection = await tracedReader(context, reader).waitForCard(context.signal);
        try {
          const card = await inspectCard(connection, keys, ledgerRegistry(store));
          const good =
            card.genuine &&
            card.registered === "active" &&
            !card.blocked &&
            card.certificate?.genuine !== false;
          return {
            data: card,
            text: renderRecord([
              ["Card", card.cardId],
              ["Registered", card.registered ?? "no"],
              ["Signature", card.genuine ? "right" : "not that of the registered key"],
              ["Blocked", card.blocked ? "yes" : "no"],
              ["PIN", card.pinSet ? "set" : "none"],
              ["Credit", formatMsat(card.credit)],
              ["Spent", formatMsat(card.authorizedTotal)],
              ["Payments", String(card.counter)],
              ["Node", card.nodeUri],
              ["Offline", certificateSentence(card, Date.now())],
            ]),
            exitCode: good ? EXIT.OK : EXIT.CHECK_FAILED,
          };
        } finally {
          await connection.close();
        }
      }),
    ),
  );
}

async function retry(options: {
  journal: string;
  ledger: string;
  chip?: string;
  release?: string;
}): Promise<CommandOutput> {
  const { chip, release, ledger } = options;
  if ((chip === undefined) === (release === undefined))
    throw new InputError("choose one of --chip and --release");
  const journal = Journal.open(options.journal);
  try {
    if (chip !== undefined) {
      await audited(issuerOf(ledger), { action: "retry-chip", asked: { chip } }, () =>
        retryChip(journal, chip),
      );
      return { data: { chip }, text: `Chip ${chip} may be tried again.` };
    }
    const number = release ?? "";
    await withLedger(ledger, (store) =>
      audited(issuerOf(ledger), { action: "release-card", asked: { number } }, () =>
        releaseCard(journal, guardedRegistry(ledgerRegistry(store)), number),
      ),
    );
    return { data: { released: number }, text: `Card ${number} can be made with another chip.` };
  } finally {
    journal.close();
  }
}

async function resetOne(
  context: CommandContext,
  options: SetupOptions & ReaderChoice,
): Promise<CommandOutput> {
  return withReader(context, options, (reader) =>
    withSetup(
      context,
      options,
      () => numberedCards(1),
      async (batch) => {
        const connection = await tracedReader(context, reader).waitForCard(context.signal);
        try {
          const { chip, cardId } = await resetCard(connection, batch);
          const retired = cardId
            ? `Card ${formatCardId(cardId)} is retired for ever and its chip`
            : "The chip";
          return { data: { chip, cardId }, text: `${retired} (${chip}) is blank.` };
        } finally {
          await connection.close();
        }
      },
      { action: "reset-card", cardOf: ({ data }) => data.cardId },
    ),
  );
}

export const registerPersonalize: RegisterCommand = (program, run) => {
  const personalize = program.command("personalize").description("turn blank cards into prepaid cards");
  readerOptions(setupOptions(personalize.command("one")))
    .description("make one card, or finish one that was interrupted")
    .option("--number <text>", "number printed on the card")
    .option("--holder <text>", "who gets it")
    .addHelpText(
      "after",
      "\nExample:\n  chequecard personalize one --profile festival.yaml --keys keys.json --journal anna.journal\n",
    )
    .action((options) => run((context) => one(context, options)));
  registerBatch(personalize, run);
  personalize
    .command("status")
    .description("say how a batch stands, also while it runs")
    .argument(
      "[journal]",
      "file in which `personalize batch` keeps every step of every card",
      "batch.journal",
    )
    .addHelpText("after", "\nExample:\n  chequecard personalize status batch.journal\n")
    .action((journal: string) => run(async () => status(journal)));
  readerOptions(keySourceOptions(personalize.command("verify")))
    .description("read a card and check it against the ledger; changes nothing")
    .option("--ledger <file|url>", "the issuer's ledger", "ledger.db")
    .action((options) => run((context) => verify(context, options)));
  personalize
    .command("retry")
    .description("let a refused chip be tried again, or give up the chip of a half-done card")
    .option("--journal <file>", "the batch's journal", "batch.journal")
    .option("--ledger <file|url>", "the issuer's ledger", "ledger.db")
    .option("--chip <hex>", "a chip that was refused")
    .option("--release <number>", "a half-done card whose chip is lost or broken")
    .action((options) => run(() => retry(options)));
  readerOptions(setupOptions(personalize.command("reset")))
    .description("retire a card's id and make its chip blank")
    .action((options) => run((context) => resetOne(context, options)));
  registerLabels(personalize, run);
};
