import { randomBytes } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Msat, requireLength, ValueError } from "../../common/index.js";
import { encodeInvoice } from "../bolt11/index.js";
import { FEATURE, featureBits } from "../features.js";
import { mediumBits } from "../odt/media.js";
import { DeputyError } from "./errors.js";
import { encodeMetadata } from "./metadata.js";
import { paymentSecret } from "./payment-secret.js";
import { deputyPreimage } from "./preimage.js";
import type { DeputyProfile } from "./profile.js";

/** What is sold. */
export interface SaleRequest {
  /** Absent: the payer chooses; refused unless `allowAmountless`. */
  readonly amount?: Msat;
  readonly allowAmountless?: boolean;
  /** At most 639 bytes of UTF-8. */
  readonly description: string;
  /** Default {@link DEFAULT_SALE_SECONDS}. At most a day. */
  readonly expirySeconds?: number;
  /** For a sale that is accepted offline: it may live for the forwarding window, at most 7 days (specs/09 §5). */
  readonly acceptedOffline?: boolean;
}

/** Where time and randomness come from; the defaults are the system's. */
export interface Surroundings {
  /** Unix seconds. */
  readonly now?: () => number;
  readonly random?: (length: number) => Uint8Array;
}

/** An invoice that a point of sale has made. The preimage is not in it, and is kept nowhere. */
export interface DeputyInvoice {
  /** Canonical lower-case string. */
  readonly invoice: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Undefined: the payer chooses. */
  readonly amount: Msat | undefined;
  readonly description: string;
  /** Unix seconds. */
  readonly createdAt: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** A customer stands at the counter: ten minutes. */
export const DEFAULT_SALE_SECONDS = 600;
const MAX_SALE_SECONDS = 86_400;
/** A token has to be forwarded before. */
const MAX_WINDOW_SECONDS = 604_800;

/** Unix seconds by the system's clock. */
export const systemTime = (): number => Math.floor(Date.now() / 1000);

/** The amount as preimage and metadata hold it: 0 when it is left open. @throws DeputyError `amountless` */
export function amountField(request: SaleRequest): Msat {
  if (request.amount === 0n) throw new ValueError("amount", "need at least 1 msat, or none at all");
  if (request.amount !== undefined) return request.amount;
  if (!request.allowAmountless)
    throw new DeputyError("amountless", "the sale has no amount, so that it could be paid with 1 msat", {
      hint: "Give an amount, or ask for an open one expressly.",
    });
  return 0n as Msat;
}

/** Seconds that a sale is open. @throws ValueError */
export function expiryField(request: SaleRequest): number {
  const seconds = request.expirySeconds ?? DEFAULT_SALE_SECONDS;
  const most = request.acceptedOffline ? MAX_WINDOW_SECONDS : MAX_SALE_SECONDS;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > most)
    throw new ValueError("expiry", `need 1 to ${most} seconds, have ${seconds}`);
  return seconds;
}

/**
 * Makes an invoice of the modern profile: no node, no network, one signature (specs/07 §4).
 * @throws ValueError, DeputyError `amountless`
 */
export function makeDeputyInvoice(
  profile: DeputyProfile,
  request: SaleRequest,
  { now = systemTime, random = randomBytes }: Surroundings = {},
): DeputyInvoice {
  const amount = amountField(request);
  const expirySeconds = expiryField(request);
  const createdAt = now();
  const expiresAt = createdAt + expirySeconds;
  const nonce = random(16);
  requireLength(nonce, 16, "nonce");
  const { keyId, terminalKey } = profile;
  const metadata = encodeMetadata({ keyId, nonce, amount, expiresAt });
  const paymentHash = sha256(deputyPreimage(terminalKey, metadata));
  const secret = paymentSecret(profile.secretScheme, {
    paymentHash,
    metadata,
    amount,
    expiresAt,
    terminalKey,
  });
  const invoice = encodeInvoice(
    { network: profile.network, amount: request.amount, timestamp: createdAt },
    {
      paymentHash,
      paymentSecret: secret,
      description: request.description,
      expirySeconds,
      minFinalCltv: profile.minFinalCltv,
      features: featureBits(
        FEATURE.varOnion,
        FEATURE.paymentSecret,
        ...(profile.multiPart ? [FEATURE.basicMpp + 1] : []),
        FEATURE.paymentMetadata,
        ...mediumBits(profile.media, "modern"),
      ),
      metadata,
      routeHints: profile.routeHints,
    },
    profile.payeeKey,
  );
  return {
    invoice,
    paymentHash,
    amount: request.amount,
    description: request.description,
    createdAt,
    expiresAt,
  };
}
