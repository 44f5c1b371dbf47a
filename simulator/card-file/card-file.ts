import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  acquireProcessLock,
  errno,
  FileError,
  type ProcessLock,
  writeDurableFile,
} from "../../common/index.js";
import { makeCard } from "../provision.js";
import type { CardHardware, SimulatedCard } from "../runtime/card.js";
import { RuntimeFault } from "../runtime/errors.js";
import { CardFileError } from "./card-file-error.js";
import { decodeCardFile, encodeCardFile, type StoredCard } from "./card-file-format.js";

/** Larger than any card file. */
const MAX_FILE_LENGTH = 1 << 20;

/** A card that lives in a file. */
export interface OpenCardFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** Every change of its persistent memory is on the disk before the answer leaves. It has no power yet. */
  readonly card: SimulatedCard;
  /** Takes the card's power and gives the file free for others. A second call does nothing. */
  close(): void;
}

/**
 * Writes a card into a new file, mode 600. It holds the card's keys.
 * @throws CardFileError `exists`, `locked`, `io`
 */
export function createCardFile(path: string, card: SimulatedCard): void {
  const absolute = resolve(path);
  const lock = lockFile(absolute);
  try {
    if (existsSync(absolute))
      throw new CardFileError("exists", path, "there is a file of this name already", {
        hint: "Choose another name; a card is never overwritten.",
      });
    save(absolute, { protocol: card.protocol, memory: card.image() });
  } finally {
    lock.release();
  }
}

/**
 * Opens a card file for use by this process alone.
 * @throws CardFileError `missing`, `damaged`, `newer-version`, `locked`, `io`; the file is untouched
 */
export function openCardFile(path: string, hardware: Pick<CardHardware, "entropy"> = {}): OpenCardFile {
  const real = realPath(path);
  const lock = lockFile(real);
  try {
    const { protocol, memory } = readCardFile(real);
    removeLeftovers(real);
    const saveChange: CardHardware["save"] = (image) => save(real, { protocol, memory: image });
    const card = assemble(real, { ...hardware, protocol, image: memory, save: saveChange });
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
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_LENGTH)
      throw new CardFileError("damaged", path, `need at most ${MAX_FILE_LENGTH} bytes, have ${size}`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw error instanceof CardFileError ? error : ioError(path, "read", error);
  }
  return decodeCardFile(text, path);
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
    throw ioError(path, "written", error instanceof FileError ? error.cause : error);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw ioError(path, "read", error);
  }
}

function lockFile(path: string): ProcessLock {
  let lock: ProcessLock | number;
  try {
    lock = acquireProcessLock(`${path}.lock`);
  } catch (error) {
    throw ioError(path, "locked", error);
  }
  if (typeof lock !== "number") return lock;
  throw new CardFileError("locked", path, `process ${lock} uses this card`, {
    hint:
      "A card can be in one place only: end the other program, or take the card off its reader. " +
      `If it ran in a container that is gone, delete ${path}.lock.`,
  });
}

/** Files that a killed process was writing. Only the holder of the lock may remove them. */
function removeLeftovers(path: string): void {
  const start = `.${basename(path)}.`;
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(start) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(start.length)))
      rmSync(join(dirname(path), name), { force: true });
}

function ioError(path: string, what: string, cause: unknown): CardFileError {
  if (errno(cause) === "ENOENT" && what === "read")
    return new CardFileError("missing", path, "there is no such file", {
      cause,
      hint: "Make a card with: chequecard simulate new",
    });
  return new CardFileError("io", path, `cannot be ${what} (${errno(cause)})`, { cause });
}
