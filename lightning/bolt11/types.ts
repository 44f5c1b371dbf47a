import type { Msat } from "../../common/msat.js";
import type { FeatureBits } from "../features.js";
import type { Network } from "../network.js";
import type { Words } from "./words.js";

/** Tag of each tagged field by its letter: the value of that letter in bech32. */
export const TAG = {
  paymentHash: 1,
  routeHint: 3,
  features: 5,
  expiry: 6,
  fallback: 9,
  description: 13,
  /** `0`: the nonce of the DPP draft (draft-819), unassigned in BOLT 11. */
  deputyNonce: 15,
  paymentSecret: 16,
  payee: 19,
  descriptionHash: 23,
  minFinalCltv: 24,
  metadata: 27,
} as const;

/** A tagged field as it stands in the invoice. */
export interface TaggedField {
  /** 0..31 */
  readonly tag: number;
  /** At most 1023 words. */
  readonly words: Words;
}

/** One step of a private route, from `nodeId` over the channel to the next one (field `r`). */
export interface RouteHop {
  /** The node at the start of the channel, 33 bytes. */
  readonly nodeId: Uint8Array;
  /** block << 40 | transaction << 16 | output */
  readonly shortChannelId: bigint;
  /** msat, u32 */
  readonly feeBase: number;
  /** Millionths, u32 */
  readonly feeProportional: number;
  /** Blocks, u16 */
  readonly cltvDelta: number;
}

/** On-chain fallback (field `f`): version 0..16 with a witness program, 17 P2PKH hash, 18 P2SH hash. */
export interface Fallback {
  readonly version: number;
  readonly program: Uint8Array;
}

/** What a signature covers, field by field, in order. */
export interface UnsignedInvoice {
  readonly network: Network;
  /** Absent: the payer chooses. */
  readonly amount: Msat | undefined;
  /** Unix seconds, 35 bits. */
  readonly timestamp: number;
  /** Every field, known or not, in the order of the invoice. */
  readonly fields: readonly TaggedField[];
}

/** What there is to check of an invoice's signature. */
export interface InvoiceSignature {
  /** What is signed, 32 bytes. */
  readonly digest: Uint8Array;
  /** r || s, 64 bytes. */
  readonly signature: Uint8Array;
  /** 0..3 */
  readonly recovery: number;
  /** Field `n`, 33 bytes; where there is one, s is low. */
  readonly namedPayee: Uint8Array | undefined;
}

/** An invoice that has what every invoice must have, before its signature is checked. */
export interface UncheckedInvoice extends UnsignedInvoice {
  /** The canonical lower-case string. */
  readonly text: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** 32 bytes. */
  readonly paymentSecret: Uint8Array;
  /** Exactly one of description and descriptionHash (32 bytes) is there. Untrusted text. */
  readonly description: string | undefined;
  readonly descriptionHash: Uint8Array | undefined;
  readonly metadata: Uint8Array | undefined;
  /** 32 bytes in a draft-819 deputy invoice. */
  readonly deputyNonce: Uint8Array | undefined;
  /** Seconds after the timestamp; 3600 where the invoice is silent. */
  readonly expirySeconds: number;
  /** Unix seconds: timestamp + expiry. */
  readonly expiresAt: number;
  /** Blocks; 18 where the invoice is silent. */
  readonly minFinalCltv: number;
  readonly features: FeatureBits;
  readonly routeHints: readonly (readonly RouteHop[])[];
  /** Those of known versions, most preferred first. */
  readonly fallbacks: readonly Fallback[];
  readonly signed: InvoiceSignature;
}

/** A decoded invoice: its signature is right and it has what every invoice must have. */
export interface Invoice extends UncheckedInvoice {
  /** The payee's node id, 33 bytes: field `n`, else recovered from the signature. */
  readonly payee: Uint8Array;
}
