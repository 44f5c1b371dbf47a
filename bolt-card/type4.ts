import { readU16 } from "../common/bytes.js";
import { ParseError } from "../common/errors.js";

/** What a capability container says (NFC Forum Type 4 Tag 2.0 §5.1; specs/10 §4.2). */
export interface Capabilities {
  /** Longest read in bytes, 15..65535. */
  readonly maxRead: number;
  /** Where the NDEF message stands. */
  readonly ndefFile: number;
  /** Its size in bytes, 5..65535; behind the length of two bytes the message has at most this less two. */
  readonly ndefSize: number;
}

/** Of the container: its length, version, longest read and write, and the first control block. */
const CAPABILITIES_LENGTH = 15;
const NDEF_CONTROL = 0x04;
const NDEF_CONTROL_LENGTH = 6;
const FREE_ACCESS = 0;

/**
 * Reads the first 15 bytes of the capability container; blocks behind them are of no use here.
 * @throws ParseError
 */
export function readCapabilities(file: Uint8Array): Capabilities {
  const path = "capability container";
  if (file.length < CAPABILITIES_LENGTH)
    throw new ParseError(path, `need ${CAPABILITIES_LENGTH} bytes, have ${file.length}`);
  const length = readU16(file, 0);
  if (length < CAPABILITIES_LENGTH || length === 0xffff)
    throw new ParseError(path, `need a length of at least ${CAPABILITIES_LENGTH}, have ${length}`);
  const major = (file[2] ?? 0) >> 4;
  if (major < 1 || major > 3) throw new ParseError(`${path}/version`, `need 1 to 3, have ${major}`);
  const maxRead = readU16(file, 3);
  if (maxRead < 15) throw new ParseError(`${path}/longest read`, `need at least 15 bytes, have ${maxRead}`);
  if (file[7] !== NDEF_CONTROL || file[8] !== NDEF_CONTROL_LENGTH)
    throw new ParseError(`${path}/control`, "need the block of an NDEF file first, have another one");
  const ndefFile = readU16(file, 9);
  if ([0x0000, 0x3f00, 0x3fff, 0xe102, 0xe103, 0xffff].includes(ndefFile))
    throw new ParseError(`${path}/file`, "need the identifier of an NDEF file, have a reserved one");
  const ndefSize = readU16(file, 11);
  if (ndefSize < 5 || ndefSize === 0xffff)
    throw new ParseError(`${path}/size`, `need 5 to 65534 bytes, have ${ndefSize}`);
  if (file[13] !== FREE_ACCESS)
    throw new ParseError(`${path}/access`, "need an NDEF file that everybody reads");
  return { maxRead, ndefFile, ndefSize };
}
