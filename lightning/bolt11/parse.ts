import { bytesToHex } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { featureBits } from "../features.js";
import { decodeBech32 } from "./bech32.js";
import { canonicalInvoice } from "./canonical.js";
import {
  readDescription,
  readFallback,
  readFeatures,
  readHash,
  readNodeId,
  readNumber,
  readRouteHint,
} from "./fields.js";
import { parsePrefix } from "./prefix.js";
import {
  type Invoice,
  type InvoiceSignature,
  TAG,
  type TaggedField,
  type UncheckedInvoice,
} from "./types.js";
import {
  SIGNATURE_WORDS,
  signedDigest,
  TIMESTAMP_WORDS,
  type Words,
  wordsToBytes,
  wordsToNumber,
} from "./words.js";

/** BOLT 11: what counts where the invoice is silent. */
export const DEFAULT_EXPIRY_SECONDS = 3600;
export const DEFAULT_MIN_FINAL_CLTV = 18;

/** Half the order of secp256k1, in hex: the greatest low s. */
const HALF_N = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";

/** What `decodeInvoice` reads, without the check of the signature: for who checks many elsewhere. @throws ParseError */
export function parseInvoice(text: string): UncheckedInvoice {
  const canonical = canonicalInvoice(text);
  const { prefix, words } = decodeBech32(canonical);
  const { network, amount } = parsePrefix(prefix);
  if (words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS)
    throw new ParseError(
      "invoice",
      `too short: need a timestamp and a signature (111 words), have ${words.length}`,
    );
  const signed = words.subarray(0, words.length - SIGNATURE_WORDS);
  const timestamp = wordsToNumber(signed.subarray(0, TIMESTAMP_WORDS));
  const fields = splitFields(signed.subarray(TIMESTAMP_WORDS));
  const known = readFields(fields);
  const digest = signedDigest(prefix, signed);
  const namedPayee = first(fields, TAG.payee, "invoice/payee", readNodeId);
  return {
    text: canonical,
    network,
    amount,
    timestamp,
    fields,
    ...known,
    expiresAt: timestamp + known.expirySeconds,
    signed: readSignature(words.subarray(signed.length), digest, namedPayee),
  };
}

/** The invoice with its payee. @param payee of `payeeOf` @throws ParseError without one */
export function checkedInvoice(invoice: UncheckedInvoice, payee: Uint8Array | undefined): Invoice {
  if (!payee)
    throw new ParseError(
      "invoice/signature",
      invoice.signed.namedPayee ? "not the payee's" : "no payee can be recovered from it",
    );
  return { ...invoice, payee };
}

function splitFields(words: Words): TaggedField[] {
  const fields: TaggedField[] = [];
  for (let at = 0; at < words.length; ) {
    const path = `invoice/fields[${fields.length}]`;
    const tag = words[at];
    const high = words[at + 1];
    const low = words[at + 2];
    if (tag === undefined || high === undefined || low === undefined)
      throw new ParseError(path, `need 3 words of type and length, have ${words.length - at}`);
    const length = high * 32 + low;
    const start = at + 3;
    if (words.length - start < length)
      throw new ParseError(path, `need ${length} words, have ${words.length - start}`);
    at = start + length;
    fields.push({ tag, words: words.subarray(start, at) });
  }
  return fields;
}

/** The first field of a tag that `read` makes something of; later ones are kept in `fields` only. */
function first<T>(
  fields: readonly TaggedField[],
  tag: number,
  path: string,
  read: (words: Words, path: string) => T | undefined,
): T | undefined {
  for (const field of fields) {
    if (field.tag !== tag) continue;
    const value = read(field.words, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

function readFields(fields: readonly TaggedField[]) {
  const paymentHash = first(fields, TAG.paymentHash, "invoice/payment hash", readHash);
  if (!paymentHash) throw new ParseError("invoice/payment hash", "missing");
  const paymentSecret = first(fields, TAG.paymentSecret, "invoice/payment secret", readHash);
  if (!paymentSecret)
    throw new ParseError("invoice/payment secret", "missing", {
      hint: "The invoice comes from outdated software; today's nodes do not pay it.",
    });
  const description = first(fields, TAG.description, "invoice/description", readDescription);
  const descriptionHash = first(fields, TAG.descriptionHash, "invoice/description hash", readHash);
  if ((description === undefined) === (descriptionHash === undefined))
    throw new ParseError(
      "invoice/description",
      description === undefined ? "missing, and no hash of it either" : "there together with a hash of one",
    );
  const all = (tag: number) => fields.filter((field) => field.tag === tag);
  return {
    paymentHash,
    paymentSecret,
    description,
    descriptionHash,
    metadata: first(fields, TAG.metadata, "invoice/payment metadata", wordsToBytes),
    deputyNonce: first(fields, TAG.deputyNonce, "invoice/deputy nonce", readHash),
    expirySeconds: first(fields, TAG.expiry, "invoice/expiry", readNumber) ?? DEFAULT_EXPIRY_SECONDS,
    minFinalCltv:
      first(fields, TAG.minFinalCltv, "invoice/min final cltv", readNumber) ?? DEFAULT_MIN_FINAL_CLTV,
    features: first(fields, TAG.features, "invoice/features", readFeatures) ?? featureBits(),
    routeHints: all(TAG.routeHint).map((field, i) => readRouteHint(field.words, `invoice/route hint[${i}]`)),
    fallbacks: all(TAG.fallback).flatMap(
      (field, i) => readFallback(field.words, `invoice/fallback[${i}]`) ?? [],
    ),
  };
}

/** BOLT 11: with a field `n`, low s only and that key; without, the key is recovered and s may be high. */
function readSignature(
  words: Words,
  digest: Uint8Array,
  namedPayee: Uint8Array | undefined,
): InvoiceSignature {
  const bytes = wordsToBytes(words, "invoice/signature");
  const signature = bytes.subarray(0, 64);
  const recovery = bytes[64] ?? 0;
  if (recovery > 3)
    throw new ParseError("invoice/signature", `need a recovery id of 0 to 3, have ${recovery}`);
  if (namedPayee && bytesToHex(signature.subarray(32)) > HALF_N)
    throw new ParseError("invoice/signature", "high s together with a payee field");
  return { digest, signature, recovery, namedPayee };
}
