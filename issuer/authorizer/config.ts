import { z } from "zod";
import type { Msat } from "../../common/msat.js";
import type { Rate } from "../../common/token-bucket.js";
import { DEFAULT_REQUEST_LIMITS } from "../../lightning/api/admission.js";
import { amount } from "../policy/schema.js";
import type { OfflineConfig } from "./offline-config.js";

const rate = (usual: Rate) =>
  z.strictObject({ perSecond: z.number().positive(), burst: z.number().min(1) }).default(usual);

/** What holds for the whole service, whatever a card's policy says. Every value has a default. */
export const authorizerConfigSchema = z.strictObject({
  /** Payments of the node reserved and not yet resolved, of all its processes; never more than it has HTLCs. */
  maxInFlight: z.int().min(1).max(1_000_000).default(1000),
  /** The same for one payee, of all nodes. */
  maxInFlightPerPayee: z.int().min(1).max(1_000_000).default(200),
  /** The same for one card, of all nodes. */
  maxInFlightPerCard: z.int().min(1).max(1_000_000).default(3),
  /** Of the places of all and of each payee, how many are kept for cards that have nothing in flight. */
  keptPlacesPercent: z.int().min(0).max(90).default(25),
  /** Routing fees of all cards in any 24 hours and 30 days at most. */
  maxFeesPer24h: amount.default(100_000_000n as Msat),
  maxFeesPer30d: amount.default(1_000_000_000n as Msat),
  /** Requests of one peer. */
  peerRate: rate(DEFAULT_REQUEST_LIMITS.ratePerPeer),
  /** New tokens and statuses of one card with a valid signature; repeats of each have the same rate, apart. */
  cardRate: rate({ perSecond: 1, burst: 10 }),
  /** Requests being worked on at once; more get no answer. */
  maxPending: z.int().min(1).default(DEFAULT_REQUEST_LIMITS.maxInFlight),
  /** How long a payment is waited for before the answer is "not known yet". */
  payTimeoutMs: z.int().min(10).default(30_000),
  /** How long a process may pay an authorization before another one takes it over. */
  leaseMs: z.int().min(1000).default(60_000),
  /** How long after its expiry an invoice is surely paid by no node any more. */
  expiryMarginMs: z.int().min(0).default(120_000),
  /** How old skipped counters must be before they are released to the card; publish it to merchants. */
  presentationAgeMs: z
    .int()
    .min(0)
    .default(24 * 3_600_000),
  /**
   * Longest time until an invoice expires: for so long at most its money is reserved when the node never learns what
   * became of the payment. Not below the forwarding window of offline terminals.
   */
  maxExpirySeconds: z.int().min(600).max(604_800).default(86_400),
  /** How far the time in a card's status may be from the issuer's clock. */
  statusSkewSeconds: z.int().min(1).default(600),
  /** Most authorizations in one database transaction. */
  maxBatch: z.int().min(1).max(1000).default(256),
});

/** What stands in the section `authorizer` of a configuration. */
export type AuthorizerSettings = z.output<typeof authorizerConfigSchema>;
export type AuthorizerConfig = AuthorizerSettings & {
  /** Absent: no terminal accepts the issuer's cards offline. */
  readonly offline?: OfflineConfig | undefined;
};
/** The same as it is written in a configuration: all is optional, amounts with their units. */
export type AuthorizerOptions = z.input<typeof authorizerConfigSchema>;
