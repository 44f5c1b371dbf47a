import { CodedError } from "../../common/errors.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import type { Msat } from "../../common/msat.js";
import type { Initiation } from "../../lightning/api/initiation.js";
import type { SoldCart } from "./cart.js";

/**
 * Where a sale stands. `open`: it may still be paid. `cancelling`: the merchant gave it up, and the node has not
 * yet confirmed that it cannot be paid any more. `accepted`: handed out without a connection, and neither paid nor refused
 * yet (specs/09 §4). `paid`, `cancelled` and `refused`, which is a sale that had been accepted, are final.
 */
export type SaleState = "open" | "cancelling" | "accepted" | "paid" | "cancelled" | "refused";

/** Whether nothing becomes of a sale any more. */
export const isFinal = ({ state }: Pick<Sale, "state">): boolean =>
  state === "paid" || state === "cancelled" || state === "refused";

/** Why a sale was given up. */
export type CancelReason =
  | "merchant"
  | "expired"
  /** The payer's node rejected; `reasonCode` is its code (specs/08 §5). */
  | "rejected";

/** Money that went back for a paid sale. */
export interface Refund {
  /** BOLT 11 invoice that the customer gave, or the node of the card. */
  readonly invoice: string;
  readonly amount: Msat;
  /** `card`: to the account of the card that paid. */
  readonly to: "invoice" | "card";
  readonly state: "pending" | "paid";
}

/** One sale as the terminal keeps it. */
export interface Sale {
  /** 1, 2, 3 ... on this terminal. */
  readonly number: number;
  readonly amount: Msat;
  readonly description: string;
  /** What it was made of, where it was more than an amount. */
  readonly cart?: SoldCart | undefined;
  /** What the customer saw in another currency, for the receipt: `3.50 EUR`. */
  readonly fiat: string | undefined;
  readonly invoice: string;
  /** Who asks for the money: the merchant's node, which can cancel it, or its deputy (specs/09 §5). */
  readonly invoiceOf: "node" | "deputy";
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Unix seconds. */
  readonly createdAt: number;
  /** When the sale is given up unless it is paid or accepted, Unix seconds. */
  readonly expiresAt: number;
  /** Until when its invoice can be paid, Unix seconds. */
  readonly invoiceUntil: number;
  readonly state: SaleState;
  readonly cancelReason: CancelReason | undefined;
  readonly reasonCode: number | undefined;
  /** Authorization token of the card that was tapped last, 149 bytes. */
  readonly token: Uint8Array | undefined;
  /** Node URI of that card: untrusted. */
  readonly nodeUri: string | undefined;
  /** How far the payment was asked for. */
  readonly initiation: Initiation;
  /** Unix seconds. */
  readonly paidAt: number | undefined;
  readonly received: Msat | undefined;
  readonly refund: Refund | undefined;
  /** When it was accepted without a connection, Unix seconds; undefined: it never was. */
  readonly acceptedAt: number | undefined;
  /** Under which a refund to the card was last asked for, 16 bytes. */
  readonly refundId: Uint8Array | undefined;
}

export type SaleErrorCode =
  | "not-found"
  /** The sale is final, or not yet: it does not allow this. */
  | "wrong-state"
  | "bad-refund"
  /** Another terminal process uses the file. */
  | "locked"
  | "newer-version"
  | "damaged"
  | "io";

/** A sale cannot do this; nothing was changed. */
export class SaleError extends CodedError<SaleErrorCode> {}

/** Another refund of the sale stands: there is one for each. */
export function alreadyStarted({ number, refund }: Sale): SaleError {
  const hint =
    refund?.state === "paid"
      ? TERMINAL.refusal.refundIsPaid
      : refund?.to === "card"
        ? TERMINAL.refusal.finishCard(`chequecard terminal refund ${number}`)
        : TERMINAL.refusal.finishInvoice;
  return new SaleError("wrong-state", TERMINAL.refusal.refundStarted(number), { hint });
}
