import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, ChequecardError, systemReason } from "../../common/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { KeySource } from "../../keys/index.js";
import {
  type BatchContext,
  type BatchEvent,
  type CardOrder,
  checkBatch,
  describeProfile,
  FACTORY_KEYS_KEPT,
  hasLetters,
  isBegun,
  Journal,
  keySetOf,
  numberedCards,
  type PinLetters,
  type Profile,
  parseCardList,
  profileFingerprint,
  runBatch,
} from "../../personalize/index.js";
import { ledgerRegistry } from "../card-registry.js";
import { InputError } from "../error-report.js";
import { ledgerFaces } from "../face-registry.js";
import { expectPayingNode, openJournal, openLettersBy, readProfile } from "../personalization-setup.js";
import { printLettersCommand } from "../shell-word.js";
import type { DeskReaders } from "./desk-readers.js";
import { type JobEnd, type JobProblem, type JobReader, problemOf, type RunningJob } from "./jobs.js";

/** What a desk makes cards with. */
export interface CardMaker {
  readonly store: Store;
  /** The issuer's. */
  readonly folder: string;
  readonly keys: KeySource;
  readonly readers: DeskReaders;
  /** Passphrase of the desk's PIN letters; undefined: it makes no cards with PINs. */
  readonly letters: Uint8Array | undefined;
}

/** A profile of the issuer's folder. */
export interface ListedProfile {
  /** `profile.yaml`, or a file of the folder `profiles`. */
  readonly file: string;
  readonly name: string | undefined;
  readonly withPin: boolean;
  /** What it means, or what is wrong with it. */
  readonly sentences: readonly string[];
  readonly usable: boolean;
}

/** A batch of the desk. */
export interface ListedBatch {
  readonly name: string;
  readonly profile: string;
  readonly total: number;
  readonly done: number;
  /** Begun and not done: their chips have to be laid on a reader again. */
  readonly halfDone: number;
  /** The command that prints its PIN letters; undefined: it has none. */
  readonly letters?: string | undefined;
  readonly problem?: JobProblem | undefined;
}

/** A batch to begin. */
export interface BatchPlan {
  readonly name: string;
  /** A file of {@link listProfiles}. */
  readonly profile: string;
  /** CSV with the columns number, holder, credit; or else a count. */
  readonly list?: string | undefined;
  readonly count?: number | undefined;
  readonly prefix?: string | undefined;
}

const FOLDER = "batches";
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u;

const journalPath = (folder: string, name: string): string => join(folder, FOLDER, `${name}.journal`);
const lettersPath = (folder: string, name: string): string => join(folder, FOLDER, `${name}.letters`);

/** Files of profiles in an issuer's folder. */
function profileFiles(folder: string): string[] {
  const more = join(folder, "profiles");
  const others = existsSync(more) ? readdirSync(more).filter((name) => /\.(ya?ml|json)$/.test(name)) : [];
  return ["profile.yaml", ...others.sort().map((name) => `profiles/${name}`)];
}

/** Every profile by which the desk can make cards. */
export const listProfiles = (folder: string): ListedProfile[] =>
  profileFiles(folder).map((file) => {
    try {
      const profile = readProfile(join(folder, file));
      const { name, pinLength } = profile;
      return {
        file,
        name,
        withPin: pinLength !== undefined,
        sentences: describeProfile(profile),
        usable: true,
      };
    } catch (error) {
      return { file, name: undefined, withPin: false, sentences: [problemOf(error).detail], usable: false };
    }
  });

/** @throws InputError; ParseError */
function profileOf(folder: string, file: string): Profile {
  if (!profileFiles(folder).includes(file))
    throw new InputError(
      `profile: need one of ${profileFiles(folder).join(", ")}, have "${file.slice(0, 80)}"`,
    );
  return readProfile(join(folder, file));
}

/** Every batch that was begun at the desk, by name. */
export function listBatches(folder: string): ListedBatch[] {
  const path = join(folder, FOLDER);
  if (!existsSync(path)) return [];
  const names = readdirSync(path).flatMap((file) => (file.endsWith(".journal") ? [file.slice(0, -8)] : []));
  return names
    .filter((name) => NAME.test(name) && isBegun(journalPath(folder, name)))
    .sort()
    .map((name) => {
      try {
        const journal = Journal.read(journalPath(folder, name));
        const { done, open } = journal.counts();
        const total = journal.items.length;
        const letters = lettersPath(folder, name);
        return {
          name,
          profile: journal.batch.profile,
          total,
          done,
          halfDone: total - done - open,
          ...(existsSync(letters)
            ? { letters: printLettersCommand(letters, journalPath(folder, name)) }
            : {}),
        };
      } catch (error) {
        return { name, profile: "", total: 0, done: 0, halfDone: 0, problem: problemOf(error) };
      }
    });
}

function ordersOf({ list, count, prefix }: BatchPlan): CardOrder[] {
  if ((list === undefined) === (count === undefined))
    throw new InputError("a new batch needs one of a list of cards and a count");
  return list === undefined ? numberedCards(count ?? 0, prefix ?? "") : parseCardList(list, "list");
}

