import { equalBytes, hexToBytes } from "../common/index.js";
import { undiversified } from "./kdf3.js";
import type { CardStaticKeys, KeySource } from "./key-source.js";

/** The test key that the GlobalPlatform documents publish and that many cards are delivered with. */
const WELL_KNOWN_KEY = hexToBytes("404142434445464748494a4b4c4d4e4f");

/** True for the published test key. */
export const isWellKnownKey = (key: Uint8Array): boolean => equalBytes(key, WELL_KNOWN_KEY);

/** The static keys of a card that is delivered with the published test key. */
export const wellKnownCardKeys = (version = 255): CardStaticKeys => undiversified(version, WELL_KNOWN_KEY);

/** The warning for everyone who asks for the well-known key. */
export const WELL_KNOWN_KEY_WARNING =
  "Warning: this uses the published GlobalPlatform test key. Anyone can rewrite such a card until its keys are rotated.";

/**
 * The same source with the published test key added as a factory key. Never a default: only for a caller who
 * asked for it by name and printed {@link WELL_KNOWN_KEY_WARNING}.
 * @param version under which the card has the key: 255 on most cards fresh from the factory
 */
export function withWellKnownKey(source: KeySource, version = 255): KeySource {
  return {
    keySets: () => source.keySets(),
    sealKey: (id) => source.sealKey(id),
    signUpdate: (id, digest) => source.signUpdate(id, digest),
    batchKeys: () => source.batchKeys(),
    batchMac: (id, input) => source.batchMac(id, input),
    masterKeys: () => [
      { version, diversification: "none", wellKnown: true },
      ...source.masterKeys().filter((master) => master.version !== version),
    ],
    cardKeys: (asked, diversification) =>
      asked === version
        ? Promise.resolve(wellKnownCardKeys(version))
        : source.cardKeys(asked, diversification),
    close: () => source.close(),
  };
}
