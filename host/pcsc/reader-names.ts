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
