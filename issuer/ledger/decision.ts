import type { Msat } from "../../common/index.js";
import type { KnownAuthorization } from "./facts.js";

/** What shall happen to a claim. Only `reserve` leads to a payment. */
export type Decision =
  /** Seen before: the outcome of then counts. */
  | { readonly kind: "known"; readonly known: KnownAuthorization }
  /** Not now, or not with this token: nothing is recorded, the counter stays unseen. */
  | { readonly kind: "refuse"; readonly reason: number }
  /** Refused for good: the counter is void, the amount released to the card. */
  | { readonly kind: "void"; readonly reason: number }
  /** Against what the card signed before: the card is blocked and the token kept. */
  | { readonly kind: "contradiction"; readonly words: string; readonly reason: number }
  | {
      readonly kind: "reserve";
      /** Of the routing; counted in the budgets of fees until the payment is resolved. */
      readonly maxFee: Msat;
      /** What of it the card has to have: all where the card bears the fee, else 0. */
      readonly held: Msat;
      /** Whose budget of fees, or money, allows less than the policy's allowance for this amount. */
      readonly feeShortOf: "card" | "issuer" | undefined;
      readonly maxCltv: number;
    };
