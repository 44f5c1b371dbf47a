import type { Msat } from "../../common/msat.js";
import type { GuaranteeCause } from "../store/schema.js";
import type { KnownAuthorization } from "./facts.js";
import type { LimitsRow } from "./limits.js";

/** What becomes of an authorization. Only `reserve` leads to a payment; one with a reason is rejected with it. */
export type Decision =
  /** Seen before: the decision of then counts. */
  | { readonly kind: "known"; readonly known: KnownAuthorization }
  /** Not now, or not with this token: nothing is recorded, the counter stays unseen. */
  | { readonly kind: "refuse"; readonly reason: number }
  /** Refused for good: the counter is void, the amount released to the card. */
  | { readonly kind: "void"; readonly reason: number }
  /** Against what the card signed before: the card is blocked and the token kept. */
  | { readonly kind: "contradiction"; readonly words: string; readonly reason: number }
  | {
      readonly kind: "reserve";
      /** Whose services pay it: this process's, but for a payment that another node has made already. */
      readonly node: bigint;
      /** Of the routing; counted in the budgets of fees until the payment is resolved. */
      readonly maxFee: Msat;
      /** What of it the card has to have: all where the card bears the fee, else 0. */
      readonly held: Msat;
      /** Whose budget of fees, or money, allows less than the policy's allowance for this amount. */
      readonly feeShortOf: "card" | "issuer" | undefined;
      readonly maxCltv: number;
      /** Why the issuer lends the card the whole amount; absent: the card pays by itself. */
      readonly guaranteed?: GuaranteeCause | undefined;
      /**
       * Whether a payment that fails is tried again until its invoice expires: the payee's terminals accept offline, so
       * the goods are gone.
       */
      readonly isRetried: boolean;
      /** What all cards owe with it; only where it is guaranteed. */
      readonly owed?: bigint | undefined;
    };

/** A decision that is durable. */
export interface Recorded {
  readonly decision: Decision;
  /** The update that the card has yet to get, if any. */
  readonly pending: LimitsRow | undefined;
  /** What is left for the card, where its policy lets readers know and the payment is not refused. */
  readonly left?: Msat | undefined;
  /** When it was decided for the card, Unix milliseconds. */
  readonly decidedAt: bigint;
  /** Of a contradiction: that it is a new one, or that the card was blocked for it now. */
  readonly isNews?: boolean;
  /** That this process has paid it since, and settled it. */
  readonly isPaid?: boolean;
}
