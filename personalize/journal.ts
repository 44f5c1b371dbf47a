import type { Scp03Mode } from "../apdu/index.js";
import { bytesToHex, hexToBytes, ParseError } from "../common/index.js";
import type { CardOrder } from "./card-list.js";
import type { CertificateTerms } from "./certify.js";
import { JournalError } from "./errors.js";
import { JournalFile, type JournalFileOptions, readJournal } from "./journal-file.js";
import { type BatchRecord, encodeRecord, type JournalRecord, recordSchema } from "./journal-records.js";

const VERSION = 1;
/** Tries of one key version that may have ended without a word (a killed process, a torn card). */
const MAX_OPEN_ATTEMPTS = 5;

/** How far a card of the batch is. */
export type ItemStage = "open" | "assigned" | "verified" | "active" | "done";

/** One card of the batch. */
export interface ItemState {
  readonly item: number;
  readonly order: CardOrder;
  stage: ItemStage;
  /** The chip that becomes this card. */
  chip: string | undefined;
  /** 8 bytes, once assigned. */
  cardId: Uint8Array | undefined;
  /** 65 bytes. */
  publicKey: Uint8Array | undefined;
  hasPin: boolean;
  /** What its certificate says; undefined when it gets none. */
  certificate: CertificateTerms | undefined;
  /** Its second face; undefined until that has an identity. */
  face: FaceState | undefined;
}

/** The second face of a card of the batch. */
export interface FaceState {
  /** Its id in the ledger, 8 bytes. */
  readonly cardId: Uint8Array;
  /** 7 bytes. */
  readonly uid: Uint8Array;
  /** Read back, and in use. */
  readonly isActive: boolean;
}

/** What is known of a chip. */
export interface ChipState {
  readonly chip: string;
  /** The card it becomes. */
  item: number | undefined;
  /** Key versions that were refused, with the reason. */
  readonly refused: Map<number, string>;
  /** Tries of a key version that have not ended yet. */
  readonly attempts: Map<number, number>;
  /** A replacement of keys that has begun. */
  rotating: { readonly from: number; readonly to: number } | undefined;
  /** The version that the chip has since. */
  rotatedTo: number | undefined;
  /** Version of factory keys that the chip has still, beside the new ones. */
  kept: number | undefined;
  /** Security level of its last channel. */
  level: number | undefined;
  /** What this process found out about the chip's channels; not in the file. */
  mode: Scp03Mode | undefined;
}

/** A card that is made again under a new id (specs/04 §8.7). */
export interface Renewal {
  /** The id that the card had, 8 bytes. */
  readonly old: Uint8Array;
  readonly chip: string;
}

/** The journal of a batch and what it says. Every change is on the disk before it counts. */
export class Journal {
  readonly batch: BatchRecord;
  readonly items: readonly ItemState[];
  readonly chips = new Map<string, ChipState>();
  readonly #byCard = new Map<string, ItemState>();
  readonly #given = new Set<string>();
  readonly #counts: Record<ItemStage, number> = { open: 0, assigned: 0, verified: 0, active: 0, done: 0 };
  readonly #file: JournalFile | undefined;
  #renewal: Renewal | undefined;

  private constructor(batch: BatchRecord, file: JournalFile | undefined) {
    this.batch = batch;
    this.#file = file;
    this.items = batch.cards.map((order, item) => ({
      item,
      order: order as CardOrder,
      stage: "open",
      chip: undefined,
      cardId: undefined,
      publicKey: undefined,
      hasPin: false,
      certificate: undefined,
      face: undefined,
    }));
    this.#counts.open = this.items.length;
  }

  /**
   * Starts the journal of a new batch.
   * @param batch batchId: 8 bytes; fingerprint: 32 bytes, see `profileFingerprint`
   * @throws JournalError `exists`, `locked`, `io`
   */
  static create(
    path: string,
    batch: {
      readonly batchId: Uint8Array;
      readonly profile: string;
      readonly fingerprint: Uint8Array;
      readonly cards: readonly CardOrder[];
    },
    options: JournalFileOptions = {},
  ): Journal {
    const record: BatchRecord = {
      step: "batch",
      format: "chequecard-batch",
      version: VERSION,
      batch: bytesToHex(batch.batchId),
      profile: batch.profile,
      fingerprint: bytesToHex(batch.fingerprint),
      cards: [...batch.cards],
    };
    return new Journal(record, JournalFile.begin(path, encodeRecord(record), options));
  }

