import { createHash } from "node:crypto";
import { type Reader, TransportError } from "../apdu/index.js";
import { ChequecardError } from "../common/index.js";
import { KeyError, type KeySet, type KeySource } from "../keys/index.js";
import type { CardRegistry } from "./card-registry.js";
import { certificateTerms } from "./certify.js";
import { JournalError, PersonalizationError, RegistryUnavailableError } from "./errors.js";
import type { FaceRegistry } from "./face-registry.js";
import type { ItemStage, ItemState, Journal } from "./journal.js";
import { type CardStep, type PersonalizedCard, personalizeCard } from "./personalize-card.js";
import type { PinLetters } from "./pin-letters.js";
import { hasLetters, type Profile } from "./profile-fields.js";
import { expectFaces } from "./second-face.js";

/** What happens on the readers, for a live view. */
export type BatchEvent =
  /** The reader waits for the next card. */
  | { readonly kind: "waiting"; readonly reader: string; readonly left: number }
  | { readonly kind: "step"; readonly reader: string; readonly step: CardStep }
  | { readonly kind: "card"; readonly reader: string; readonly card: PersonalizedCard; readonly left: number }
  /** This card could not be made; the reader goes on with the next one. */
  | { readonly kind: "refused"; readonly reader: string; readonly error: ChequecardError }
  /** The card left too early: lay it on a reader again. */
  | { readonly kind: "torn"; readonly reader: string; readonly error: TransportError }
  /** This reader takes no part any more. */
  | { readonly kind: "reader-gone"; readonly reader: string; readonly error: ChequecardError };

export interface BatchContext {
  readonly profile: Profile;
  readonly keys: KeySource;
  readonly registry: CardRegistry;
  /** Needed when the profile has a second face. */
  readonly faces?: FaceRegistry | undefined;
  readonly journal: Journal;
  readonly pinLetters?: PinLetters | undefined;
  readonly onEvent?: ((event: BatchEvent) => void) | undefined;
  /** Ends the batch after the cards in hand. */
  readonly signal?: AbortSignal | undefined;
  /** Unix milliseconds; the system's clock when absent. */
  readonly now?: (() => number) | undefined;
  /** The system's generator when absent. */
  readonly random?: ((length: number) => Uint8Array) | undefined;
}

/** What a run of a batch came to. */
export interface BatchSummary {
  readonly counts: Readonly<Record<ItemStage, number>>;
  /** Cards made or finished in this run. */
  readonly cards: number;
  /** Cards that were refused in this run. */
  readonly refused: number;
  readonly torn: number;
  /** True when every card of the batch is done. */
  readonly complete: boolean;
}

