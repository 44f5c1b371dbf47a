import { randomBytes } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { requireLength, ValueError } from "../../common/index.js";
import { encodeInvoice, type RouteHop } from "../bolt11/index.js";
import {
  amountField,
  type DeputyInvoice,
  expiryField,
  type SaleRequest,
  type Surroundings,
  systemTime,
} from "../dpp/invoice.js";
import { FEATURE, featureBits } from "../features.js";
import type { Network } from "../network.js";
import { mediumBits, type OdtMedium } from "../odt/media.js";
import { draftPreimage } from "./preimage.js";

/** What a point of sale of draft-819 shares with its recipient (specs/07 §10.1). */
export interface DraftProfile {
  readonly network: Network;
  /** Secret key of the deputy, 32 bytes. */
  readonly payeeKey: Uint8Array;
  /** At least one; the last hop of each starts at the recipient node. */
  readonly routeHints: readonly (readonly RouteHop[])[];
  /** Any bytes; a short one can be searched offline from one paid invoice. */
  readonly sharedSecret: Uint8Array;
  readonly minFinalCltv: number;
  /** Bit 22 when payers must use deputy payment processing, else 23. */
  readonly required: boolean;
  /** At least one: the point of sale must be ready to receive on all of them. */
  readonly media: readonly OdtMedium[];
}

/**
 * Makes an invoice to the letter of the draft: nonce in field `0`, bit 22 or 23, media bits. The payment secret,
 * which the draft's time did not demand, is random and never checked.
 * @throws ValueError, DeputyError `amountless`
 */
export function makeDraftInvoice(
  profile: DraftProfile,
  request: SaleRequest,
  { now = systemTime, random = randomBytes }: Surroundings = {},
): DeputyInvoice {
  if (profile.routeHints.length === 0) throw new ValueError("route hints", "need at least one");
  if (profile.media.length === 0) throw new ValueError("media", "need at least one");
  const amount = amountField(request);
  const expirySeconds = expiryField(request);
  const createdAt = now();
  const nonce = random(32);
  requireLength(nonce, 32, "nonce");
  const paymentHash = sha256(draftPreimage(profile.sharedSecret, nonce, amount));
  const invoice = encodeInvoice(
    { network: profile.network, amount: request.amount, timestamp: createdAt },
    {
      paymentHash,
      paymentSecret: random(32),
      description: request.description,
      expirySeconds,
      minFinalCltv: profile.minFinalCltv,
      features: featureBits(
        FEATURE.varOnion,
        FEATURE.paymentSecret,
        FEATURE.draftDeputy + (profile.required ? 0 : 1),
        ...mediumBits(profile.media, "draft-819"),
      ),
      routeHints: profile.routeHints,
      deputyNonce: nonce,
    },
    profile.payeeKey,
  );
  return {
    invoice,
    paymentHash,
    amount: request.amount,
    description: request.description,
    createdAt,
    expiresAt: createdAt + expirySeconds,
  };
}
