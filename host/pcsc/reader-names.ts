import { isUtf8 } from "node:buffer";
import { TransportError } from "../../apdu/transport.js";

/**
 * The readers that a name means: the one of exactly that name, else all that contain it in any case; without a
 * name, all.
 */
export function matchReaders(present: readonly string[], wanted: string | undefined): readonly string[] {
  if (wanted === undefined) return present;
  if (present.includes(wanted)) return [wanted];
  const part = wanted.toLowerCase();
  return present.filter((name) => name.toLowerCase().includes(part));
}

const isSamSlot = (name: string): boolean => /\bSAM\b/i.test(name);

/** Those that a customer's card can lie on: without slots for security modules (SAM), unless there are only these. */
export function withoutSamSlots<T extends { readonly name: string }>(readers: readonly T[]): readonly T[] {
  const others = readers.filter(({ name }) => !isSamSlot(name));
  return others.length > 0 ? others : readers;
}

/** The name of a reader whose bytes are no UTF-8, to be shown: such names were mostly written in Windows-1252. */
export const shownName = (bytes: Uint8Array): string => new TextDecoder("windows-1252").decode(bytes);

/**
 * Splits the service's list of names, each ended by a zero byte, and the list by another.
 * @returns those that are UTF-8, as bytes of the same form, and the others
 */
export function splitNames(list: Uint8Array): { utf8: Uint8Array; others: readonly Uint8Array[] } {
  const utf8: number[] = [];
  const others: Uint8Array[] = [];
  for (let start = 0; start < list.length; ) {
    const found = list.indexOf(0, start);
    const end = found < 0 ? list.length : found;
    if (end === start) break;
    const name = list.subarray(start, end);
    if (isUtf8(name)) utf8.push(...name, 0);
    else others.push(new Uint8Array(name));
    start = end + 1;
  }
  return { utf8: Uint8Array.from([...utf8, 0]), others };
}

/** The error for a reader whose name the native part cannot pass on. */
export function unusableName(name: string): TransportError {
  return new TransportError(
    "no-reader",
    `The reader "${name}" cannot be used: its name is not UTF-8, and nfc-pcsc passes on no other.`,
    { hint: "Give it another FRIENDLYNAME in /etc/reader.conf.d, then restart pcscd." },
  );
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");

/** The error for a name that does not mean exactly one reader. */
export function noSuchReader(
  wanted: string | undefined,
  matching: readonly string[],
  present: readonly string[],
): TransportError {
  if (present.length === 0)
    return new TransportError("no-reader", "No card reader is connected.", {
      hint: "Plug one in; see docs/pcsc.md if it is plugged in and not seen.",
    });
  if (matching.length === 0)
    return new TransportError("no-reader", `No reader is called "${wanted}". Present: ${quoted(present)}.`);
  const problem = wanted === undefined ? "Several readers are connected" : `"${wanted}" fits several readers`;
  return new TransportError("no-reader", `${problem}: ${quoted(matching)}.`, {
    hint: "Name one of them in full.",
  });
}
