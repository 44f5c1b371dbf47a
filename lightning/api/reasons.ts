import { SENTENCES } from "../../common/languages/spoken.js";
import { type LoggedReason, REASONS, reasonForLog } from "./reason-codes.js";

export { isTemporaryReason, REASON } from "./reason-codes.js";

/** Why a payment was rejected, in the words of both ends. */
export interface RejectReason extends LoggedReason {
  /** One sentence for the merchant's screen: what happened and what to do next. */
  readonly merchant: string;
}

/** Every code once. */
export const rejectReasons = (): readonly RejectReason[] => REASONS.map(({ code }) => describeReason(code));

/**
 * What a reason code means. An unknown code keeps its number; no code at all has a sentence of its own.
 * @param code 0..65535, or undefined when the peer gave none
 */
export function describeReason(code: number | undefined): RejectReason {
  const { name, ...rest } = reasonForLog(code);
  const merchant = name === "unknown" ? SENTENCES.unknownReject(rest.code) : SENTENCES.reject[name];
  return { ...rest, name, merchant };
}
