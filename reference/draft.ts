import { hex, integer, join, need, uint, unhex } from "./bytes.js";
import { sha256 } from "./crypto.js";
import { type Invoice, type InvoiceContent, makeInvoice, type RouteHop } from "./invoice.js";
import { chooseMedium, mediumBits } from "./odt.js";
import { readRecords } from "./peer.js";
import { MAX_AMOUNT } from "./sealed.js";

/** Deputy Payment Processing, profile draft-819 (specs/07 §10). Bytes are hex, amounts msat. */
export interface DraftProfile {
  readonly network: string;
  readonly payeeKey: string;
  readonly routeHints: readonly (readonly RouteHop[])[];
  readonly sharedSecret: string;
  readonly minFinalCltv: number;
  readonly required: boolean;
  readonly media: readonly string[];
}

/** SHA-256(s || n || a), specs/07 §10.1. */
export const draftPreimage = (sharedSecret: string, nonce: string, amountMsat: bigint): Buffer =>
  sha256(unhex(sharedSecret), unhex(nonce), uint(amountMsat, 8));

export const deputyFeature = (required: boolean): number => (required ? 22 : 23);

export interface DraftRequest {
  readonly amountMsat: bigint | null;
  readonly description: string;
  readonly expirySeconds: number;
}

export interface DraftSale {
  readonly preimage: string;
  readonly paymentHash: string;
  readonly invoice: string;
}

export function makeDraftSale(
  profile: DraftProfile,
  request: DraftRequest,
  now: number,
  nonce: string,
  paymentSecret: string,
): DraftSale {
  const preimage = draftPreimage(profile.sharedSecret, nonce, request.amountMsat ?? 0n);
  const paymentHash = sha256(preimage);
  const content: InvoiceContent = {
    ...request,
    network: profile.network,
    timestamp: now,
    paymentHash,
    paymentSecret: unhex(paymentSecret),
    minFinalCltv: profile.minFinalCltv,
    features: [8, 14, deputyFeature(profile.required), ...mediumBits(profile.media, "draft-819")],
    routeHints: profile.routeHints,
    deputyNonce: unhex(nonce),
  };
  return {
    preimage: hex(preimage),
    paymentHash: hex(paymentHash),
    invoice: makeInvoice(content, unhex(profile.payeeKey)),
  };
}

export interface Payer {
  readonly supported: boolean;
  readonly media: readonly string[];
}

export type Plan =
  | { readonly how: "regular" }
  | { readonly how: "deputy"; readonly medium: string; readonly nonce: string }
  | { readonly how: "refuse"; readonly reason: string };

/** How a payer pays an invoice (specs/07 §10.2). */
export function plan(invoice: Invoice, payer: Payer): Plan {
  const required = invoice.features.includes(22);
  const otherwise = (reason: string): Plan => (required ? { how: "refuse", reason } : { how: "regular" });
  if (!required && !invoice.features.includes(23)) return { how: "regular" };
  if (!payer.supported) return otherwise("unsupported");
  const medium = chooseMedium(invoice.features, payer.media, "draft-819");
  if (medium === null) return otherwise("no-common-medium");
  if (invoice.routeHints.length === 0) return otherwise("no-route-hint");
  const nonce = invoice.deputyNonce;
  return nonce === undefined ? otherwise("no-nonce") : { how: "deputy", medium, nonce };
}

/** The record `dpp` of a hop's payload, without the payload's length. @throws Refused `payload/dpp…` */
export function readDppRecord(payload: Uint8Array): {
  readonly nonce: string;
  readonly invoiceAmountMsat: bigint;
} {
  const value = readRecords(payload, "payload").get(12n) ?? Buffer.alloc(0);
  need(value.length === 40, "payload/dpp");
  const invoiceAmountMsat = integer(value.subarray(32));
  need(invoiceAmountMsat <= MAX_AMOUNT, "payload/dpp/invoice amount");
  return { nonce: hex(value.subarray(0, 32)), invoiceAmountMsat };
}

export const writeDppRecord = (nonce: string, invoiceAmountMsat: bigint): Buffer =>
  join(unhex("0c28"), unhex(nonce), uint(invoiceAmountMsat, 8));
