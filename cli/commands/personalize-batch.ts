import type { Command } from "commander";
import {
  type BatchSummary,
  type CardOrder,
  numberedCards,
  readCardList,
  runBatch,
} from "../../personalize/index.js";
import { type BatchReaderChoice, withBatchReaders } from "../batch-readers.js";
import { batchView } from "../batch-view.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { type SetupOptions, setupOptions, withSetup } from "../personalization-setup.js";
import { tracedReader } from "../traced-reader.js";

interface BatchOptions extends SetupOptions, BatchReaderChoice {
  readonly cards?: string;
  readonly count?: string;
  readonly prefix?: string;
}

/** The cards of a new batch. @throws InputError; ParseError with every bad line */
function ordersOf({ cards, count, prefix }: BatchOptions): CardOrder[] {
  if ((cards === undefined) === (count === undefined))
    throw new InputError("a new batch needs one of --cards <list.csv> and --count <number>");
  if (cards !== undefined) return readCardList(cards);
  return numberedCards(/^\d{1,6}$/.test(count ?? "") ? Number.parseInt(count ?? "", 10) : 0, prefix);
}

function summary(outcome: BatchSummary, journal: string): CommandOutput {
  const { counts, complete } = outcome;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const halfDone = counts.assigned + counts.verified + counts.active;
  return {
    data: outcome,
    text: `${renderRecord([
      ["Done", `${counts.done} of ${total}`],
      ["In this run", String(outcome.cards)],
      ["Refused", String(outcome.refused)],
      ["Torn away", String(outcome.torn)],
      ["Half-done", halfDone > 0 ? String(halfDone) : undefined],
    ])}${complete ? "" : `\n\nGo on with the same command. What is left: chequecard personalize status ${journal}`}`,
    exitCode: complete ? EXIT.OK : EXIT.INTERRUPTED,
  };
}

async function batch(context: CommandContext, options: BatchOptions): Promise<CommandOutput> {
  return withSetup(
    context,
    options,
    () => ordersOf(options),
    (setup) =>
      withBatchReaders(context, options, async ({ readers, onEvent }, signal) => {
        const { journal } = setup;
        const view = batchView(context, journal.items.length, journal.counts().done);
        try {
          const outcome = await runBatch(
            readers.map((reader) => tracedReader(context, reader)),
            {
              ...setup,
              signal,
              onEvent(event) {
                view.show(event);
                onEvent(event);
              },
            },
          );
          return summary(outcome, options.journal);
        } finally {
          view.stop();
        }
      }),
  );
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds `personalize batch`. */
export function registerBatch(personalize: Command, run: RunAction): void {
  setupOptions(personalize.command("batch"))
    .description("make many cards on one reader or several; stop and go on at any time")
    .option("--cards <list.csv>", "the cards of a new batch: number, and optionally holder and credit")
    .option("--count <number>", "the cards of a new batch: that many, numbered")
    .option("--prefix <text>", "before the numbers of --count", "")
    .option("--reader <name>", "a reader; may be given several times", collect)
    .option("--all-readers", "every reader that is connected")
    .option("--card <file...>", "simulated cards instead of readers; may be given several times")
    .addHelpText(
      "after",
      `
The journal holds every step of every card. After Ctrl-C, a power cut or a pulled card run the same command again:
half-done cards are recognised on any reader and finished.

Examples:
  chequecard personalize batch --profile festival.yaml --keys keys.json --count 2000 --all-readers
  chequecard personalize batch --profile staff.yaml --keys keys.json --cards staff.csv --letters pins
`,
    )
    .action((options: BatchOptions) => run((context) => batch(context, options)));
}
