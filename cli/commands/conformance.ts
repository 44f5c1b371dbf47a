import {
  type CaseResult,
  type ConformanceTarget,
  cardAsItIs,
  cardOnReader,
  conformanceCases,
  keylessCases,
  programTarget,
  runConformance,
} from "../../host/conformance/index.js";
import { openReaders } from "../../host/pcsc/index.js";
import { channelTarget } from "../../personalize/index.js";
import {
  isNtag,
  makeCard,
  provisionCard,
  readCardFile,
  SimulatedReader,
  summarizeCardFile,
} from "../../simulator/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type KeySourceChoice, keySourceOptions, withKeys } from "../key-source-choice.js";
import type { CommandOutput } from "../output.js";
import { progress } from "../progress.js";
import { chooseReader } from "../reader-choice.js";

interface ConformanceOptions extends KeySourceChoice {
  readonly reader?: string;
  readonly card?: string;
  readonly provision?: string;
  readonly cardKeys?: string;
  readonly only?: string;
  readonly list?: boolean;
}

/** Fresh simulated cards of the kind that a card file holds; the file itself is not touched. */
function simulatedCards(file: string): ConformanceTarget {
  if (isNtag(readCardFile(file).memory))
    throw new InputError(`--card: ${file} is a Bolt Card, which has no card application`);
  const { protocol } = summarizeCardFile(file);
  return {
    name: `simulated cards like ${file} (${protocol})`,
    passesMalformed: true,
    async provision(wanted) {
      const { card, publicKey } =
        wanted === "blank"
          ? { card: makeCard({ protocol }), publicKey: undefined }
          : provisionCard(wanted, { protocol });
      const reader = new SimulatedReader();
      reader.insert(card);
      return cardOnReader(reader, publicKey);
    },
  };
}

function keyVersion(text: string): number {
  const version = /^\d{1,3}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (version >= 1 && version <= 255) return version;
  throw new InputError(`--card-keys: need a version of 1 to 255, have "${text}"`);
}

async function withTarget<T>(
  context: CommandContext,
  options: ConformanceOptions,
  use: (target: ConformanceTarget) => Promise<T>,
): Promise<T> {
  if ((options.card === undefined) === (options.reader === undefined))
    throw new InputError("conformance: need either --card or --reader");
  if (options.card !== undefined) return use(simulatedCards(options.card));
  const [program, ...args] = options.provision?.split(/\s+/).filter(Boolean) ?? [];
  const readers = await openReaders({ signal: context.signal });
  try {
    const reader = chooseReader(context, readers, options.reader);
    const { cardKeys } = options;
    if (cardKeys !== undefined)
      return await withKeys(context, options, (keys) =>
        use(channelTarget(reader, keys, keyVersion(cardKeys))),
      );
    return await use(program === undefined ? cardAsItIs(reader) : programTarget(reader, [program, ...args]));
  } finally {
    await readers.close();
  }
}

async function conformance(context: CommandContext, options: ConformanceOptions): Promise<CommandOutput> {
  const only = options.only?.toLowerCase() ?? "";
  const keysKnown =
    options.list ||
    options.card !== undefined ||
    options.provision !== undefined ||
    options.cardKeys !== undefined;
  const all = keysKnown ? conformanceCases() : keylessCases;
  const cases = all.filter(({ id, section }) => `${id} ${section}`.toLowerCase().includes(only));
  if (cases.length === 0)
    throw new InputError(`--only: no case has "${options.only}" in its name or section`, {
      hint: keysKnown
        ? "`conformance --list` names all cases."
        : "Without --provision or --card-keys only cases that need no keys are run; `conformance --list` names all.",
    });
  if (options.list)
    return {
      data: { cases: cases.map(({ id, section, title }) => ({ id, section, title })) },
      text: cases
        .map(({ id, section, title }) => `${id.padEnd(34)} ${section.padEnd(16)} ${title}`)
        .join("\n"),
    };
  const bar = progress(context, "Conformance", cases.length);
  try {
    const report = await withTarget(context, options, (target) =>
      runConformance(target, { cases, signal: context.signal, onResult: () => bar.advance() }),
    );
    bar.stop();
    const shown = report.results.filter(({ outcome }) => outcome !== "passed").map(renderResult);
    const counts = `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`;
    return {
      data: report,
      text: [...shown, `${report.target}: ${counts}`].join("\n"),
      exitCode: report.failed ? EXIT.CHECK_FAILED : EXIT.OK,
    };
  } finally {
    bar.stop();
  }
}

function renderResult(result: CaseResult): string {
  const head = `${result.outcome.toUpperCase()} ${result.id} (${result.section}): ${result.title}`;
  const found =
    result.outcome === "failed" ? [`  expected: ${result.expected}`, `  found:    ${result.found}`] : [];
  return [head, `  ${result.detail}`, ...found].join("\n");
}

export const registerConformance: RegisterCommand = (program, run) => {
  keySourceOptions(program.command("conformance"))
    .description("hold a card to the specification, for authors of card applications")
    .option("--reader <name>", "PC/SC reader with the card under test")
    .option("--provision <command>", "program that brings the card on the reader into a wanted state")
    .option(
      "--card-keys <version>",
      "personalize it through its secure channel, with the card keys of that version",
    )
    .option("--card <file>", "simulated cards of the kind in this file; the file is not touched")
    .option("--only <text>", "only cases whose name or section contains this")
    .option("--list", "list the cases")
    .addHelpText(
      "after",
      `
With --provision or --card-keys the card is provisioned again for each case: everything on it is lost. Without it only the cases
that need no keys are run on the card as it is, which changes nothing on it. See docs/conformance.md.

Examples:
  chequecard conformance --card card.json
  chequecard conformance --reader ACR1252
  chequecard conformance --reader ACR1252 --provision "python3 provision.py" --only update/
  chequecard conformance --reader ACR1252 --keys keys.json --card-keys 255 --test-key
  chequecard conformance --list
`,
    )
    .action((options: ConformanceOptions) => run((context) => conformance(context, options)));
};
