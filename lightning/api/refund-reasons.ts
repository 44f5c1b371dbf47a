import { SENTENCES } from "../../common/languages/spoken.js";

/** Why a refund to a card is refused. */
export interface RefundReason {
  /** u16 in TLV record 1 of `refund_answer`. */
  readonly code: number;
  /** Stable name, used in `--json`, in logs and in vectors. */
  readonly name: keyof typeof SENTENCES.refundRefusal | "unknown";
  /** One sentence for the merchant's screen: what happened and what to do next. */
  readonly merchant: string;
}

/** Codes (specs/08 §12). New ones are added; none is ever given another meaning. From 64 to 127: only "not now". */
export const REFUND_REASON = {
  UNKNOWN_SALE: 1,
  CARD_RETIRED: 2,
  CARD_CASHED_OUT: 3,
  ABOVE_SALE: 4,
  REFUND_OVER: 5,
  REFUND_DIFFERS: 6,
  TOO_MANY_REFUNDS: 7,
  BUSY: 64,
  SALE_IN_FLIGHT: 65,
  REFUNDS_OPEN: 66,
} as const;

const NAMES: ReadonlyMap<number, keyof typeof SENTENCES.refundRefusal> = new Map([
  [REFUND_REASON.UNKNOWN_SALE, "unknown-sale"],
  [REFUND_REASON.CARD_RETIRED, "card-retired"],
  [REFUND_REASON.CARD_CASHED_OUT, "card-cashed-out"],
  [REFUND_REASON.ABOVE_SALE, "above-sale"],
  [REFUND_REASON.REFUND_OVER, "refund-over"],
  [REFUND_REASON.REFUND_DIFFERS, "refund-differs"],
  [REFUND_REASON.TOO_MANY_REFUNDS, "too-many-refunds"],
  [REFUND_REASON.BUSY, "busy"],
  [REFUND_REASON.SALE_IN_FLIGHT, "sale-in-flight"],
  [REFUND_REASON.REFUNDS_OPEN, "refunds-open"],
]);

/** What a code means. An unknown one keeps its number. @param code 0..65535 */
export function describeRefundReason(code: number): RefundReason {
  const name = NAMES.get(code);
  return name
    ? { code, name, merchant: SENTENCES.refundRefusal[name] }
    : { code, name: "unknown", merchant: SENTENCES.unknownRefundRefusal(code) };
}

/** Every code once. */
export const refundReasons = (): readonly RefundReason[] => [...NAMES.keys()].map(describeRefundReason);
