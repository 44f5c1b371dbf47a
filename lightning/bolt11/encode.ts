import { bech32 } from "@scure/base";
import { concatBytes } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import { type FeatureBits, featureBits } from "../features.js";
import { MAX_INVOICE_LENGTH } from "./canonical.js";
import {
  deputyNonceField,
  descriptionField,
  descriptionHashField,
  expiryField,
  fallbackField,
  featuresField,
  metadataField,
  minFinalCltvField,
  payeeField,
  paymentHashField,
  paymentSecretField,
  routeHintField,
} from "./fields.js";
import { formatPrefix } from "./prefix.js";
import type { Fallback, RouteHop, TaggedField, UnsignedInvoice } from "./types.js";
import {
  bytesToWords,
  CHECKSUM_WORDS,
  numberToWords,
  SIGNATURE_WORDS,
  signedDigest,
  TIMESTAMP_WORDS,
} from "./words.js";

/** Features of an invoice that asks for nothing special: onion payloads and payment secret required. */
export const DEFAULT_INVOICE_FEATURES: FeatureBits = featureBits(8, 14);

/** What the fields of an invoice say. Sizes as in `Invoice`. */
export interface InvoiceContent {
  readonly paymentHash: Uint8Array;
  readonly paymentSecret: Uint8Array;
  /** Exactly one of description and descriptionHash. */
  readonly description?: string;
  readonly descriptionHash?: Uint8Array;
  /** Absent: no field, so 3600 for the reader. */
  readonly expirySeconds?: number;
  /** Absent: no field, so 18 for the reader. */
  readonly minFinalCltv?: number;
  /** Absent: {@link DEFAULT_INVOICE_FEATURES}. */
  readonly features?: FeatureBits;
  readonly metadata?: Uint8Array;
  /** Names the payee in a field `n`, 33 bytes; absent: the reader recovers it. */
  readonly payee?: Uint8Array;
  readonly routeHints?: readonly (readonly RouteHop[])[];
  readonly fallbacks?: readonly Fallback[];
  readonly deputyNonce?: Uint8Array;
}

/**
 * The tagged fields of an invoice, in the order in which this project writes them.
 * @throws ValueError naming the value that does not fit
 */
export function invoiceFields(content: InvoiceContent): TaggedField[] {
  if ((content.description === undefined) === (content.descriptionHash === undefined))
    throw new ValueError("description", "need exactly one of a description and its hash");
  const features = content.features ?? DEFAULT_INVOICE_FEATURES;
  const some = <T>(value: T | undefined, field: (value: T) => TaggedField): TaggedField[] =>
    value === undefined ? [] : [field(value)];
  return [
    paymentHashField(content.paymentHash),
    paymentSecretField(content.paymentSecret),
    ...some(content.description, descriptionField),
    ...some(content.descriptionHash, descriptionHashField),
    ...some(content.expirySeconds, expiryField),
    ...some(content.minFinalCltv, minFinalCltvField),
    ...(features.size > 0 ? [featuresField(features)] : []),
    ...some(content.metadata, metadataField),
    ...some(content.payee, payeeField),
    ...(content.routeHints ?? []).map(routeHintField),
    ...(content.fallbacks ?? []).map(fallbackField),
    ...some(content.deputyNonce, deputyNonceField),
  ];
}

/**
 * Writes and signs an invoice from its fields as they are, so that unknown ones survive (specs/05 §5). The
 * signature is deterministic (RFC 6979) with a low s.
 * @param secretKey the payee's, 32 bytes
 * @returns the canonical lower-case string
 * @throws ValueError
 */
export function signInvoice(invoice: UnsignedInvoice, secretKey: Uint8Array): string {
  const prefix = formatPrefix(invoice.network, invoice.amount);
  for (const [i, field] of invoice.fields.entries()) checkField(field, i);
  const dataWords = invoice.fields.reduce((sum, { words }) => sum + 3 + words.length, TIMESTAMP_WORDS);
  const length = prefix.length + 1 + dataWords + SIGNATURE_WORDS + CHECKSUM_WORDS;
  if (length > MAX_INVOICE_LENGTH)
    throw new ValueError("invoice", `need at most ${MAX_INVOICE_LENGTH} characters, have ${length}`);

  const words = new Uint8Array(dataWords + SIGNATURE_WORDS);
  words.set(numberToWords(invoice.timestamp, "timestamp", TIMESTAMP_WORDS));
  let at = TIMESTAMP_WORDS;
  for (const field of invoice.fields) {
    words.set([field.tag, field.words.length >> 5, field.words.length & 31], at);
    words.set(field.words, at + 3);
    at += 3 + field.words.length;
  }
  const digest = signedDigest(prefix, words.subarray(0, dataWords));
  const { signature, recovery } = secp256k1.signRecoverable(digest, secretKey);
  words.set(bytesToWords(concatBytes(signature, Uint8Array.of(recovery))), dataWords);
  return bech32.encode(prefix, words, MAX_INVOICE_LENGTH);
}

function checkField({ tag, words }: TaggedField, i: number): void {
  const path = `fields[${i}]`;
  if (!Number.isInteger(tag) || tag < 0 || tag > 31)
    throw new ValueError(path, `need a tag of 0 to 31, have ${tag}`);
  if (words.length > 1023) throw new ValueError(path, `need at most 1023 words, have ${words.length}`);
  if (words.some((word) => word > 31)) throw new ValueError(path, "need words of 5 bits, have a greater one");
}

/** {@link invoiceFields} and {@link signInvoice} in one step. @throws ValueError */
export function encodeInvoice(
  head: Omit<UnsignedInvoice, "fields">,
  content: InvoiceContent,
  secretKey: Uint8Array,
): string {
  return signInvoice({ ...head, fields: invoiceFields(content) }, secretKey);
}
