import { type Msat, ParseError } from "../../common/index.js";
import { decodeHopPayload, type PeeledOnion, peelOnion } from "../onion/index.js";
import type { DeputyHtlc } from "./decide.js";
import type { ModernProof } from "./terms.js";

/** An HTLC as a node gets it from its peer. */
export interface IncomingHtlc {
  /** See {@link DeputyHtlc}. */
  readonly id: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  readonly amount: Msat;
  /** Block height. */
  readonly cltvExpiry: number;
  /** 1366 bytes. */
  readonly onion: Uint8Array;
}

/** A payment's HTLC as the deputy reads it. */
export interface OpenedDeputyHtlc {
  readonly htlc: DeputyHtlc;
  readonly proof: ModernProof;
}

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
): OpenedDeputyHtlc {
  return readDeputyHtlc(peelOnion(htlc.onion, deputyKey, htlc.paymentHash), htlc, blockHeight);
}

/** {@link openDeputyHtlc} of an onion that is peeled already. @throws ParseError: fail it as the deputy */
export function readDeputyHtlc(
  { payload, next }: Pick<PeeledOnion, "payload" | "next">,
  htlc: Omit<IncomingHtlc, "onion">,
  blockHeight: number,
): OpenedDeputyHtlc {
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
