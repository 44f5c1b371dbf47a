import { sealBody } from "../../apdu/sealed/crypto.js";
import { aesCmac } from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { bytesToHex, concatBytes, hexToBytes, utf8 } from "../../common/index.js";
import type { AppletContext } from "../runtime/applet.js";
import { IsoError } from "../runtime/errors.js";
import { COUNTER_LENGTH, type FaceState, isPersonalized, KEY_LENGTH } from "./state.js";

const FILE = { CC: 0xe103, NDEF: 0xe104 } as const;
/** Version 2.0, at most 255 bytes a read; NDEF file E104 of 256 bytes, read by all, written by none (specs/10 §8.2). */
const CC_FILE = hexToBytes("000f2000ff00ff0406e104010000ff");
const NDEF_LENGTH = 256;
const MAX_READ = 255;
/** What READ BINARY answers to an offset behind the file's end (ISO/IEC 7816-4). */
const SW_WRONG_OFFSET = 0x6b00;

/** First byte of PICC data: UID of 7 bytes, and the counter. */
const PICC_DATA = 0xc7;
const PICC_RANDOM_LENGTH = 5;
const ZERO_IV = new Uint8Array(KEY_LENGTH);
/** SV2 of NXP's AN12196: what the session key is derived from, before UID and counter. */
const SESSION_LABEL = hexToBytes("3cc300010080");
const LAST_COUNTER = 0xffffff;

/** Places of the session in its transient memory: which file is selected, whether the address is made, the file. */
const AT = { SELECTED: 0, MADE: 2, NDEF: 3 } as const;

/** The two files of a Type 4 tag, and the address that is made at the first read of a session. */
export class TagFiles {
  readonly #face: FaceState;
  readonly #session: Uint8Array;

  constructor(context: AppletContext, face: FaceState) {
    this.#face = face;
    this.#session = context.transient(AT.NDEF + NDEF_LENGTH, "deselect");
  }

  /** @throws IsoError 6A82 */
  select(file: Uint8Array): void {
    const [high = 0, low = 0] = file;
    const id = (high << 8) | low;
    if (!isPersonalized(this.#face) || (id !== FILE.CC && id !== FILE.NDEF)) throw new IsoError(SW.NOT_FOUND);
    this.#session.set(file, AT.SELECTED);
  }

  /** @throws IsoError 6985, 6B00 */
  read(offset: number, wanted: number): Uint8Array {
    const [high = 0, low = 0] = this.#session;
    const id = (high << 8) | low;
    if (id === 0 || !isPersonalized(this.#face)) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    if (offset >= (id === FILE.CC ? CC_FILE.length : NDEF_LENGTH)) throw new IsoError(SW_WRONG_OFFSET);
    if (id === FILE.NDEF && this.#session[AT.MADE] === 0) this.#make();
    const content = id === FILE.CC ? CC_FILE : this.#session.subarray(AT.NDEF);
    return content.slice(offset, offset + Math.min(wanted, MAX_READ));
  }

  /** The counter has risen for good before anything is made with it. */
  #make(): void {
    const identity = raiseCounter(this.#face);
    this.#session.set(ndefFile(this.#face, identity), AT.NDEF);
    this.#session[AT.MADE] = 1;
  }
}

/** @returns UID, and the raised counter with its lowest byte first @throws IsoError 6985 after the last value */
function raiseCounter({ counter, uid }: FaceState): Uint8Array {
  const [high = 0, middle = 0, low = 0] = counter.bytes;
  const value = (high << 16) | (middle << 8) | low;
  if (value === LAST_COUNTER) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
  const next = new Uint8Array(4);
  new DataView(next.buffer).setUint32(0, value + 1);
  const raised = next.subarray(4 - COUNTER_LENGTH);
  counter.write(raised);
  return concatBytes(uid.bytes, raised.toReversed());
}

/** Length u16 and one record: well known type U, its URI whole. */
function ndefFile({ address, piccKey, macKey, random }: FaceState, identity: Uint8Array): Uint8Array {
  const picc = concatBytes(Uint8Array.of(PICC_DATA), identity, random(PICC_RANDOM_LENGTH));
  const session = aesCmac(macKey.bytes, SESSION_LABEL, identity);
  const code = aesCmac(session, new Uint8Array(0)).filter((_, index) => index % 2 === 1);
  const hex = (bytes: Uint8Array): string => bytesToHex(bytes).toUpperCase();
  const base = address.bytes.subarray(1, 1 + address.u8());
  const rest = utf8(`${hex(sealBody(piccKey.bytes, ZERO_IV, picc))}&c=${hex(code)}`);
  const payload = concatBytes(Uint8Array.of(0), base, rest);
  return concatBytes(Uint8Array.of(0, 4 + payload.length, 0xd1, 0x01, payload.length, 0x55), payload);
}
