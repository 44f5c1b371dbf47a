import { randomBytes } from "node:crypto";
import { addMsat, type Msat, msat, secp256k1, ValueError } from "../../common/index.js";
import type { Invoice, RouteHop } from "../bolt11/index.js";
import { FEATURE, hasFeature } from "../features.js";
import { chooseMedium, type OdtMedium } from "../odt/media.js";
import { buildOnion, encodeHopPayload, type OnionHop } from "../onion/index.js";

/** How a sender of draft-819 may pay an invoice (specs/07 §10.2). */
export type DraftPlan =
  | { readonly how: "deputy"; readonly medium: OdtMedium; readonly nonce: Uint8Array }
  | { readonly how: "regular" }
  | {
      readonly how: "refuse";
      readonly reason: "unsupported" | "no-common-medium" | "no-route-hint" | "no-nonce";
    };

/**
 * What the draft lets a sender do with an invoice. An invoice that says "optional" and lacks something is paid in
 * the regular way.
 * @param payer whether it supports deputy payment processing, and its own media in order of preference
 */
export function planDraftPayment(
  invoice: Invoice,
  payer: { readonly supported: boolean; readonly media: readonly OdtMedium[] },
): DraftPlan {
  const { features, routeHints, deputyNonce } = invoice;
  if (!hasFeature(features, FEATURE.draftDeputy)) return { how: "regular" };
  const required = features.has(FEATURE.draftDeputy);
  const without = (reason: (DraftPlan & { how: "refuse" })["reason"]): DraftPlan =>
    required ? { how: "refuse", reason } : { how: "regular" };
  if (!payer.supported) return without("unsupported");
  const { medium } = chooseMedium(features, payer.media, "draft-819");
  if (!medium) return without("no-common-medium");
  if (routeHints.length === 0) return without("no-route-hint");
  if (!deputyNonce) return without("no-nonce");
  return { how: "deputy", medium, nonce: deputyNonce };
}

/** A payment of draft-819, ready for `update_add_htlc` to the first hop. */
export interface DraftPayment {
  /** 1366 bytes. */
  readonly onion: Uint8Array;
  /** What the first HTLC carries, all fees included. */
  readonly amount: Msat;
  /** Block height at which the first HTLC expires. */
  readonly cltvExpiry: number;
}

export interface DraftRoute {
  /** Channels from the payer's first peer to the first node of the hint; none when that is the peer itself. */
  readonly lead: readonly RouteHop[];
  /** The route hint that is used, in whole. */
  readonly hint: readonly RouteHop[];
  /** Block height now. */
  readonly blockHeight: number;
  /** Only for an invoice that leaves the amount open. */
  readonly amount?: Msat;
  /** 32 bytes; default fresh random ones. */
  readonly sessionKey?: Uint8Array;
}

/**
 * Builds the payment: the `dpp` record lies in the payload of the last hop of the hint, which is the recipient node;
 * behind it comes the deputy, who does not exist.
 * @throws ValueError
 */
export function buildDraftPayment(invoice: Invoice, nonce: Uint8Array, route: DraftRoute): DraftPayment {
  const amount = invoice.amount ?? route.amount;
  if (amount === undefined) throw new ValueError("amount", "need one, the invoice has none");
  if (route.hint.length === 0) throw new ValueError("route hint", "need at least one hop");
  const hops = [...route.lead, ...route.hint];
  let htlc = { amount, cltv: route.blockHeight + invoice.minFinalCltv };
  const onionHops: OnionHop[] = [
    {
      nodeId: invoice.payee,
      payload: encodeHopPayload({
        amountToForward: amount,
        outgoingCltv: htlc.cltv,
        paymentData: { paymentSecret: invoice.paymentSecret, total: amount },
      }),
    },
  ];
  for (const [i, hop] of [...hops.entries()].reverse()) {
    const record = { nonce, invoiceAmount: invoice.amount ?? msat(0n) };
    onionHops.unshift({
      nodeId: hop.nodeId,
      payload: encodeHopPayload({
        amountToForward: htlc.amount,
        outgoingCltv: htlc.cltv,
        shortChannelId: hop.shortChannelId,
        ...(i === hops.length - 1 && { deputy: record }),
      }),
    });
    htlc = { amount: addMsat(htlc.amount, forwardingFee(hop, htlc.amount)), cltv: htlc.cltv + hop.cltvDelta };
  }
  const onion = buildOnion(onionHops, {
    sessionKey: route.sessionKey ?? freshSessionKey(),
    associatedData: invoice.paymentHash,
  });
  return { onion, amount: htlc.amount, cltvExpiry: htlc.cltv };
}

/** What a hop keeps for passing `amount` on (BOLT 7). */
const forwardingFee = (hop: RouteHop, amount: Msat): Msat =>
  msat(BigInt(hop.feeBase) + (amount * BigInt(hop.feeProportional)) / 1_000_000n);

function freshSessionKey(): Uint8Array {
  for (;;) {
    const key = randomBytes(32);
    if (secp256k1.isSecretKey(key)) return key;
  }
}
