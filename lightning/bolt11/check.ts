import { CodedError } from "../../common/errors.js";
import { FEATURE, missingDependency, unknownRequired } from "../features.js";
import { NETWORK_NAMES, type Network } from "../network.js";
import { type Invoice, TAG } from "./types.js";

export type InvoiceErrorCode =
  | "network"
  | "expired"
  | "expires-soon"
  | "amountless"
  | "unknown-feature"
  | "feature-dependency"
  | "duplicate-field";

/** An invoice that is well formed and signed, but that cannot or should not be paid here and now. */
export class InvoiceError extends CodedError<InvoiceErrorCode> {
  constructor(code: InvoiceErrorCode, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}

/** The rules for feature bits: those of today's BOLTs, or those of the drafts of 2020 (specs/07 §3). */
export type Profile = "modern" | "draft-819";

/** What an invoice is held against. */
export interface InvoiceExpectations {
  readonly network: Network;
  /** Unix seconds. */
  readonly now: number;
  /** Seconds that must be left until it expires. Default 0. */
  readonly minRemainingSeconds?: number;
  /** Default false. */
  readonly allowAmountless?: boolean;
  /** Default `modern`. */
  readonly profile?: Profile;
}

const KNOWN_MODERN: ReadonlySet<number> = new Set([
  FEATURE.varOnion,
  FEATURE.staticRemotekey,
  FEATURE.paymentSecret,
  FEATURE.basicMpp,
  FEATURE.routeBlinding,
  FEATURE.attributionData,
  FEATURE.paymentMetadata,
]);
const KNOWN_DRAFT: ReadonlySet<number> = new Set([...KNOWN_MODERN, FEATURE.draftDeputy]);

/** Tags that an invoice may hold once: two of them could be read differently by two programs. */
const SINGLE = [
  [TAG.paymentHash, "payment hash"],
  [TAG.paymentSecret, "payment secret"],
  [TAG.payee, "payee"],
  [TAG.description, "description"],
  [TAG.descriptionHash, "description hash"],
  [TAG.metadata, "payment metadata"],
  [TAG.expiry, "expiry"],
  [TAG.minFinalCltv, "min final cltv"],
  [TAG.features, "features"],
  [TAG.deputyNonce, "deputy nonce"],
] as const;
const FIXED_WORDS: Readonly<Record<number, number>> = {
  [TAG.paymentHash]: 52,
  [TAG.paymentSecret]: 52,
  [TAG.descriptionHash]: 52,
  [TAG.deputyNonce]: 52,
  [TAG.payee]: 53,
};

/**
 * The first reason why this invoice cannot be paid, or undefined (specs/05 §6). In order: network, features,
 * ambiguous fields, amount, expiry.
 */
export function invoiceProblem(invoice: Invoice, expected: InvoiceExpectations): InvoiceError | undefined {
  if (invoice.network !== expected.network)
    return new InvoiceError(
      "network",
      `for another network: the invoice is for ${NETWORK_NAMES[invoice.network]}, here it is ` +
        NETWORK_NAMES[expected.network],
    );
  return (
    featureProblem(invoice, expected.profile ?? "modern") ??
    duplicateProblem(invoice) ??
    amountProblem(invoice, expected) ??
    timeProblem(invoice, expected)
  );
}

/** Throws what {@link invoiceProblem} finds. @throws InvoiceError */
export function checkInvoice(invoice: Invoice, expected: InvoiceExpectations): void {
  const problem = invoiceProblem(invoice, expected);
  if (problem) throw problem;
}

function featureProblem(invoice: Invoice, profile: Profile): InvoiceError | undefined {
  const draft = profile === "draft-819";
  if (!draft) {
    const missing = missingDependency(invoice.features);
    if (missing)
      return new InvoiceError(
        "feature-dependency",
        `asks for feature ${missing.feature}/${missing.feature + 1} without ${missing.needs}/` +
          `${missing.needs + 1}, on which it depends`,
      );
  }
  const unknown = unknownRequired(invoice.features, draft ? KNOWN_DRAFT : KNOWN_MODERN);
  if (unknown.length === 0) return undefined;
  return new InvoiceError(
    "unknown-feature",
    `requires a feature that is not known here: bit ${unknown.slice(0, 8).join(", ")}`,
    "The invoice can only be paid with newer software.",
  );
}

function duplicateProblem(invoice: Invoice): InvoiceError | undefined {
  const counts = new Array<number>(32).fill(0);
  for (const { tag, words } of invoice.fields) {
    const fixed = FIXED_WORDS[tag];
    if (fixed === undefined || words.length === fixed) counts[tag] = (counts[tag] ?? 0) + 1;
  }
  for (const [tag, name] of SINGLE) {
    const count = counts[tag] ?? 0;
    if (count > 1) return new InvoiceError("duplicate-field", `ambiguous: ${name} is there ${count} times`);
  }
  return undefined;
}

function amountProblem(invoice: Invoice, expected: InvoiceExpectations): InvoiceError | undefined {
  if (invoice.amount !== undefined || expected.allowAmountless) return undefined;
  return new InvoiceError(
    "amountless",
    "without an amount: the payer would have to choose it",
    "Make an invoice with an amount.",
  );
}

function timeProblem(invoice: Invoice, expected: InvoiceExpectations): InvoiceError | undefined {
  const left = invoice.expiresAt - expected.now;
  if (left <= 0) return new InvoiceError("expired", `expired ${duration(-left)} ago`, "Make a new invoice.");
  const needed = expected.minRemainingSeconds ?? 0;
  if (left < needed)
    return new InvoiceError(
      "expires-soon",
      `expires in ${duration(left)}, too soon: ${duration(needed)} are needed`,
      "Make a new invoice.",
    );
  return undefined;
}

const UNITS = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

function duration(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "second"];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
