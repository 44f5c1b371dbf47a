import type { StoredCard } from "../card-file/card-file-format.js";
import { NTAG_MEMORY } from "./chip.js";

/** What the file of an NTAG 424 DNA says of it, without any key. */
export interface NtagSummary {
  /** 7 bytes. */
  readonly uid: Uint8Array;
  /** Of the last time it was read; 0: never. */
  readonly counter: number;
  /** The address with zeros where its values stand. */
  readonly address: string;
}

/** @param stored of an NTAG 424 DNA */
export function summarizeNtag({ memory }: Pick<StoredCard, "memory">): NtagSummary {
  const cell = (name: string): Uint8Array => memory.cells[`${NTAG_MEMORY}/${name}`] ?? new Uint8Array(8);
  const [high = 0, middle = 0, low = 0] = cell("counter");
  const file = cell("ndef");
  const end = 2 + (((file[0] ?? 0) << 8) | (file[1] ?? 0));
  return {
    uid: cell("uid"),
    counter: (high << 16) | (middle << 8) | low,
    address: Buffer.from(file.subarray(7, end)).toString("latin1"),
  };
}
