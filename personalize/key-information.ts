import { readTlvs, unwrapTlv } from "../apdu/index.js";
import { PersonalizationError } from "./errors.js";

const KEY_INFORMATION = 0xe0;
const KEY_ENTRY = 0xc0;
/** Follows the version where type and lengths are in the extended format (GlobalPlatform Card Specification 2.3 §11.3.3.1). */
const EXTENDED = 0xff;
const AES = 0x88;
const AES_NAMES: Readonly<Record<number, string>> = { 16: "AES-128", 24: "AES-192", 32: "AES-256" };
/** The only kind that a channel of this software is opened with (specs/04 §4). */
const USABLE = "AES-128";

/** Kinds of keys by version, for example `255: AES-128`. Versions whose keys open no channel (RSA, ECC) are left out. */
export type KeyInformation = ReadonlyMap<number, ReadonlySet<string>>;

/** Type and length of the first part of a key; undefined for an entry that is too short for them. */
function kindOf(entry: Uint8Array): string | undefined {
  const extended = entry[2] === EXTENDED;
  const type = entry[extended ? 3 : 2];
  const high = extended ? entry[4] : 0;
  const low = entry[extended ? 5 : 3];
  if (type === undefined || high === undefined || low === undefined) return undefined;
  if (type === AES) return AES_NAMES[(high << 8) | low] ?? `AES of ${(high << 8) | low} bytes`;
  return type >= 0x80 && type <= 0x84 ? "DES" : undefined;
}

/**
 * Reads key information (tag E0), entries in the basic or the extended format. Some cards put a byte 00 before it.
 * @throws ParseError
 */
export function readKeyInformation(object: Uint8Array): KeyInformation {
  const path = "key information";
  const template = unwrapTlv(object[0] === 0 ? object.subarray(1) : object, KEY_INFORMATION, path);
  const kinds = new Map<number, Set<string>>();
  for (const { tag, value } of readTlvs(template, `${path}/E0`)) {
    const version = value[1];
    const kind = tag === KEY_ENTRY ? kindOf(value) : undefined;
    if (version === undefined || kind === undefined) continue;
    kinds.set(version, (kinds.get(version) ?? new Set()).add(kind));
  }
  return kinds;
}

/** Versions of keys that a channel can be opened with. A version may have keys of several kinds. */
export const usableVersions = (information: KeyInformation): number[] =>
  [...information].filter(([, kinds]) => kinds.has(USABLE)).map(([version]) => version);

const text = (kinds: Iterable<string>): string => [...new Set(kinds)].join(", ");

/** What to do about keys of other kinds. */
const otherKind = (found: string): { readonly hint: string } => ({
  hint: found.includes("DES")
    ? "Put the card aside and use cards with SCP03."
    : "Put the card aside and order cards whose security domain has AES-128 keys.",
});

/**
 * Refuses a card whose keys are all of other kinds, before any of them is tried.
 * @throws PersonalizationError `unsupported-card`
 */
export function requireUsableKeys(information: KeyInformation): void {
  if (information.size === 0 || usableVersions(information).length > 0) return;
  const found = text([...information.values()].flatMap((kinds) => [...kinds]));
  throw new PersonalizationError(
    "unsupported-card",
    `the card's keys are ${found === "DES" ? "for SCP01 or SCP02 (DES)" : found}, need ${USABLE} (SCP03)`,
    otherKind(found),
  );
}

/**
 * Refuses a version whose keys are of other kinds, before they are tried.
 * @throws PersonalizationError `unsupported-card`
 */
export function requireUsableVersion(information: KeyInformation, version: number): void {
  const kinds = information.get(version);
  if (!kinds || kinds.has(USABLE)) return;
  throw new PersonalizationError(
    "unsupported-card",
    `the card's keys of version ${version} are ${text(kinds)}, need ${USABLE} (SCP03)`,
    otherKind(text(kinds)),
  );
}
