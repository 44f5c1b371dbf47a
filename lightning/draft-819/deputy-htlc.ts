import { ParseError } from "../../common/index.js";
import type { DeputyHtlc } from "../dpp/decide.js";
import type { ModernProof } from "../dpp/terms.js";
import { decodeHopPayload, peelOnion } from "./onion/index.js";
import type { IncomingHtlc } from "./recipient.js";

/**
 * Opens the final onion of a modern deputy payment, for a node that would pass it on to the deputy: lnd's
 * interceptor, Core Lightning's `htlc_accepted` (specs/07 §9.1). The deputy's secret key is the recipient's.
 * @param htlc as the deputy would get it: with the onion that the recipient's node peeled for it
 * @param deputyKey secret key of the payee, 32 bytes
 * @param blockHeight now
 * @throws OnionError, ParseError: the HTLC is not the deputy's, fail it or let it pass
 */
export function openDeputyHtlc(
  htlc: IncomingHtlc,
  deputyKey: Uint8Array,
  blockHeight: number,
): { readonly htlc: DeputyHtlc; readonly proof: ModernProof } {
  const { payload, next } = peelOnion(htlc.onion, deputyKey, htlc.paymentHash);
  if (next) throw new ParseError("onion", "goes on behind the deputy, who is the end of every route");
  const { paymentData, paymentMetadata, amountToForward, outgoingCltv } = decodeHopPayload(payload, "modern");
  if (!paymentData) throw new ParseError("payload/payment data", "missing");
  if (htlc.amount < amountToForward)
    throw new ParseError("payload/amount to forward", "more than arrived with the HTLC");
  if (htlc.cltvExpiry < outgoingCltv)
    throw new ParseError("payload/outgoing cltv", "later than the HTLC expires");
  return {
    htlc: {
      id: htlc.id,
      paymentHash: htlc.paymentHash,
      amount: htlc.amount,
      total: paymentData.total,
      blocksLeft: htlc.cltvExpiry - blockHeight,
    },
    proof: { metadata: paymentMetadata, paymentSecret: paymentData.paymentSecret },
  };
}
