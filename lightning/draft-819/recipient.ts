import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, type Msat } from "../../common/index.js";
import type { DeputyHtlc } from "../dpp/decide.js";
import type { IncomingHtlc } from "../dpp/deputy-htlc.js";
import type { Recompute } from "../dpp/recipient.js";
import type { Recomputed } from "../dpp/terms.js";
import { type DeputyRecord, decodeHopPayload, peelOnion } from "../onion/index.js";
import { draftPreimage } from "./preimage.js";

/** What a node of draft-819 makes of an HTLC (specs/07 §10.3). */
export type DraftHop =
  | { readonly role: "recipient"; readonly htlc: DeputyHtlc; readonly record: DeputyRecord }
  | {
      readonly role: "forward";
      readonly shortChannelId: bigint;
      readonly amount: Msat;
      readonly outgoingCltv: number;
      readonly onion: Uint8Array;
    }
  | { readonly role: "destination" };

/**
 * Opens an HTLC's onion under the rules of draft-819: with a `dpp` record this node is the recipient, whatever channel
 * the payload names; otherwise it forwards or is the destination.
 * @param nodeKey secret key of the node, 32 bytes
 * @param blockHeight now
 * @throws OnionError, ParseError: fail the HTLC
 */
export function openDraftHtlc(htlc: IncomingHtlc, nodeKey: Uint8Array, blockHeight: number): DraftHop {
  const { payload, next } = peelOnion(htlc.onion, nodeKey, htlc.paymentHash);
  const { deputy, shortChannelId, amountToForward, outgoingCltv } = decodeHopPayload(payload, "draft-819");
  if (deputy)
    return {
      role: "recipient",
      record: deputy,
      htlc: {
        id: htlc.id,
        paymentHash: htlc.paymentHash,
        amount: htlc.amount,
        total: undefined,
        blocksLeft: htlc.cltvExpiry - blockHeight,
      },
    };
  if (!next || shortChannelId === undefined) return { role: "destination" };
  return { role: "forward", shortChannelId, amount: amountToForward, outgoingCltv, onion: next };
}

/** Recomputes the terms of a draft-819 payment from the hop record (specs/07 §10.3). */
function draftTerms(
  sharedSecret: Uint8Array,
  paymentHash: Uint8Array,
  record: DeputyRecord | undefined,
): Recomputed {
  if (!record) return "no-metadata";
  const preimage = draftPreimage(sharedSecret, record.nonce, record.invoiceAmount);
  if (!equalBytes(sha256(preimage), paymentHash)) return "not-our-hash";
  return { preimage, amount: record.invoiceAmount, expiresAt: undefined };
}

/** For a DeputyRecipient. @param sharedSecret of point of sale and recipient, any length */
export const recomputeDraft =
  (sharedSecret: Uint8Array): Recompute<DeputyRecord | undefined> =>
  (paymentHash, record) =>
    draftTerms(sharedSecret, paymentHash, record);