/**
 * Begins a batch: its journal is on disk afterwards, and no card was touched.
 * @throws InputError, also where there is one of this name; ParseError; what a batch is refused for
 */
export async function beginBatch(maker: CardMaker, plan: BatchPlan): Promise<ListedBatch> {
  const { folder, keys, store } = maker;
  if (!NAME.test(plan.name))
    throw new InputError(
      "name: need 1 to 40 letters, digits, spaces, points, dashes or underscores, the first a letter or digit",
    );
  const path = journalPath(folder, plan.name);
  if (isBegun(path))
    throw new InputError(`batch "${plan.name}" was begun already`, {
      hint: "Go on with it, or choose another name.",
    });
  const profile = profileOf(folder, plan.profile);
  expectLetters(maker, profile);
  await expectPayingNode(store, profile, plan.profile);
  const orders = ordersOf(plan);
  keySetOf(profile, keys);
  makeFolder(folder);
  openJournal(path, profile, keys, () => orders).close();
  return { name: plan.name, profile: profile.name, total: orders.length, done: 0, halfDone: 0 };
}

function makeFolder(folder: string): void {
  const path = join(folder, FOLDER);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`${path}: cannot be made (${systemReason(cause)}); nothing was changed`, { cause });
  }
}

function expectLetters({ letters }: CardMaker, profile: Profile): void {
  if (!hasLetters(profile) || letters) return;
  throw new InputError(
    "cards of this profile get a letter, and the service was started without PIN letters",
    {
      hint: "Start it again with: chequecard issuer serve <folder> --http --pin-letters",
    },
  );
}

/** The profile that a batch was begun with. @throws InputError where it was changed or is gone */
function profileOfBatch({ folder, keys }: CardMaker, { batch }: Journal): Profile {
  for (const file of profileFiles(folder))
    try {
      const profile = readProfile(join(folder, file));
      if (bytesToHex(profileFingerprint(profile, keySetOf(profile, keys))) === batch.fingerprint)
        return profile;
    } catch (error) {
      if (!(error instanceof ChequecardError)) throw error;
    }
  throw new InputError(`the batch was begun with a profile "${batch.profile}" that is not there any more`, {
    hint: "Restore the profile as it was, or begin another batch.",
  });
}

/** A batch that is ready to run. */
export interface ReadyBatch {
  readonly total: number;
  readonly done: number;
  run(job: RunningJob): Promise<JobEnd>;
  close(): void;
}

/**
 * Opens a batch to go on with it. Whatever can be wrong before the first card is said now.
 * @throws InputError; JournalError; KeyError; TransportError where no reader is there
 */
export async function openBatch(maker: CardMaker, name: string): Promise<ReadyBatch> {
  const { folder, keys, store, readers, letters } = maker;
  const path = journalPath(folder, name);
  if (!NAME.test(name) || !isBegun(path))
    throw new InputError(`batch "${name.slice(0, 40)}": there is none of that name`);
  const journal = Journal.open(path);
  let pinLetters: PinLetters | undefined;
  const close = (): void => {
    pinLetters?.close();
    journal.close();
  };
  try {
    const profile = profileOfBatch(maker, journal);
    expectLetters(maker, profile);
    if (hasLetters(profile) && letters) pinLetters = await openLettersBy(lettersPath(folder, name), letters);
    const registry = ledgerRegistry(store);
    const faces = ledgerFaces(store, keys);
    const context: BatchContext = { profile, keys, registry, faces, journal, pinLetters };
    checkBatch(context);
    readers.all();
    const total = journal.items.length;
    return { total, done: journal.counts().done, close, run: (job) => runOn(readers, context, job) };
  } catch (error) {
    close();
    throw error;
  }
}

async function runOn(readers: DeskReaders, context: BatchContext, job: RunningJob): Promise<JobEnd> {
  const used = readers.used();
  const shown = new Map<string, JobReader>();
  const { journal } = context;
  const outcome = await runBatch(readers.all(), {
    ...context,
    signal: used ? AbortSignal.any([job.signal, used]) : job.signal,
    onEvent(event) {
      shown.set(event.reader, readerOf(event, shown.get(event.reader)));
      job.tell({ done: journal.counts().done, total: journal.items.length, readers: [...shown.values()] });
      readers.onEvent(event);
    },
  });
  const { counts, cards, refused, torn, complete } = outcome;
  return {
    complete,
    result: { cards, refused, torn, done: counts.done, total: journal.items.length },
  };
}

/** What a reader does after an event; why a card was refused stays there until the next one comes. */
function readerOf(event: BatchEvent, before: JobReader | undefined): JobReader {
  const { reader } = event;
  switch (event.kind) {
    case "waiting":
      return { reader, doing: "waiting", problem: before?.problem, card: before?.card };
    case "step":
      return { reader, doing: event.step };
    case "card":
      return {
        reader,
        doing: "card",
        card: event.card.number,
        ...(event.card.keepsFactoryKeys
          ? { problem: { code: "factory-keys", detail: FACTORY_KEYS_KEPT } }
          : {}),
      };
    default:
      return { reader, doing: event.kind, problem: problemOf(event.error) };
  }
}
