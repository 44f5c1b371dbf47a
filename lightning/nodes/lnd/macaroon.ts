import { ParseError } from "../../../common/errors.js";

/** What a macaroon of lnd allows, as it says itself: lnd alone can tell whether it is genuine. */
export interface Macaroon {
  /** Such as `offchain:read` or `uri:/lnrpc.Lightning/GetInfo`. */
  readonly permissions: ReadonlySet<string>;
  /** Conditions that were added to it, such as `time-before 2027-01-01T00:00:00Z`. */
  readonly caveats: readonly string[];
}

/** Fields of a macaroon's second version (libmacaroons, doc/format.txt). */
const END = 0;
const IDENTIFIER = 2;
const SIGNATURE = 6;
/** First byte of an identifier that lists what is allowed. */
const WITH_OPERATIONS = 3;

/** Reads bytes one part after another. */
class Parts {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A number of up to 28 bits, seven a byte, lowest first. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.bytes(1)[0] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ParseError("macaroon", "a number is too long");
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length)
      throw new ParseError("macaroon", `need ${end} bytes, have ${this.#bytes.length}`);
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

/** Fields of a section up to its end. */
function section(parts: Parts): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  for (let type = parts.number(); type !== END; type = parts.number())
    fields.set(type, parts.bytes(parts.number()));
  return fields;
}

/** Fields of a message of Protocol Buffers that has bytes only. */
function fieldsOf(bytes: Uint8Array): [field: number, value: Uint8Array][] {
  const parts = new Parts(bytes);
  const fields: [number, Uint8Array][] = [];
  while (!parts.isOver) {
    const key = parts.number();
    if ((key & 7) !== 2) throw new ParseError("macaroon/identifier", "need fields of bytes only");
    fields.push([key >> 3, parts.bytes(parts.number())]);
  }
  return fields;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function operations(identifier: Uint8Array): Set<string> {
  if (identifier[0] !== WITH_OPERATIONS)
    throw new ParseError("macaroon/identifier", `need ${WITH_OPERATIONS} first, have ${identifier[0]}`);
  const permissions = new Set<string>();
  for (const [field, operation] of fieldsOf(identifier.subarray(1))) {
    if (field !== 3) continue;
    const parts = fieldsOf(operation);
    const entity = parts.find(([one]) => one === 1)?.[1] ?? new Uint8Array();
    for (const [one, action] of parts) if (one === 2) permissions.add(`${text(entity)}:${text(action)}`);
  }
  return permissions;
}

/**
 * Reads what a macaroon of lnd allows.
 * @throws ParseError for what is no macaroon of this form
 */
export function readMacaroon(bytes: Uint8Array): Macaroon {
  if (bytes[0] !== 2) throw new ParseError("macaroon", `need version 2, have ${bytes[0] ?? "no byte"}`);
  const parts = new Parts(bytes.subarray(1));
  const identifier = section(parts).get(IDENTIFIER);
  if (!identifier) throw new ParseError("macaroon", "need an identifier, have none");
  const caveats: string[] = [];
  for (let caveat = section(parts); caveat.size > 0; caveat = section(parts))
    caveats.push(text(caveat.get(IDENTIFIER) ?? new Uint8Array()));
  if (parts.number() !== SIGNATURE) throw new ParseError("macaroon", "need a signature, have none");
  parts.bytes(parts.number());
  return { permissions: operations(identifier), caveats };
}
