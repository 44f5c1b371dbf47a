import { ValueError } from "../common/errors.js";

/**
 * Feature bits that are set, as numbers from 0 (BOLT 9). An even bit means "required", the odd one above it
 * "optional".
 */
export type FeatureBits = ReadonlySet<number>;

/** Even bit of each feature this project names; the odd bit is one more. Sources: BOLT 9, specs/07 §2. */
export const FEATURE = {
  varOnion: 8,
  staticRemotekey: 12,
  paymentSecret: 14,
  basicMpp: 16,
  anchors: 22,
  routeBlinding: 24,
  attributionData: 36,
  paymentMetadata: 48,
  /** draft-819: deputy payment processing. The same numbers as `anchors`. */
  draftDeputy: 22,
  /** draft-819: QR code as ODT medium (only 129 is ever set). */
  draftQr: 128,
  /** Extension to draft-819: NFC as ODT medium (131). */
  draftNfc: 130,
  /** Modern profile, private range of bLIP-2: hint that an invoice is a deputy's (265). */
  deputy: 264,
  /** Authorized payment initiation, in `init` (267). */
  initiatePayment: 266,
  /** QR code as ODT medium (269). */
  qr: 268,
  /** NFC as ODT medium (271). */
  nfc: 270,
} as const;

/** Greatest bit that fits a BOLT 11 `9` field: 1023 words of 5 bits. */
const MAX_FEATURE_BIT = 1023 * 5 - 1;

/**
 * A set of feature bits.
 * @throws ValueError for a bit that is no integer in 0..{@link MAX_FEATURE_BIT}
 */
export function featureBits(...bits: readonly number[]): FeatureBits {
  for (const bit of bits)
    if (!Number.isInteger(bit) || bit < 0 || bit > MAX_FEATURE_BIT)
      throw new ValueError("feature bit", `need 0 to ${MAX_FEATURE_BIT}, have ${bit}`);
  return new Set(bits);
}

/** The bits in rising order. */
export const listFeatures = (bits: FeatureBits): number[] => [...bits].sort((a, b) => a - b);

/** True when the feature is set as required (even) or optional (odd). @param feature its even bit */
export const hasFeature = (bits: FeatureBits, feature: number): boolean =>
  bits.has(feature) || bits.has(feature + 1);

/**
 * Even bits that are set and not understood: the holder of such an invoice or `init` must not go on (BOLT 9).
 * @param known even bits that the reader understands
 */
export const unknownRequired = (bits: FeatureBits, known: ReadonlySet<number>): number[] =>
  [...bits].filter((bit) => bit % 2 === 0 && !known.has(bit)).sort((a, b) => a - b);

/**
 * Even bits: feature, and the one it depends on (BOLT 9). Nothing is asked for that BOLT 9 calls ASSUMED: 8/9, 12/13.
 */
const DEPENDENCIES: readonly (readonly [number, number])[] = [[FEATURE.basicMpp, FEATURE.paymentSecret]];

/** The first feature that is set without the one it depends on, as even bits; undefined when all is well. */
export function missingDependency(
  bits: FeatureBits,
): { readonly feature: number; readonly needs: number } | undefined {
  for (const [feature, needs] of DEPENDENCIES)
    if (hasFeature(bits, feature) && !hasFeature(bits, needs)) return { feature, needs };
  return undefined;
}

/** Bits to the shortest big-endian bytes, as in `init` (BOLT 1). */
export const featuresToBytes = (bits: FeatureBits): Uint8Array => pack(bits, 8);

/** Big-endian bytes to bits; leading zero bytes are allowed. */
export const featuresFromBytes = (bytes: Uint8Array): FeatureBits => unpack(bytes, 8);

/** Bits to the shortest big-endian 5-bit words, as in field `9` of BOLT 11. */
export const featuresToWords = (bits: FeatureBits): Uint8Array => pack(bits, 5);

/** Big-endian 5-bit words to bits. */
export const featuresFromWords = (words: Uint8Array): FeatureBits => unpack(words, 5);

function pack(bits: FeatureBits, width: number): Uint8Array {
  let top = -1;
  for (const bit of bits) top = Math.max(top, bit);
  const out = new Uint8Array(Math.floor(top / width) + 1);
  for (const bit of bits) {
    const at = out.length - 1 - Math.floor(bit / width);
    out[at] = (out[at] ?? 0) | (1 << (bit % width));
  }
  return out;
}

function unpack(units: Uint8Array, width: number): FeatureBits {
  const bits = new Set<number>();
  for (let i = units.length - 1, base = 0; i >= 0; i--, base += width) {
    const unit = units[i] ?? 0;
    for (let bit = 0; unit >> bit; bit++) if ((unit >> bit) & 1) bits.add(base + bit);
  }
  return bits;
}
