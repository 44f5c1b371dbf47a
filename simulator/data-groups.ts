import { SW } from "../apdu/status-words.js";
import { IsoError } from "./runtime/errors.js";

/** How one data group of STORE DATA is judged and written into the state of its application. */
export interface DataGroupEntry<State> {
  readonly dgi: number;
  readonly optional?: true;
  accepts(value: Uint8Array): boolean;
  write(state: State, value: Uint8Array): void;
}

/**
 * All groups of a block, judged before any is written.
 * @param received a bit for each entry that came before
 * @throws IsoError 6A80, 6A88 for an unknown group
 */
export function readDataGroups(
  entries: readonly Pick<DataGroupEntry<never>, "dgi" | "accepts">[],
  data: Uint8Array,
  received: number,
): { index: number; value: Uint8Array }[] {
  const groups: { index: number; value: Uint8Array }[] = [];
  let seen = received;
  for (let at = 0; at < data.length; ) {
    const [high = 0, low = 0, length = 0] = data.subarray(at, at + 3);
    const value = data.subarray(at + 3, at + 3 + length);
    if (at + 3 > data.length || value.length < length) throw new IsoError(SW.WRONG_DATA);
    const index = entries.findIndex((group) => group.dgi === ((high << 8) | low));
    if (index < 0) throw new IsoError(SW.REFERENCE_NOT_FOUND);
    if ((seen & (1 << index)) !== 0 || !entries[index]?.accepts(value)) throw new IsoError(SW.WRONG_DATA);
    seen |= 1 << index;
    groups.push({ index, value });
    at += 3 + length;
  }
  return groups;
}
