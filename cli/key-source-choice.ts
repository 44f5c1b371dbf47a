import { existsSync } from "node:fs";
import type { Command } from "commander";
import { expectFileAt } from "../common/index.js";
import {
  KeyFile,
  type KeySource,
  Pkcs11KeySource,
  WELL_KNOWN_KEY_WARNING,
  withWellKnownKey,
} from "../keys/index.js";
import type { CommandContext } from "./command-context.js";
import { InputError } from "./error-report.js";
import { askSecret } from "./prompt/ask.js";

/** `--keys FILE`, or `--hsm LIBRARY --token LABEL`. */
export interface KeySourceChoice {
  readonly keys?: string;
  readonly passphraseFd?: string;
  readonly hsm?: string;
  readonly token?: string;
  readonly testKey?: boolean;
}

/** Adds the options of {@link KeySourceChoice} to a command. */
export function keySourceOptions(command: Command): Command {
  return command
    .option("--keys <file>", "the issuer's key file (passphrase: CHEQUECARD_PASSPHRASE, or asked for)")
    .option("--passphrase-fd <number>", "read the key file's passphrase from this file descriptor")
    .option(
      "--hsm <library>",
      "use a PKCS #11 token instead: path of its library (PIN: CHEQUECARD_HSM_PIN, or asked for)",
    )
    .option("--token <label>", "label of the PKCS #11 token")
    .option("--test-key", "the cards have the published GlobalPlatform test key: for development only");
}

async function open(context: CommandContext, choice: KeySourceChoice): Promise<KeySource> {
  if ((choice.keys === undefined) === (choice.hsm === undefined))
    throw new InputError("choose one of --keys and --hsm", {
      hint: "Make a key file with: chequecard keys create keys.json",
    });
  if (choice.keys !== undefined) {
    const passphrase = await askSecret(context, {
      question: `Passphrase of ${choice.keys}`,
      variable: "CHEQUECARD_PASSPHRASE",
      descriptor: choice.passphraseFd,
    });
    try {
      return await KeyFile.open(choice.keys, passphrase);
    } finally {
      passphrase.fill(0);
    }
  }
  if (choice.token === undefined) throw new InputError("--hsm needs --token <label>");
  // The system's loader would wait for a pipe; a bare name is looked for in its own folders.
  if (existsSync(choice.hsm ?? "")) expectFileAt(choice.hsm ?? "");
  const pin = await askSecret(context, {
    question: `PIN of ${choice.token}`,
    variable: "CHEQUECARD_HSM_PIN",
  });
  return Pkcs11KeySource.open({
    library: choice.hsm ?? "",
    token: choice.token,
    pin: new TextDecoder().decode(pin),
  });
}

/** Opens the chosen keys for the length of `use`. @throws KeyError; InputError */
export async function withKeys<T>(
  context: CommandContext,
  choice: KeySourceChoice,
  use: (keys: KeySource) => Promise<T>,
): Promise<T> {
  const own = await open(context, choice);
  if (choice.testKey) context.note(WELL_KNOWN_KEY_WARNING);
  const keys = choice.testKey ? withWellKnownKey(own) : own;
  try {
    return await use(keys);
  } finally {
    await keys.close();
  }
}
