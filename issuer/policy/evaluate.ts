import type { Msat } from "../../common/msat.js";
import { withinHours } from "./hours.js";
import type { Policy } from "./schema.js";

/** A payment as a policy sees it. */
export interface PolicyQuestion {
  readonly amount: Msat;
  readonly pinVerified: boolean;
  /** Node id of the payee, lower-case hex. */
  readonly payee: string;
  readonly amountless: boolean;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** Blocks that the payee asks for at the end of the route. */
  readonly minFinalCltv: number;
  /** Issuer's clock, Unix milliseconds. */
  readonly now: number;
  /** Reserved and settled before this payment. */
  readonly spent24h: Msat;
  readonly spent30d: Msat;
}

export type PolicyRefusal =
  | "amountless"
  | "expires-soon"
  | "payee-not-allowed"
  | "outside-hours"
  | "below-min-per-transaction"
  | "above-max-per-transaction"
  | "pin-required"
  | "above-24h"
  | "above-30d"
  | "cltv-too-long";

/** The first rule that a payment breaks, in a fixed order; undefined when it may be paid (specs/03 §5). */
export function evaluatePolicy(policy: Policy, question: PolicyQuestion): PolicyRefusal | undefined {
  const { amount } = question;
  if (question.amountless && !policy.allowAmountless) return "amountless";
  if (question.expiresAt - question.now < policy.minRemainingSeconds * 1000) return "expires-soon";
  if (policy.allowedPayees && !policy.allowedPayees.includes(question.payee)) return "payee-not-allowed";
  if (!withinHours(policy, question.now)) return "outside-hours";
  if (amount < policy.minPerTransaction) return "below-min-per-transaction";
  if (policy.maxPerTransaction !== undefined && amount > policy.maxPerTransaction)
    return "above-max-per-transaction";
  if (policy.pinRequiredAbove !== undefined && amount > policy.pinRequiredAbove && !question.pinVerified)
    return "pin-required";
  if (policy.maxPer24h !== undefined && question.spent24h + amount > policy.maxPer24h) return "above-24h";
  if (policy.maxPer30d !== undefined && question.spent30d + amount > policy.maxPer30d) return "above-30d";
  if (question.minFinalCltv > policy.maxTotalCltv) return "cltv-too-long";
  return undefined;
}

/** The policy's allowance: the most routing fee that a payment of `amount` may cost; fractions of a msat are dropped. */
export function maxFee(policy: Policy, amount: Msat): Msat {
  return (policy.maxFee.base + (amount * BigInt(policy.maxFee.ppm)) / 1_000_000n) as Msat;
}