/** SHA-256 of what a profile and its key set mean: a batch goes on only with the same. 32 bytes. */
export function profileFingerprint(profile: Profile, keySet: KeySet): Uint8Array {
  const text = JSON.stringify({ profile, keySet: Buffer.from(keySet.id).toString("hex") }, (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return Uint8Array.from(createHash("sha256").update(text).digest());
}

/**
 * The key set that a profile names by id or label; the only one when it names none.
 * @throws PersonalizationError `registry` when that is not exactly one
 */
export function keySetOf(profile: Profile, keys: KeySource): KeySet {
  const all = keys.keySets();
  const named = profile.keySet;
  const found =
    named === undefined
      ? all
      : all.filter(
          (set) => set.label === named || Buffer.from(set.id).toString("hex") === named.toLowerCase(),
        );
  const [only] = found;
  if (only && found.length === 1) return only;
  const labels = all.map((set) => `"${set.label}" (${Buffer.from(set.id).toString("hex")})`).join(", ");
  throw new KeyError(
    "unknown-key-set",
    named === undefined
      ? `the profile names no key set, and there are ${all.length}: ${labels}`
      : `key-set "${named}": ${found.length === 0 ? "not among" : "more than one of"} ${labels}`,
    { hint: "Name one of them in the profile: key-set: <id>" },
  );
}

/** The reader takes no part any more. */
const GONE: readonly string[] = ["no-reader", "no-service", "closed"];
/** After that many failed contacts in a row a card has to be taken away first: it may be used by another program. */
const MAX_TORN_IN_A_ROW = 3;

/** Errors after which nothing must be sent to any card. */
const isFatal = (error: unknown): boolean =>
  error instanceof JournalError ||
  error instanceof KeyError ||
  error instanceof RegistryUnavailableError ||
  !(error instanceof ChequecardError);

/** Everything that can be wrong before the first card. @throws KeyError, ParseError, JournalError, PersonalizationError */
export function checkBatch(context: BatchContext): KeySet {
  const { profile, keys, journal, registry } = context;
  const keySet = keySetOf(profile, keys);
  const versions = [profile.cardKeys.version, profile.cardKeys.rotateTo].filter(
    (version) => version !== undefined,
  );
  for (const version of versions)
    if (!keys.masterKeys().some((master) => master.version === version))
      throw new KeyError("unknown-master-key", `there is no master key of version ${version}`, {
        hint: "Correct card-keys in the profile, or add the master key.",
      });
  const fingerprint = Buffer.from(profileFingerprint(profile, keySet)).toString("hex");
  if (journal.batch.fingerprint !== fingerprint)
    throw new JournalError(
      "other-batch",
      `the batch was begun with another profile than "${profile.name}" is now`,
      {
        hint: "Go on with the profile it was begun with, or start another batch.",
      },
    );
  // A date that is over is said before the first card is touched.
  certificateTerms(profile, Math.floor((context.now ?? Date.now)() / 1000));
  if (!context.pinLetters && hasLetters(profile))
    throw new PersonalizationError("unknown-card", "random PINs and card pages need a file of PIN letters", {
      hint: "Name one, which is made if need be: --letters <file>",
    });
  registry.checkPolicy(profile.policy);
  if (profile.boltCard) {
    expectFaces(context.faces).checkPolicy(profile.boltCard.policy);
  }
  return keySet;
}

/**
 * Makes or finishes the one card that is laid on the reader, out of the batch's open ones.
 * @throws what {@link personalizeCard} and {@link checkBatch} throw; TransportError of the reader
 */
export async function personalizeOne(reader: Reader, context: BatchContext): Promise<PersonalizedCard> {
  const keySet = checkBatch(context);
  const connection = await reader.waitForCard(context.signal);
  try {
    return await personalizeCard(connection, {
      ...context,
      keySet,
      reserve: () => context.journal.items.find(({ stage, chip }) => stage === "open" && chip === undefined),
      onStep: (step) => context.onEvent?.({ kind: "step", reader: reader.name, step }),
    });
  } finally {
    await connection.close();
  }
}

/**
 * Makes the cards of a batch on several readers at once until all are done, the signal ends it, or no reader is
 * left. Cut anywhere, a later call with the same journal goes on.
 * @throws JournalError, KeyError, ParseError, and whatever the registry's failures are made of: then nothing more is
 * sent to any card
 */
export async function runBatch(readers: readonly Reader[], context: BatchContext): Promise<BatchSummary> {
  const keySet = checkBatch(context);
  const { journal } = context;
  const stop = new AbortController();
  const end = () => stop.abort();
  context.signal?.addEventListener("abort", end);
  if (context.signal?.aborted) end();
  const run = new BatchRun(context, keySet, stop);
  try {
    const outcomes = await Promise.allSettled(readers.map((reader) => run.work(reader)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  } finally {
    context.signal?.removeEventListener("abort", end);
  }
  const counts = journal.counts();
  return { counts, ...run.tally, complete: counts.done === journal.items.length };
}

/** What the readers of one run share. */
class BatchRun {
  readonly tally = { cards: 0, refused: 0, torn: 0 };
  readonly #context: BatchContext;
  readonly #keySet: KeySet;
  readonly #stop: AbortController;
  /** Items that a reader has in hand, by the chip on it. */
  readonly #reserved = new Map<number, string>();
  /** No item before it is free. */
  #next = 0;

  constructor(context: BatchContext, keySet: KeySet, stop: AbortController) {
    this.#context = context;
    this.#keySet = keySet;
    this.#stop = stop;
  }

  get #left(): number {
    const { journal } = this.#context;
    return journal.items.length - journal.counts().done;
  }

  /** One reader, card after card. Rejects only with errors that end the batch. */
  async work(reader: Reader): Promise<void> {
    const { signal } = this.#stop;
    const emit = this.#context.onEvent ?? (() => {});
    let tornInARow = 0;
    while (!signal.aborted) {
      if (this.#left === 0) {
        this.#stop.abort();
        return;
      }
      emit({ kind: "waiting", reader: reader.name, left: this.#left });
      try {
        await this.#oneCard(reader, emit);
        tornInARow = 0;
        if (this.#left > 0) await reader.waitForRemoval(signal);
      } catch (error) {
        if (signal.aborted && error instanceof TransportError) return;
        if (!(error instanceof TransportError)) {
          this.#stop.abort();
          throw error;
        }
        if (GONE.includes(error.code)) {
          emit({ kind: "reader-gone", reader: reader.name, error });
          return;
        }
        this.tally.torn++;
        emit({ kind: "torn", reader: reader.name, error });
        if (++tornInARow >= MAX_TORN_IN_A_ROW) await this.#removal(reader);
      }
    }
  }

  /** Waits until the card is taken away; a reader that fails meanwhile is found out by the next waiting. */
  async #removal(reader: Reader): Promise<void> {
    try {
      await reader.waitForRemoval(this.#stop.signal);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
    }
  }

  /** @throws TransportError; errors that end the batch */
  async #oneCard(reader: Reader, emit: (event: BatchEvent) => void): Promise<void> {
    const connection = await reader.waitForCard(this.#stop.signal);
    let inHand: string | undefined;
    try {
      const card = await personalizeCard(connection, {
        ...this.#context,
        keySet: this.#keySet,
        reserve: (chip) => {
          inHand = chip;
          return this.#reserve(chip);
        },
        onStep: (step) => emit({ kind: "step", reader: reader.name, step }),
      });
      this.tally.cards++;
      emit({ kind: "card", reader: reader.name, card, left: this.#left });
    } catch (error) {
      if (error instanceof TransportError || isFatal(error)) throw error;
      this.tally.refused++;
      emit({ kind: "refused", reader: reader.name, error: error as ChequecardError });
    } finally {
      if (inHand !== undefined) this.#release(inHand);
      await connection.close();
    }
  }

  #reserve(chip: string): ItemState | undefined {
    const { items } = this.#context.journal;
    while (
      items[this.#next] &&
      (items[this.#next]?.stage === "done" || items[this.#next]?.chip !== undefined)
    )
      this.#next++;
    const item = items.find(
      (candidate) =>
        candidate.item >= this.#next &&
        candidate.stage === "open" &&
        candidate.chip === undefined &&
        !this.#reserved.has(candidate.item),
    );
    if (item) this.#reserved.set(item.item, chip);
    return item;
  }

  #release(chip: string): void {
    for (const [item, holder] of this.#reserved) if (holder === chip) this.#reserved.delete(item);
  }
}
