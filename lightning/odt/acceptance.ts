import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes } from "../../common/bytes.js";
import type { NodeUri } from "../node-uri.js";
import type { OdtMessage } from "./message.js";

/** A sale that waits for an offline message. */
export interface OpenSale {
  /** Payment hash of its invoice, 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** What it waits for: the proof that a deputy invoice was paid, or a token with which to ask for payment. */
  readonly awaits: "preimage" | "token";
}

/** Why a message was not accepted. */
export type RefusalReason =
  | "unknown-type"
  /** No open sale waits for such a message. */
  | "no-open-sale"
  /** The preimage belongs to none of the open sales. */
  | "no-match"
  | "expired"
  /** A token names no sale, and more than one waits for a token. */
  | "ambiguous";

export type Acceptance<Sale extends OpenSale = OpenSale> =
  | { readonly accepted: true; readonly kind: "preimage"; readonly sale: Sale; readonly preimage: Uint8Array }
  | {
      readonly accepted: true;
      readonly kind: "token";
      readonly sale: Sale;
      readonly uri: NodeUri;
      readonly token: Uint8Array;
    }
  | { readonly accepted: false; readonly reason: RefusalReason };

const refused = (reason: RefusalReason): Acceptance<never> => ({ accepted: false, reason });

/**
 * Matches a message with the sale it belongs to (specs/06 §6). Decides and keeps nothing: the caller closes the sale
 * durably before it hands anything out, so that the same preimage finds no open sale the second time.
 * @param sales every open sale of this point of sale
 * @param now Unix seconds
 */
export function acceptMessage<Sale extends OpenSale>(
  message: OdtMessage,
  sales: readonly Sale[],
  now: number,
): Acceptance<Sale> {
  if (message.kind === "unknown") return refused("unknown-type");
  const awaits = message.kind === "preimage" ? "preimage" : "token";
  const waiting = sales.filter((sale) => sale.awaits === awaits);
  if (waiting.length === 0) return refused("no-open-sale");
  if (message.kind === "preimage") {
    const hash = sha256(message.preimage);
    const sale = waiting.find(({ paymentHash }) => equalBytes(paymentHash, hash));
    if (!sale) return refused("no-match");
    if (sale.expiresAt <= now) return refused("expired");
    return { accepted: true, kind: "preimage", sale, preimage: message.preimage };
  }
  const [sale, ...others] = waiting.filter(({ expiresAt }) => expiresAt > now);
  if (!sale) return refused("expired");
  // A token is sealed: only the payer's node can tell which invoice it is for. A wrong guess would use it up.
  if (others.length > 0) return refused("ambiguous");
  return { accepted: true, kind: "token", sale, uri: message.uri, token: message.token };
}
