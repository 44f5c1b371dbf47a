import type { Msat } from "../../common/index.js";
import type { KnownAuthorization } from "./facts.js";

/** What shall happen to a claim. Only `reserve` leads to a payment. */
export type Decision =
  /** Seen before: the outcome of then counts. */
  | { readonly kind: "known"; readonly known: KnownAuthorization }
  /** Not now, or not with this token: nothing is recorded, the counter stays unseen. */
  | { readonly kind: "refuse"; readonly reason: number }
  /** Refused for good: the counter is void, the amount given back to the card. */
  | { readonly kind: "void"; readonly reason: number }
  /** Against what the card signed before: the card is blocked and the token kept. */
  | { readonly kind: "contradiction"; readonly words: string; readonly reason: number }
  | { readonly kind: "reserve"; readonly maxFee: Msat; readonly maxCltv: number };
