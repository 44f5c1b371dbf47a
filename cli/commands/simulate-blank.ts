import { randomBytes } from "node:crypto";
import { WELL_KNOWN_KEY_WARNING, wellKnownCardKeys } from "../../keys/index.js";
import { blankCard, createCardFile, diversificationData, SERIAL_LENGTH } from "../../simulator/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { type KeySourceChoice, withKeys } from "../key-source-choice.js";
import type { CommandOutput } from "../output.js";

interface BlankOptions extends Pick<KeySourceChoice, "keys" | "testKey"> {
  readonly keyVersion: string;
  readonly count: string;
  readonly keepsFactoryKeys?: boolean;
  readonly boltCard?: boolean;
}

const number = (text: string, option: string, max: number): number => {
  const value = /^\d{1,4}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (value < 1 || value > max) throw new InputError(`--${option}: need 1 to ${max}, have "${text}"`);
  return value;
};

/** `card.json`, or `card-0001.json` and so on when there are several. */
function pathsOf(path: string, count: number): string[] {
  if (count === 1) return [path];
  return Array.from({ length: count }, (_, index) =>
    path.replace(/(\.json)?$/, `-${String(index + 1).padStart(4, "0")}$1`),
  );
}

/**
 * A serial number as chips have it. Where its last four bytes are letters, all 00 or all FF, they are the same on every card of a
 * kind, and personalization refuses the chip (specs/04 §8.1).
 * @param random 6 bytes
 */
export function blankSerial(random: Uint8Array): Uint8Array {
  const serial = Uint8Array.from(random);
  serial[2] = ((serial[2] ?? 0) & 0x3f) | 0x80;
  return serial;
}

async function makeBlank(
  context: CommandContext,
  path: string,
  options: BlankOptions,
): Promise<CommandOutput> {
  const version = number(options.keyVersion, "key-version", 255);
  const files = pathsOf(path, number(options.count, "count", 1000));
  if ((options.keys === undefined) === !options.testKey)
    throw new InputError("choose one of --keys and --test-key");
  const make = async (
    keysFor: (diversification: Uint8Array) => Promise<ReturnType<typeof wellKnownCardKeys>>,
  ) => {
    for (const file of files) {
      const serial = blankSerial(randomBytes(SERIAL_LENGTH));
      const keys = await keysFor(diversificationData(serial));
      createCardFile(
        file,
        blankCard({
          serial,
          keys: () => keys,
          keepsFactoryKeys: options.keepsFactoryKeys ?? false,
          boltCard: options.boltCard ?? false,
        }),
      );
    }
  };
  if (options.testKey) {
    context.note(WELL_KNOWN_KEY_WARNING);
    await make(async () => wellKnownCardKeys(version));
  } else
    await withKeys(context, { keys: options.keys ?? "" }, (keys) =>
      make((data) => keys.cardKeys(version, data)),
    );
  return {
    data: { files },
    text: `${files.length === 1 ? `A blank card: ${path}` : `${files.length} blank cards: ${files[0]} to ${files.at(-1)}`}
Make a prepaid card of it with: chequecard personalize one --card ${files[0]} --profile <file> --keys <file>`,
  };
}

/** Adds `simulate blank` to the commands of simulated cards. */
export const registerSimulateBlank: RegisterCommand = (program, run) => {
  program.commands
    .find((command) => command.name() === "simulate")
    ?.command("blank <file>")
    .description("make a blank card, as it comes from the factory, to be personalized")
    .option("--keys <file>", "key file whose card keys it has")
    .option("--test-key", "the published GlobalPlatform test key instead: for development only")
    .option("--key-version <number>", "version of its keys", "255")
    .option("--count <number>", "that many cards, in numbered files", "1")
    .option(
      "--keeps-factory-keys",
      "a card whose keys of version 255 stay when others are added, as on a few cards",
    )
    .option("--bolt-card", "with the application of a Bolt Card too, the second face")
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard simulate blank card.json --test-key\n  chequecard simulate blank card.json --test-key --bolt-card\n",
    )
    .action((path: string, options: BlankOptions) => run((context) => makeBlank(context, path, options)));
};
