import type { Lnd } from "./lnd.js";

/** A payment as lnd lists it. */
export interface SentPayment {
  readonly status: "IN_FLIGHT" | "SUCCEEDED" | "FAILED" | "INITIATED";
  readonly payment_preimage: string;
  readonly failure_reason: string;
  readonly htlcs: readonly {
    readonly status: string;
    readonly route: { readonly hops: readonly { readonly pub_key: string }[] };
    readonly failure: { readonly code: string; readonly failure_source_index: number } | null;
  }[];
}

/** What lnd is asked to pay; further fields are those of its `SendPaymentV2`. */
export type PaymentOrder = Readonly<Record<string, unknown>>;

/** Pays by lnd itself, without the adapter. @returns how it ended */
export async function payFrom(lnd: Lnd, order: PaymentOrder): Promise<SentPayment> {
  const body = {
    ...{ timeout_seconds: 60, fee_limit_msat: "100000", max_parts: 16, no_inflight_updates: true },
    ...order,
  };
  let last: SentPayment | undefined;
  for await (const payment of lnd.stream<SentPayment>({ method: "POST", path: "/v2/router/send", body }))
    last = payment;
  if (!last) throw new Error("lnd said nothing of the payment");
  return last;
}
