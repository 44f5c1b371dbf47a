import { concatBytes, utf8 } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";

/*
 * NDEF messages with a URI (NFC Forum NDEF 1.0, URI Record Type Definition 1.0; specs/10 §4.3). Everything else in a message
 * is skipped, and nothing of it is kept.
 */

/** Header bits of a record. */
const FLAG = { MESSAGE_BEGIN: 0x80, MESSAGE_END: 0x40, CHUNK: 0x20, SHORT: 0x10, ID_LENGTH: 0x08 } as const;
/** Type name format: a well-known type of the NFC Forum. */
const WELL_KNOWN = 1;
const TYPE_URI = 0x55;
/** Abbreviations that an address of a Bolt Card may begin with; others stand for other kinds of URI. */
const ABBREVIATIONS = ["", "http://www.", "https://www.", "http://", "https://"] as const;
/** More records than any tag has. */
const MAX_RECORDS = 16;

interface NdefRecord {
  readonly format: number;
  readonly type: Uint8Array;
  readonly payload: Uint8Array;
}

/**
 * The URI of the first URI record of a message.
 * @param message one NDEF message, without the length before it
 * @throws ParseError
 */
export function readNdefUri(message: Uint8Array): string {
  const records = readRecords(message);
  const found = records.find(
    ({ format, type }) => format === WELL_KNOWN && type.length === 1 && type[0] === TYPE_URI,
  );
  if (!found) throw new ParseError("ndef", "need a URI record, have none");
  const [code = 0] = found.payload;
  const abbreviation = ABBREVIATIONS[code];
  if (found.payload.length === 0 || abbreviation === undefined)
    throw new ParseError("ndef/uri", "need a web address or lnurlw://, have another kind of URI");
  const rest = found.payload.subarray(1);
  if (!rest.every((byte) => byte > 0x20 && byte < 0x7f))
    throw new ParseError("ndef/uri", "need printable ASCII without spaces, have another character");
  return abbreviation + Buffer.from(rest).toString("latin1");
}

/** A message of one URI record without an abbreviation. @param uri printable ASCII, 1..254 bytes @throws ValueError */
export function encodeNdefUri(uri: string): Uint8Array {
  if (!/^[\x21-\x7e]{1,254}$/.test(uri))
    throw new ValueError("uri", "need 1 to 254 characters of printable ASCII without spaces");
  const header = FLAG.MESSAGE_BEGIN | FLAG.MESSAGE_END | FLAG.SHORT | WELL_KNOWN;
  return concatBytes(Uint8Array.of(header, 1, uri.length + 1, TYPE_URI, 0), utf8(uri));
}

function readRecords(message: Uint8Array): NdefRecord[] {
  const records: NdefRecord[] = [];
  for (let at = 0; at < message.length; ) {
    const path = `ndef/records/${records.length + 1}`;
    const { record, header, next } = readRecord(message, at, path);
    if (((header & FLAG.MESSAGE_BEGIN) !== 0) !== (records.length === 0))
      throw new ParseError(path, "need the mark of the message's begin at its first record alone");
    records.push(record);
    at = next;
    if ((header & FLAG.MESSAGE_END) !== 0) {
      if (at !== message.length)
        throw new ParseError("ndef", `${message.length - at} bytes behind the last record`);
      return records;
    }
    if (records.length === MAX_RECORDS) throw new ParseError("ndef", `need at most ${MAX_RECORDS} records`);
  }
  throw new ParseError(
    "ndef",
    message.length === 0 ? "the message is empty" : "need a last record, have none",
  );
}

function readRecord(message: Uint8Array, start: number, path: string) {
  const [header = 0, typeLength = 0] = message.subarray(start);
  if ((header & FLAG.CHUNK) !== 0) throw new ParseError(path, "need a whole record, have a chunk of one");
  const isShort = (header & FLAG.SHORT) !== 0;
  const hasId = (header & FLAG.ID_LENGTH) !== 0;
  const lengths = message.subarray(start + 2, start + 2 + (isShort ? 1 : 4) + (hasId ? 1 : 0));
  const payloadLength = lengths.subarray(0, isShort ? 1 : 4).reduce((sum, byte) => sum * 256 + byte, 0);
  const idLength = hasId ? (lengths.at(-1) ?? 0) : 0;
  const at = start + 2 + (isShort ? 1 : 4) + (hasId ? 1 : 0);
  const next = at + typeLength + idLength + payloadLength;
  if (next > message.length)
    throw new ParseError(path, `need ${next - start} bytes, have ${message.length - start}`);
  const payload = message.subarray(at + typeLength + idLength, next);
  return {
    header,
    next,
    record: { format: header & 7, type: message.subarray(at, at + typeLength), payload },
  };
}