  /** Goes on with a batch. @throws JournalError */
  static open(path: string, options: JournalFileOptions = {}): Journal {
    const { journal: file, lines } = JournalFile.open(path, options);
    try {
      return Journal.#fold(lines, path, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** What a journal says, also while another process writes it. It cannot be written to. @throws JournalError */
  static read(path: string): Journal {
    return Journal.#fold(readJournal(path).lines, path, undefined);
  }

  static #fold(lines: readonly string[], path: string, file: JournalFile | undefined): Journal {
    const records = lines.map((line, index) => parseRecord(line, `${path}: line ${index + 1}`));
    const [first, ...rest] = records;
    if (first?.step !== "batch")
      throw new JournalError("damaged", `${path}: need a batch in line 1`, {
        hint: "The process died before the batch began; remove the file and start the batch again.",
      });
    const journal = new Journal(first, file);
    for (const record of rest) journal.#apply(record);
    return journal;
  }

  /** Writes a record, then lets it count. @throws JournalError `io`: nothing may be sent to a card any more */
  append(record: JournalRecord): void {
    if (!this.#file) throw new JournalError("locked", "this journal was opened for reading only");
    this.#file.append(encodeRecord(record));
    this.#apply(record);
  }

  close(): void {
    this.#file?.close();
  }

  chip(chip: string): ChipState {
    let state = this.chips.get(chip);
    if (!state) {
      state = {
        chip,
        item: undefined,
        refused: new Map(),
        attempts: new Map(),
        rotating: undefined,
        rotatedTo: undefined,
        kept: undefined,
        level: undefined,
        mode: undefined,
      };
      this.chips.set(chip, state);
    }
    return state;
  }

  /** What is renewed; undefined for a batch of new cards. */
  get renewal(): Renewal | undefined {
    return this.#renewal;
  }

  /** The card of that id, also one that was given up; undefined when the batch never had it. */
  itemOf(cardId: Uint8Array): ItemState | undefined {
    return this.#byCard.get(bytesToHex(cardId));
  }

  /** True when the batch ever gave this id to a card. */
  hasGiven(cardId: Uint8Array): boolean {
    return this.#given.has(bytesToHex(cardId));
  }

  /** True when these keys may still be tried on the chip. */
  mayAttempt(chip: string, version: number): boolean {
    const state = this.chips.get(chip);
    return !state || (!state.refused.has(version) && (state.attempts.get(version) ?? 0) < MAX_OPEN_ATTEMPTS);
  }

  /** Number of cards by stage. */
  counts(): Readonly<Record<ItemStage, number>> {
    return { ...this.#counts };
  }

  #apply(record: JournalRecord): void {
    switch (record.step) {
      case "batch":
        throw new JournalError("damaged", "a journal has one batch");
      case "attempt": {
        const { attempts } = this.chip(record.chip);
        attempts.set(record.version, (attempts.get(record.version) ?? 0) + 1);
        return;
      }
      case "refused":
        this.chip(record.chip).refused.set(record.version, record.reason);
        return;
      case "ended":
        this.chip(record.chip).attempts.delete(record.version);
        if (record.level !== undefined) this.chip(record.chip).level = record.level;
        return;
      case "renewing":
        this.#renewal = { old: hexToBytes(record.card), chip: record.chip };
        return;
      case "assigned":
        this.#assign(record);
        return;
      case "abandoned": {
        const item = this.#byCard.get(record.card);
        if (item?.cardId && bytesToHex(item.cardId) === record.card) this.#free(item);
        return;
      }
      case "verified":
      case "active":
      case "done": {
        const item = this.#byCard.get(record.card);
        if (item) this.#move(item, record.step);
        return;
      }
      case "face": {
        const item = this.items[record.item];
        if (!item) throw new JournalError("damaged", `the batch has no card ${record.item}`);
        item.face = { cardId: hexToBytes(record.card), uid: hexToBytes(record.uid), isActive: false };
        this.#given.add(record.card);
        return;
      }
      case "face-active":
        for (const item of this.items)
          if (item.face && bytesToHex(item.face.cardId) === record.card)
            item.face = { ...item.face, isActive: true };
        return;
      case "rotating":
        this.chip(record.chip).rotating = { from: record.from, to: record.to };
        return;
      case "rotated": {
        const state = this.chip(record.chip);
        state.rotating = undefined;
        state.rotatedTo = record.version;
        return;
      }
      case "kept":
        this.chip(record.chip).kept = record.version;
        return;
      case "retry": {
        const state = this.chip(record.chip);
        state.refused.clear();
        state.attempts.clear();
        return;
      }
      case "released": {
        const item = this.items[record.item];
        if (item?.chip === record.chip) item.chip = undefined;
        this.chip(record.chip).item = undefined;
        return;
      }
    }
  }

  #move(item: ItemState, stage: ItemStage): void {
    this.#counts[item.stage]--;
    this.#counts[stage]++;
    item.stage = stage;
  }

  /** The card loses its id; it keeps its chip until that is released. */
  #free(item: ItemState): void {
    this.#move(item, "open");
    item.cardId = undefined;
    item.publicKey = undefined;
    item.hasPin = false;
    item.certificate = undefined;
    item.face = undefined;
  }

  #assign(record: Extract<JournalRecord, { step: "assigned" }>): void {
    const item = this.items[record.item];
    if (!item) throw new JournalError("damaged", `the batch has no card ${record.item}`);
    this.#move(item, "assigned");
    item.chip = record.chip;
    item.cardId = hexToBytes(record.card);
    item.publicKey = hexToBytes(record.key);
    item.hasPin = record.pin;
    const { certificate } = record;
    item.certificate = certificate && {
      offlineLimit: certificate.limit,
      validUntilSeconds: certificate.validUntil,
    };
    this.chip(record.chip).item = record.item;
    this.#byCard.set(record.card, item);
    this.#given.add(record.card);
  }
}

function parseRecord(line: string, path: string): JournalRecord {
  let plain: unknown;
  try {
    plain = JSON.parse(line);
  } catch (cause) {
    throw new JournalError("damaged", `${path}: not JSON`, { cause });
  }
  const version = (plain as { version?: unknown } | null)?.version;
  const step = (plain as { step?: unknown } | null)?.step;
  if (step === "batch" && typeof version === "number" && version > VERSION)
    throw new JournalError(
      "newer-version",
      `${path}: version ${version}, this release reads up to ${VERSION}`,
    );
  const result = recordSchema.safeParse(plain);
  if (result.success) return result.data;
  throw new JournalError("damaged", `${path}: not a record of a batch`, {
    cause: new ParseError(path, result.error.issues[0]?.message ?? "malformed"),
  });
}
