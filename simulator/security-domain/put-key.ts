import { decryptSensitive, keyCheckValue } from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { concatBytes, equalBytes } from "../../common/index.js";
import { IsoError } from "../runtime/errors.js";
import type { CardKeyStore } from "./key-store.js";

/** P2: first key has identifier 1, several keys in the command. */
const THREE_KEYS = 0x81;
/** Bit 8 of P1 says that more commands follow: factory keys (255) cannot be named. */
const MAX_VERSION = 0x7f;
/** Type 88, 17 bytes of key data, a key of 16 bytes. */
const KEY_HEAD = Uint8Array.of(0x88, 0x11, 0x10);
const KEY_LENGTH = KEY_HEAD.length + 16 + 1 + 3;

/**
 * PUT KEY (Amendment D §7.2): version, then three keys with their check values. All are checked before the one
 * write that takes them.
 * @param session version of the keys of the open channel: its Key-DEK decrypts
 * @throws IsoError 6A86, 6700, 6A80 for a wrong form or check value, 6A88, 6A84
 */
export function putKey(store: CardKeyStore, session: number, p1p2: number, data: Uint8Array): Uint8Array {
  if ((p1p2 & 0xff) !== THREE_KEYS || p1p2 >> 8 > MAX_VERSION) throw new IsoError(SW.WRONG_P1P2);
  if (data.length !== 1 + 3 * KEY_LENGTH) throw new IsoError(SW.WRONG_LENGTH);
  const current = store.find(session);
  if (!current) throw new IsoError(SW.REFERENCE_NOT_FOUND);
  const version = data[0] ?? 0;
  if (version < 1 || version > MAX_VERSION) throw new IsoError(SW.WRONG_DATA);
  const keys = [0, 1, 2].map((index) => {
    const field = data.subarray(1 + index * KEY_LENGTH, 1 + (index + 1) * KEY_LENGTH);
    const check = field.subarray(KEY_HEAD.length + 17);
    if (
      !equalBytes(field.subarray(0, KEY_HEAD.length), KEY_HEAD) ||
      field[KEY_HEAD.length + 16] !== check.length
    )
      throw new IsoError(SW.WRONG_DATA);
    const key = decryptSensitive(current.dek, field.subarray(KEY_HEAD.length, KEY_HEAD.length + 16));
    if (!equalBytes(keyCheckValue(key), check)) throw new IsoError(SW.WRONG_DATA);
    return key;
  });
  const [enc, mac, dek] = keys as [Uint8Array, Uint8Array, Uint8Array];
  store.put(p1p2 >> 8, { version, enc, mac, dek });
  return concatBytes(Uint8Array.of(version), ...keys.map(keyCheckValue));
}
