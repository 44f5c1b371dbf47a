import { chacha20 } from "@noble/ciphers/chacha.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, type Msat, requireLength, u64, ValueError } from "../../common/index.js";
import { derivedPaymentSecret } from "./preimage.js";

/**
 * How the payment secret of a deputy invoice is made, so that the recipient's node takes the payment
 * (specs/07 §5).
 * - `derived`: from the terminal key; for nodes on which own software opens the final onion (lnd, Core Lightning)
 * - `ldk-user-payment-hash`: LDK's own construction; its two keys let their holder make payment secrets for
 *   hashes of its choice, and derive no preimage
 */
export type SecretScheme =
  | { readonly type: "derived" }
  | {
      readonly type: "ldk-user-payment-hash";
      /** 32 bytes. */
      readonly metadataKey: Uint8Array;
      /** 32 bytes. */
      readonly userPmtHashKey: Uint8Array;
    };

/** What a payment secret depends on. */
export interface SecretInput {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Encoded payment metadata, 33 bytes. */
  readonly metadata: Uint8Array;
  /** 0 when the invoice leaves the amount open. */
  readonly amount: Msat;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** 32 bytes. */
  readonly terminalKey: Uint8Array;
}

/** LDK's grace after the expiry of an invoice, which its verification takes as part of the secret. */
const LDK_GRACE_SECONDS = 7200;
/** "User payment hash": the payment hash was made outside LDK. In the top three bits of the amount. */
const LDK_METHOD = 1n;

/** The payment secret for an invoice, 32 bytes. @throws ValueError */
export function paymentSecret(scheme: SecretScheme, input: SecretInput): Uint8Array {
  if (scheme.type === "derived") return derivedPaymentSecret(input.terminalKey, input.metadata);
  return ldkPaymentSecret(scheme, input);
}

/** IV || ChaCha20(metadata key, IV, method and amount || expiry), as LDK 0.1 makes and checks it. */
function ldkPaymentSecret(
  keys: { readonly metadataKey: Uint8Array; readonly userPmtHashKey: Uint8Array },
  { paymentHash, amount, expiresAt }: SecretInput,
): Uint8Array {
  requireLength(keys.metadataKey, 32, "metadata key");
  requireLength(keys.userPmtHashKey, 32, "user payment hash key");
  requireLength(paymentHash, 32, "payment hash");
  if (amount >> 61n !== 0n) throw new ValueError("amount", "does not fit into 61 bits");
  const plain = concatBytes(
    u64((LDK_METHOD << 61n) | amount),
    u64(BigInt(expiresAt + LDK_GRACE_SECONDS), "expiry"),
  );
  const iv = hmac(sha256, keys.userPmtHashKey, concatBytes(plain, paymentHash)).slice(0, 16);
  // LDK's 16-byte nonce is a little-endian block counter, then the 12-byte nonce.
  const counter = new DataView(iv.buffer).getUint32(0, true);
  return concatBytes(iv, chacha20(keys.metadataKey, iv.subarray(4), plain, undefined, counter));
}
