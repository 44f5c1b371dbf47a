import { existsSync } from "node:fs";
import {
  errno,
  FileError,
  type FileLock,
  isHeld,
  type LockHolder,
  lockFile,
  readBoundedFile,
  removeTemporaries,
  writeDurableFile,
} from "../../common/index.js";
import { AppletCard } from "../applet/card.js";
import { makeCard } from "../provision.js";
import type { CardHardware, SimulatedCard } from "../runtime/card.js";
import { RuntimeFault } from "../runtime/errors.js";
import type { MemoryImage } from "../runtime/persistent-memory.js";
import { CardFileError } from "./card-file-error.js";
import { decodeCardFile, encodeCardFile, type StoredCard } from "./card-file-format.js";

/** Larger than any card file. */
const MAX_FILE_LENGTH = 1 << 20;

/** A card that lives in a file. */
export interface OpenCardFile<Card = SimulatedCard> {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** Every change of its persistent memory is on the disk before the answer leaves. It has no power yet. */
  readonly card: Card;
  /** Takes the card's power and gives the file free for others. A second call does nothing. */
  close(): void;
}

/**
 * Writes a card into a new file, mode 600. It holds the card's keys.
 * @throws CardFileError `exists`, `locked`, `io`
 */
export function createCardFile(path: string, card: SimulatedCard): void {
  const lock = lockCard(path);
  try {
    if (existsSync(lock.path))
      throw new CardFileError("exists", path, "there is a file of this name already", {
        hint: "Choose another name; a card is never overwritten.",
      });
    save(lock.path, { protocol: card.protocol, memory: card.image() });
  } finally {
    lock.release();
  }
}

/**
 * Opens a card file for use by this process alone.
 * @throws CardFileError `missing`, `damaged`, `newer-version`, `locked`, `io`; the file is untouched
 */
export const openCardFile = (path: string, hardware: Pick<CardHardware, "entropy"> = {}): OpenCardFile =>
  openWith(path, ({ protocol, memory }, saveChange, real) =>
    assemble(real, { ...hardware, protocol, image: memory, save: saveChange }),
  );

/**
 * Opens a card file for use by this process alone, with the Java Card applet in the place of the simulated card.
 * @throws CardFileError as {@link openCardFile} @throws AppletError where the applet cannot be run
 */
export const openAppletFile = (path: string): OpenCardFile<AppletCard> =>
  openWith(path, (stored, saveChange, real) => {
    const image = settled(real, stored);
    const known = Object.keys(image.cells);
    const save: CardHardware["save"] = ({ cells }) =>
      saveChange({
        cells: Object.fromEntries(known.flatMap((name) => (cells[name] ? [[name, cells[name]]] : []))),
        journal: [],
      });
    return new AppletCard({ image, save });
  });

/** The memory behind the next power-up: a transaction that was torn is rolled back. */
function settled(path: string, { protocol, memory }: StoredCard): MemoryImage {
  if (memory.journal.length === 0) return memory;
  const card = assemble(path, { protocol, image: memory });
  card.powerOn();
  return card.image();
}

function openWith<Card extends { retire(): void }>(
  path: string,
  make: (stored: StoredCard, saveChange: (image: MemoryImage) => void, real: string) => Card,
): OpenCardFile<Card> {
  if (!existsSync(path)) throw missing(path);
  const lock = lockCard(path);
  const real = lock.path;
  try {
    const stored = readCardFile(real);
    // What a killed process was writing.
    removeTemporaries(real);
    const { protocol } = stored;
    const card = make(stored, (image) => save(real, { protocol, memory: image }), real);
    return {
      path: real,
      card,
      close() {
        card.retire();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * What a card file holds, also while another process uses it.
 * @throws CardFileError `missing`, `damaged`, `newer-version`, `io`
 */
export function readCardFile(path: string): StoredCard {
  let bytes: Uint8Array;
  try {
    bytes = readBoundedFile(path, MAX_FILE_LENGTH);
  } catch (error) {
    throw fileProblem(path, error, "damaged");
  }
  return decodeCardFile(new TextDecoder().decode(bytes), path);
}

function assemble(path: string, hardware: CardHardware): SimulatedCard {
  try {
    return makeCard(hardware);
  } catch (cause) {
    if (!(cause instanceof RuntimeFault)) throw cause;
    throw new CardFileError("damaged", path, `not the memory of such a card: ${cause.message}`, { cause });
  }
}

function save(path: string, card: StoredCard): void {
  try {
    writeDurableFile(path, encodeCardFile(card));
  } catch (error) {
    throw fileProblem(path, error, "io");
  }
}

function lockCard(path: string): FileLock {
  let lock: FileLock | LockHolder;
  try {
    lock = lockFile(path);
  } catch (cause) {
    if (cause instanceof FileError) throw fileProblem(path, cause, "io");
    throw new CardFileError("io", path, `cannot be locked (${errno(cause)})`, { cause });
  }
  if (!isHeld(lock)) return lock;
  throw new CardFileError("locked", path, `${lock.name} uses this card`, {
    hint:
      lock.hint ?? "A card can be in one place only: end the other program, or take the card off its reader.",
  });
}

/** An error of the file system in the words of a card file. @param otherwise `damaged` while it is read */
function fileProblem(path: string, cause: unknown, otherwise: "damaged" | "io"): CardFileError {
  if (!(cause instanceof FileError)) throw cause;
  if (errno(cause.cause) === "ENOENT" && otherwise === "damaged") return missing(path, cause);
  return new CardFileError(cause.cause === undefined ? otherwise : "io", path, cause.problem, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  });
}

const missing = (path: string, cause?: unknown): CardFileError =>
  new CardFileError("missing", path, "there is no such file", {
    cause,
    hint: "Make a card with: chequecard simulate new",
  });
