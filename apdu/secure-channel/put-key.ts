import {
  concatBytes,
  equalBytes,
  expectLength,
  ParseError,
  requireLength,
  ValueError,
} from "../../common/index.js";
import { type CommandApdu, command } from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { encryptSensitive, keyCheckValue, type StaticKeys } from "./primitives.js";

/** Key type AES. */
const AES_KEY = 0x88;

/** Version of the keys that a card leaves the factory with. P1 of PUT KEY has no room for it. */
export const FACTORY_KEY_VERSION = 255;

/**
 * Puts three new AES-128 keys in one command (Amendment D §7.2), so that the card takes all or none.
 * @param replace version of the keys that go, 1..127; 0 to add; @param version of the new keys
 * @param dek the card's present Key-DEK, 16 bytes
 */
export function encodePutKey(
  replace: number,
  version: number,
  keys: StaticKeys,
  dek: Uint8Array,
): CommandApdu {
  // Bit 8 of P1 says that more commands follow (GlobalPlatform Card Specification §11.8.2.1).
  if (replace < 0 || replace > 127 || !Number.isInteger(replace))
    throw new ValueError("version to replace", `need 0 to 127, have ${replace}`);
  const field = (key: Uint8Array): Uint8Array => {
    requireLength(key, 16, "key");
    const encrypted = encryptSensitive(dek, key);
    return concatBytes(Uint8Array.of(AES_KEY, 17, 16), encrypted, Uint8Array.of(3), keyCheckValue(key));
  };
  return command(CLA.PROPRIETARY, INS.PUT_KEY, {
    p1: replace,
    // Key identifier 1, several keys.
    p2: 0x81,
    data: concatBytes(Uint8Array.of(version), field(keys.enc), field(keys.mac), field(keys.dek)),
    le: 256,
  });
}

/** Checks that the card stored what was meant: version, then three key check values. @throws ParseError */
export function checkPutKeyResponse(data: Uint8Array, version: number, keys: StaticKeys): void {
  const path = "PUT KEY response";
  expectLength(data, 10, path);
  const expected = concatBytes(
    Uint8Array.of(version),
    keyCheckValue(keys.enc),
    keyCheckValue(keys.mac),
    keyCheckValue(keys.dek),
  );
  if (!equalBytes(data, expected))
    throw new ParseError(path, "version and key check values are not those of the new keys");
}
