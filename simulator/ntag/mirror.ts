import { createCipheriv } from "node:crypto";
import { aesCmac } from "../../apdu/secure-channel/primitives.js";
import { concatBytes } from "../../common/bytes.js";

/** Where a chip writes what changes into the file as it is read (NXP NT4H2421Gx §9.3). Offsets are bytes of the file. */
export interface MirrorSettings {
  /** UID and counter encrypted, 32 characters; undefined where they are plain. */
  readonly piccOffset: number | undefined;
  /** UID in the clear, 14 characters. */
  readonly uidOffset: number | undefined;
  /** Counter in the clear, 6 characters. */
  readonly counterOffset: number | undefined;
  /** First byte that the CMAC covers; at {@link macOffset} it covers nothing. */
  readonly macInputOffset: number;
  /** 16 characters. */
  readonly macOffset: number;
}

/** What goes into one reading. */
export interface MirrorValues {
  /** 7 bytes. */
  readonly uid: Uint8Array;
  /** 0..2^24-1. */
  readonly counter: number;
  /** 5 bytes. */
  readonly padding: Uint8Array;
  /** 16 bytes each. */
  readonly piccKey: Uint8Array;
  readonly macKey: Uint8Array;
}

/** UID and counter, UID of seven bytes. */
const BOTH_MIRRORED = 0xc7;

/** The file as this reading shows it, a copy. */
export function mirrored(file: Uint8Array, settings: MirrorSettings, values: MirrorValues): Uint8Array {
  const out = file.slice();
  const { uid, counter } = values;
  const lowFirst = Uint8Array.of(counter & 0xff, (counter >> 8) & 0xff, (counter >> 16) & 0xff);
  if (settings.piccOffset !== undefined) {
    const plain = concatBytes(Uint8Array.of(BOTH_MIRRORED), uid, lowFirst, values.padding);
    out.set(capitals(encrypted(values.piccKey, plain)), settings.piccOffset);
  }
  if (settings.uidOffset !== undefined) out.set(capitals(uid), settings.uidOffset);
  // In text the counter has its highest byte first.
  if (settings.counterOffset !== undefined) out.set(capitals(lowFirst.toReversed()), settings.counterOffset);
  const covered = out.subarray(settings.macInputOffset, settings.macOffset);
  out.set(capitals(truncatedMac(values.macKey, uid, lowFirst, covered)), settings.macOffset);
  return out;
}

/** One block of AES-CBC with an IV of zeros is the block cipher alone. */
function encrypted(key: Uint8Array, block: Uint8Array): Uint8Array {
  return createCipheriv("aes-128-ecb", key, null).setAutoPadding(false).update(block);
}

function truncatedMac(
  key: Uint8Array,
  uid: Uint8Array,
  counter: Uint8Array,
  covered: Uint8Array,
): Uint8Array {
  const vector = concatBytes(Uint8Array.of(0x3c, 0xc3, 0, 1, 0, 0x80), uid, counter);
  return aesCmac(aesCmac(key, vector), covered).filter((_, at) => at % 2 === 1);
}

const capitals = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(Buffer.from(Buffer.from(bytes).toString("hex").toUpperCase(), "latin1"));
