import { concatBytes, equalBytes, expectLength, ParseError, requireLength } from "../../common/index.js";
import { type CommandApdu, command } from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { encryptSensitive, keyCheckValue, type StaticKeys } from "./primitives.js";

/** Key type AES. */
const AES_KEY = 0x88;

/**
 * Puts three new AES-128 keys in one command (Amendment D §7.2), so that the card takes all or none.
 * @param replace version of the keys that go, 0 to add; @param version of the new keys
 * @param dek the card's present Key-DEK, 16 bytes
 */
export function encodePutKey(
  replace: number,
  version: number,
  keys: StaticKeys,
  dek: Uint8Array,
): CommandApdu {
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
