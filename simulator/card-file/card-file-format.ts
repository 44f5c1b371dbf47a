import { createHash } from "node:crypto";
import { bytesToHex, ChequecardError, hexToBytes } from "../../common/index.js";
import type { JournalEntry, MemoryImage } from "../runtime/persistent-memory.js";
import { ATR, type CardProtocol } from "../runtime/protocol.js";
import { CardFileError } from "./card-file-error.js";

/** What a card file holds. */
export interface StoredCard {
  readonly protocol: CardProtocol;
  readonly memory: MemoryImage;
}

const FORMAT = "chequecard simulated card";
/**
 * Version that this software writes: 2 has the cell of the certificate, 3 may have those of the Bolt Card application. It reads
 * every version up to it.
 */
const VERSION = 3;

interface Document {
  readonly format: string;
  readonly version: number;
  readonly protocol: string;
  /** Persistent memory by cell name, hex. */
  readonly cells: Readonly<Record<string, string>>;
  /** Old values of a transaction that was torn, in the order of its writes. */
  readonly journal: readonly { readonly cell: string; readonly offset: number; readonly old: string }[];
}

const checksumOf = ({ format, version, protocol, cells, journal }: Document): string =>
  createHash("sha256").update(JSON.stringify({ format, version, protocol, cells, journal })).digest("hex");

/** The text of a card file: JSON with a checksum over everything else. It holds the card's keys. */
export function encodeCardFile({ protocol, memory }: StoredCard): string {
  const cells = Object.fromEntries(
    Object.entries(memory.cells).map(([name, bytes]) => [name, bytesToHex(bytes)]),
  );
  const journal = memory.journal.map(({ cell, offset, old }) => ({ cell, offset, old: bytesToHex(old) }));
  const document: Document = { format: FORMAT, version: VERSION, protocol, cells, journal };
  return `${JSON.stringify({ ...document, checksum: checksumOf(document) }, undefined, 2)}\n`;
}

/**
 * @param path names the file in errors
 * @throws CardFileError `damaged`, `newer-version`
 */
export function decodeCardFile(text: string, path: string): StoredCard {
  const damaged = (problem: string, cause?: unknown) =>
    new CardFileError("damaged", path, `not a whole card file: ${problem}`, {
      cause,
      hint: "Restore the file from a copy; a card file must not be edited.",
    });
  let document: Document & { readonly checksum: unknown };
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw damaged("need JSON", cause);
  }
  if (document?.format !== FORMAT) throw damaged(`need the format "${FORMAT}"`);
  if (Number.isInteger(document.version) && document.version > VERSION)
    throw new CardFileError(
      "newer-version",
      path,
      `need a card file of version ${VERSION}, have version ${document.version}`,
      { hint: "Use the newer version of this software that wrote it." },
    );
  if (!Number.isInteger(document.version) || document.version < 1)
    throw damaged(`need a version from 1 to ${VERSION}`);
  if (document.checksum !== checksumOf(document)) throw damaged("the checksum is wrong");
  try {
    return stored(document);
  } catch (cause) {
    throw damaged(cause instanceof ChequecardError ? cause.message : "a field has the wrong type", cause);
  }
}

/** Behind the checksum only a writer's fault can make this throw. */
function stored({ protocol, cells, journal }: Document): StoredCard {
  const bytes = Object.fromEntries(
    Object.entries(cells).map(([name, content]) => [name, hexToBytes(content, `cells/${name}`)]),
  );
  const entries = journal.map(({ cell, offset, old }, index): JournalEntry => {
    const path = `journal/${index}`;
    const replaced = hexToBytes(old, path);
    if (!Number.isInteger(offset) || offset < 0 || offset + replaced.length > (bytes[cell]?.length ?? 0))
      throw new RangeError(`${path}: need an offset within a cell`);
    return { cell, offset, old: replaced };
  });
  if (!Object.hasOwn(ATR, protocol)) throw new RangeError("unknown protocol");
  return { protocol: protocol as CardProtocol, memory: { cells: bytes, journal: entries } };
}
