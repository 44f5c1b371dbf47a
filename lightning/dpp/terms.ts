import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, type Msat } from "../../common/index.js";
import { decodeMetadata } from "./metadata.js";
import { deputyPreimage, derivedPaymentSecret } from "./preimage.js";
import type { RefusalReason } from "./refusals.js";

/** What a deputy payment must keep to, recomputed by the recipient from what came with it. */
export interface DeputyTerms {
  /** 32 bytes; settles the payment, so it goes nowhere but into the claim. */
  readonly preimage: Uint8Array;
  /** What the invoice asks for; 0 when it left the amount open. */
  readonly amount: Msat;
  /** Unix seconds; undefined in draft-819, where the payment does not carry it. */
  readonly expiresAt: number | undefined;
}

/** Terms, or the reason why there are none. */
export type Recomputed = DeputyTerms | RefusalReason;

/** The terminals that a recipient knows and has not revoked. */
export interface DeputyKeys {
  /** @param keyId 4 bytes; @returns the terminal's key, 32 bytes, or undefined */
  terminalKey(keyId: Uint8Array): Uint8Array | undefined;
}

/** What the final onion of a modern deputy payment held. */
export interface ModernProof {
  readonly metadata: Uint8Array | undefined;
  /**
   * The payment secret, 32 bytes, where the node leaves it to this project to check it (scheme `derived`);
   * absent where the node has checked it itself (LDK).
   */
  readonly paymentSecret?: Uint8Array;
}

/** Recomputes the terms of a payment of the modern profile (specs/07 §9). The clock is not read. */
export function modernTerms(keys: DeputyKeys, paymentHash: Uint8Array, proof: ModernProof): Recomputed {
  if (!proof.metadata) return "no-metadata";
  const metadata = readMetadata(proof.metadata);
  if (!metadata) return "malformed-metadata";
  const key = keys.terminalKey(metadata.keyId);
  if (!key) return "unknown-terminal";
  const preimage = deputyPreimage(key, proof.metadata);
  if (!equalBytes(sha256(preimage), paymentHash)) return "not-our-hash";
  if (proof.paymentSecret && !equalBytes(proof.paymentSecret, derivedPaymentSecret(key, proof.metadata)))
    return "wrong-payment-secret";
  return { preimage, amount: metadata.amount, expiresAt: metadata.expiresAt };
}

function readMetadata(bytes: Uint8Array) {
  try {
    return decodeMetadata(bytes);
  } catch {
    return undefined;
  }
}
