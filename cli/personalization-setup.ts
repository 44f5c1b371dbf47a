import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { readTextFile } from "../common/index.js";
import { openPostgres, openSqlite, type Store } from "../issuer/store/index.js";
import type { KeySource } from "../keys/index.js";
import type { Network } from "../lightning/network.js";
import { parseNodeUri } from "../lightning/node-uri.js";
import { strangersProblem } from "../lightning/untrusted-uri.js";
import {
  type BatchContext,
  type CardOrder,
  isBegun,
  Journal,
  keySetOf,
  PinLetters,
  type Profile,
  parseProfile,
  profileFingerprint,
} from "../personalize/index.js";
import { ledgerRegistry } from "./card-registry.js";
import type { CommandContext } from "./command-context.js";
import { InputError } from "./error-report.js";
import { type KeySourceChoice, keySourceOptions, withKeys } from "./key-source-choice.js";
import { askSecret } from "./prompt/ask.js";

/** Options of all commands that touch blank cards. */
export interface SetupOptions extends KeySourceChoice {
  readonly profile: string;
  readonly ledger: string;
  readonly journal: string;
  readonly letters?: string;
}

/** Adds the options of {@link SetupOptions} to a command. */
export function setupOptions(command: Command): Command {
  return keySourceOptions(
    command
      .requiredOption("--profile <file>", "the profile of the cards (YAML or JSON)")
      .option(
        "--ledger <file|url>",
        "the issuer's ledger: an SQLite file or a postgres:// address",
        "ledger.db",
      )
      .option("--journal <file>", "the batch's journal; with it a later run goes on", "batch.journal")
      .option(
        "--letters <file>",
        "file of PIN letters (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
      ),
  );
}

/** In bytes; the reader of YAML takes less. */
const MAX_PROFILE_LENGTH = 1 << 20;

/**
 * @param network on which its cards shall pay
 * @throws ParseError with every mistake; InputError when no stranger can dial its node; FileError
 */
export function readProfile(path: string, network: Network = "bcrt"): Profile {
  const profile = parseProfile(readTextFile(path, MAX_PROFILE_LENGTH), path);
  const problem = strangersProblem(parseNodeUri(profile.nodeUri), network);
  if (problem)
    throw new InputError(`${path}: node-uri: ${problem}`, {
      hint: "Cards keep this address for good: name the public address of the issuer's node. No card was touched.",
    });
  return profile;
}

/** Opens the ledger for the length of `use`. @throws StoreError */
export async function withLedger<T>(ledger: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = /^postgres(ql)?:\/\//.test(ledger)
    ? await openPostgres({ url: ledger })
    : await openSqlite({ path: ledger });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The journal of the batch: the one that is there, or a new one for these cards. */
function openJournal(
  path: string,
  profile: Profile,
  keys: KeySource,
  cards: () => readonly CardOrder[],
): Journal {
  // A file without a whole line was begun by a process that died before its batch was one.
  if (isBegun(path)) return Journal.open(path);
  return Journal.create(path, {
    batchId: Uint8Array.from(randomBytes(8)),
    profile: profile.name,
    fingerprint: profileFingerprint(profile, keySetOf(profile, keys)),
    cards: cards(),
  });
}

async function openLetters(context: CommandContext, path: string): Promise<PinLetters> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of the PIN letters ${path}`,
    variable: "CHEQUECARD_LETTERS_PASSPHRASE",
  });
  try {
    return isBegun(path)
      ? await PinLetters.open(path, passphrase)
      : await PinLetters.create(path, passphrase);
  } finally {
    passphrase.fill(0);
  }
}

/**
 * Opens everything that a personalization needs, and closes it after `use`.
 * @param cards for a batch that has no journal yet
 */
export async function withSetup<T>(
  context: CommandContext,
  options: SetupOptions,
  cards: () => readonly CardOrder[],
  use: (batch: BatchContext) => Promise<T>,
): Promise<T> {
  const profile = readProfile(options.profile);
  return withKeys(context, options, (keys) =>
    withLedger(options.ledger, async (store) => {
      const journal = openJournal(options.journal, profile, keys, cards);
      let pinLetters: PinLetters | undefined;
      try {
        if (profile.pinLength !== undefined && options.letters !== undefined)
          pinLetters = await openLetters(context, options.letters);
        const registry = ledgerRegistry(store);
        return await use({ profile, keys, registry, journal, pinLetters, signal: context.signal });
      } finally {
        pinLetters?.close();
        journal.close();
      }
    }),
  );
}
