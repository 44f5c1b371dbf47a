import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { formatCardId } from "../apdu/card-id.js";
import { readTextFile } from "../common/index.js";
import { expectNode, LedgerError } from "../issuer/ledger/index.js";
import { policyMistakes } from "../issuer/policy/index.js";
import { openPostgres, openSqlite, type Store } from "../issuer/store/index.js";
import type { KeySource } from "../keys/index.js";
import type { Network } from "../lightning/network.js";
import { parseNodeUri } from "../lightning/node-uri.js";
import { strangersProblem } from "../lightning/untrusted-uri.js";
import {
  type BatchContext,
  type CardOrder,
  hasLetters,
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
import { audited } from "./desk/audit-log.js";
import { InputError } from "./error-report.js";
import { ledgerFaces } from "./face-registry.js";
import { issuerOf, openLedger, readIssuerConfig } from "./issuer/folder.js";
import { type KeySourceChoice, keySourceOptions, withKeys } from "./key-source-choice.js";
import { askSecret } from "./prompt/ask.js";

/** Options of all commands that touch blank cards. */
export interface SetupOptions extends KeySourceChoice {
  /** Folder of an issuer, whose profile, keys and ledger are taken where no others are named. */
  readonly issuer?: string;
  readonly profile?: string;
  readonly ledger?: string;
  readonly journal: string;
  readonly letters?: string;
}

/** Adds the options of {@link SetupOptions} to a command. */
export function setupOptions(command: Command): Command {
  return keySourceOptions(
    command
      .option(
        "--issuer <folder>",
        "the issuer's folder: its profile.yaml, keys and ledger, unless others are named",
      )
      .option("--profile <file>", "the profile of the cards (YAML or JSON)")
      .option(
        "--ledger <file|url>",
        "the issuer's ledger: an SQLite file or a postgres:// address; default: ledger.db",
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
  const profile = parseProfile(readTextFile(path, MAX_PROFILE_LENGTH), path, policyMistakes);
  const problem = strangersProblem(parseNodeUri(profile.nodeUri), network);
  if (problem)
    throw new InputError(`${path}: node-uri: ${problem}`, {
      hint: "Cards keep this address for good: name the public address of the issuer's node. No card was touched.",
    });
  return profile;
}

/** What a personalization is done with, when it is settled whose. */
interface Setup {
  readonly profile: string;
  readonly keys: KeySourceChoice;
  readonly openLedger: () => Promise<Store>;
  /** The issuer's, whose audit log says that cards are made; undefined: a ledger alone is named. */
  readonly folder: string | undefined;
  /** Batch keys in use for Bolt Cards, where the configuration names them. */
  readonly batches: readonly string[] | undefined;
}

/** @throws InputError where something is not named; ParseError for the issuer's configuration */
function setupOf(options: SetupOptions): Setup {
  const {
    issuer,
    ledger,
    profile = issuer === undefined ? undefined : join(issuer, "profile.yaml"),
  } = options;
  if (profile === undefined)
    throw new InputError("name a profile with --profile, or an issuer with --issuer");
  const folder = resolve(issuer ?? ".");
  const config = issuer === undefined ? undefined : readIssuerConfig(folder);
  const named = options.keys !== undefined || options.hsm !== undefined;
  return {
    profile,
    folder: config === undefined ? issuerOf(ledger ?? "ledger.db") : folder,
    keys: config === undefined || named ? options : { ...options, keys: config.keys },
    batches: config?.boltCards?.batches,
    openLedger: () =>
      config === undefined || ledger !== undefined
        ? openNamedLedger(ledger ?? "ledger.db")
        : openLedger(config, folder),
  };
}

const openNamedLedger = (ledger: string): Promise<Store> =>
  /^postgres(ql)?:\/\//.test(ledger) ? openPostgres({ url: ledger }) : openSqlite({ path: ledger });

/** Opens the ledger for the length of `use`. @throws StoreError */
export const withLedger = <T>(ledger: string, use: (store: Store) => Promise<T>): Promise<T> =>
  withStore(() => openNamedLedger(ledger), use);

async function withStore<T>(open: () => Promise<Store>, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await open();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** @throws InputError when the cards would ask a node that does not pay for the ledger */
export async function expectPayingNode(store: Store, { nodeUri }: Profile, path: string): Promise<void> {
  try {
    await expectNode(store.db, parseNodeUri(nodeUri).nodeId);
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new InputError(`${path}: node-uri: ${cause.message}`, {
      cause,
      hint: `${cause.hint} No card was touched.`,
    });
  }
}

/** The journal of the batch: the one that is there, or a new one for these cards. */
export function openJournal(
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

/** Opens a file of PIN letters, or begins one. @throws InputError; JournalError; KeyError */
export async function openLetters(context: CommandContext, path: string): Promise<PinLetters> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of the PIN letters ${path}`,
    variable: "CHEQUECARD_LETTERS_PASSPHRASE",
  });
  return await openLettersBy(path, passphrase).finally(() => passphrase.fill(0));
}

/** {@link openLetters} by a passphrase that is known. @param passphrase the caller's, who clears it */
export const openLettersBy = (path: string, passphrase: Uint8Array): Promise<PinLetters> =>
  isBegun(path) ? PinLetters.open(path, passphrase) : PinLetters.create(path, passphrase);

/** A personalization in the audit log. */
interface AuditedSetup<T> {
  readonly action: string;
  /** The one card that it is about. */
  readonly cardOf?: (done: T) => Uint8Array | undefined;
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
  { action, cardOf }: AuditedSetup<T> = { action: "personalize" },
): Promise<T> {
  const setup = setupOf(options);
  const profile = readProfile(setup.profile);
  return withKeys(context, setup.keys, (keys) =>
    withStore(setup.openLedger, async (store) => {
      await expectPayingNode(store, profile, setup.profile);
      const journal = openJournal(options.journal, profile, keys, cards);
      let pinLetters: PinLetters | undefined;
      try {
        if (hasLetters(profile) && options.letters !== undefined)
          pinLetters = await openLetters(context, options.letters);
        const registry = ledgerRegistry(store);
        const faces = ledgerFaces(store, keys, setup.batches);
        const make = () =>
          use({ profile, keys, registry, faces, journal, pinLetters, signal: context.signal });
        const asked = { profile: profile.name, journal: options.journal, cards: journal.items.length };
        return await audited(setup.folder, { action, asked }, make, (done) => {
          const cardId = cardOf?.(done);
          return {
            ...(cardId === undefined ? {} : { card: formatCardId(cardId) }),
            told: { done: journal.counts().done },
          };
        });
      } finally {
        pinLetters?.close();
        journal.close();
      }
    }),
  );
}
