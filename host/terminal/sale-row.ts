import { msat } from "../../common/msat.js";
import { parseInitiation } from "../../lightning/api/initiation.js";
import { parseCart } from "./cart.js";
import type { CancelReason, Refund, Sale, SaleState } from "./sale.js";

/** A sale as the file keeps it. */
export interface SaleRow {
  number: bigint;
  amount: bigint;
  description: string;
  fiat: string | null;
  invoice: string;
  invoice_of: Sale["invoiceOf"];
  invoice_until: bigint | null;
  payment_hash: Buffer;
  created_at: bigint;
  expires_at: bigint;
  state: SaleState;
  cancel_reason: CancelReason | null;
  reason_code: bigint | null;
  token: Buffer | null;
  node_uri: string | null;
  initiation: string;
  paid_at: bigint | null;
  received: bigint | null;
  refund_invoice: string | null;
  refund_amount: bigint | null;
  refund_state: Refund["state"] | null;
  refund_to: Refund["to"];
  refund_id: Buffer | null;
  accepted_at: bigint | null;
  /** JSON of {@link SoldCart}. */
  cart: string | null;
}

/** Row numbers and times fit a double; amounts never pass here. */
export const seconds = (value: bigint): number => Number.parseInt(value.toString(), 10);

export function toSale(row: SaleRow): Sale {
  return {
    number: seconds(row.number),
    amount: msat(row.amount, "amount"),
    description: row.description,
    fiat: row.fiat ?? undefined,
    invoice: row.invoice,
    invoiceOf: row.invoice_of,
    paymentHash: Uint8Array.from(row.payment_hash),
    createdAt: seconds(row.created_at),
    expiresAt: seconds(row.expires_at),
    invoiceUntil: seconds(row.invoice_until ?? row.expires_at),
    state: row.state,
    cancelReason: row.cancel_reason ?? undefined,
    reasonCode: row.reason_code === null ? undefined : seconds(row.reason_code),
    token: row.token === null ? undefined : Uint8Array.from(row.token),
    nodeUri: row.node_uri ?? undefined,
    initiation: parseInitiation(row.initiation),
    paidAt: row.paid_at === null ? undefined : seconds(row.paid_at),
    received: row.received === null ? undefined : msat(row.received, "received"),
    refund:
      row.refund_invoice === null || row.refund_amount === null || row.refund_state === null
        ? undefined
        : {
            invoice: row.refund_invoice,
            amount: msat(row.refund_amount),
            state: row.refund_state,
            to: row.refund_to,
          },
    acceptedAt: row.accepted_at === null ? undefined : seconds(row.accepted_at),
    cart: row.cart === null ? undefined : parseCart(row.cart),
    refundId: row.refund_id === null ? undefined : Uint8Array.from(row.refund_id),
  };
}
