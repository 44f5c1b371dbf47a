/**
 * What lnd's messages look like here, as far as they are used: the messages of `protos/`, with 64-bit integers as
 * decimal text, bytes as Buffer, enumerations by name. A field that lnd leaves out has its default.
 */

/** What a call asks for and what it answers; of a stream, each message of it. */
interface Call<Request, Response> {
  readonly request: Request;
  readonly response: Response;
}

export interface GetInfoResponse {
  /** Hex. */
  readonly identity_pubkey: string;
  readonly alias: string;
  readonly block_height: number;
  readonly synced_to_chain: boolean;
  /** `pubkey@host:port` of what lnd announces. */
  readonly uris: readonly string[];
  /** Such as `0.21.1-beta commit=v0.21.1-beta`. */
  readonly version: string;
  readonly chains: readonly { readonly network: string }[];
  readonly require_htlc_interceptor: boolean;
  readonly store_final_htlc_resolutions: boolean;
}

interface ChannelConstraints {
  readonly chan_reserve_sat: string;
  readonly max_accepted_htlcs: number;
}

export interface LndChannel {
  readonly active: boolean;
  readonly remote_pubkey: string;
  readonly channel_point: string;
  readonly chan_id: string;
  readonly local_balance: string;
  readonly remote_balance: string;
  readonly pending_htlcs: readonly { readonly incoming: boolean; readonly hash_lock: Buffer }[];
  readonly local_constraints: ChannelConstraints | null;
  readonly remote_constraints: ChannelConstraints | null;
}

interface ClosingChannel {
  readonly channel: { readonly remote_node_pub: string } | null;
}

interface PendingChannelsResponse {
  readonly pending_force_closing_channels: readonly ClosingChannel[];
  readonly waiting_close_channels: readonly ClosingChannel[];
}

export interface ClosedChannel {
  readonly chan_id: string;
  readonly close_height: number;
  /** What became of each output, by type and outcome; the transaction that spent it, hex. */
  readonly resolutions: readonly {
    readonly resolution_type: string;
    readonly outcome: string;
    readonly sweep_txid: string;
  }[];
}

/** A transaction of lnd's wallet. */
interface WalletTransaction {
  /** Hex. */
  readonly tx_hash: string;
  readonly num_confirmations: number;
}

export interface LndInvoice {
  readonly r_preimage: Buffer;
  readonly r_hash: Buffer;
  /** Unix seconds. */
  readonly creation_date: string;
  readonly settle_date: string;
  /** Seconds. */
  readonly expiry: string;
  readonly settle_index: string;
  readonly amt_paid_msat: string;
  readonly state: "OPEN" | "SETTLED" | "CANCELED" | "ACCEPTED";
  readonly value_msat: string;
}

export interface LndAttempt {
  readonly status: "IN_FLIGHT" | "SUCCEEDED" | "FAILED";
  readonly route: {
    /** Block height at which the first HTLC of the way expires. */
    readonly total_time_lock: number;
    readonly hops: readonly { readonly chan_id: string; readonly pub_key: string }[];
  } | null;
  readonly attempt_time_ns: string;
  readonly attempt_id: string;
}

export interface LndPayment {
  /** Hex. */
  readonly payment_hash: string;
  readonly payment_preimage: string;
  readonly value_msat: string;
  readonly status: "UNKNOWN" | "IN_FLIGHT" | "SUCCEEDED" | "FAILED" | "INITIATED";
  readonly fee_msat: string;
  readonly creation_time_ns: string;
  readonly htlcs: readonly LndAttempt[];
  readonly payment_index: string;
  readonly failure_reason: string;
}

interface LndCustomMessage {
  readonly peer: Uint8Array;
  readonly type: number;
  readonly data: Uint8Array;
}

export interface CircuitKey {
  readonly chan_id: string;
  readonly htlc_id: string;
}

/** An HTLC that lnd holds until there is a decision. */
export interface InterceptedHtlc {
  readonly incoming_circuit_key: CircuitKey | null;
  readonly payment_hash: Buffer;
  readonly outgoing_amount_msat: string;
  readonly outgoing_expiry: number;
  readonly incoming_amount_msat: string;
  readonly incoming_expiry: number;
  readonly outgoing_requested_chan_id: string;
  /** Peeled for the next hop, 1366 bytes. */
  readonly onion_blob: Buffer;
  readonly auto_fail_height: number;
}

export interface HtlcDecision {
  readonly incoming_circuit_key: CircuitKey;
  readonly action: "SETTLE" | "FAIL" | "RESUME";
  readonly preimage?: Uint8Array;
  readonly failure_message?: Uint8Array;
  readonly failure_code?: string;
}

export interface HtlcEvent {
  readonly incoming_channel_id: string;
  readonly incoming_htlc_id: string;
  readonly event_type: "UNKNOWN" | "SEND" | "RECEIVE" | "FORWARD";
  readonly settle_event?: { readonly preimage: Buffer };
  readonly subscribed_event?: object;
  readonly final_htlc_event?: { readonly settled: boolean; readonly offchain: boolean };
}

type Empty = Readonly<Record<string, never>>;

/** Calls with one answer. */
export interface UnaryCalls {
  "lnrpc.State/GetState": Call<Empty, { readonly state: string }>;
  "lnrpc.Lightning/GetInfo": Call<Empty, GetInfoResponse>;
  "lnrpc.Lightning/ListChannels": Call<
    { readonly active_only?: boolean },
    { readonly channels: readonly LndChannel[] }
  >;
  "lnrpc.Lightning/PendingChannels": Call<Empty, PendingChannelsResponse>;
  "lnrpc.Lightning/AddInvoice": Call<
    {
      readonly memo: string;
      readonly value_msat: string;
      readonly expiry: string;
      readonly private: boolean;
    },
    { readonly r_hash: Buffer; readonly payment_request: string }
  >;
  "lnrpc.Lightning/ListInvoices": Call<
    { readonly num_max_invoices: string; readonly reversed: boolean; readonly index_offset?: string },
    { readonly invoices: readonly LndInvoice[]; readonly first_index_offset: string }
  >;
  "lnrpc.Lightning/ListPayments": Call<
    {
      readonly include_incomplete: boolean;
      readonly index_offset: string;
      readonly max_payments: string;
      readonly creation_date_start: string;
    },
    { readonly payments: readonly LndPayment[]; readonly last_index_offset: string }
  >;
  "lnrpc.Lightning/ConnectPeer": Call<
    {
      readonly addr: { readonly pubkey: string; readonly host: string };
      readonly perm: boolean;
      readonly timeout: string;
    },
    Empty
  >;
  "lnrpc.Lightning/SendCustomMessage": Call<LndCustomMessage, Empty>;
  "lnrpc.Lightning/ClosedChannels": Call<Empty, { readonly channels: readonly ClosedChannel[] }>;
  "lnrpc.Lightning/GetTransactions": Call<
    {
      readonly start_height: number;
      /** -1: up to now. */
      readonly end_height: number;
    },
    { readonly transactions: readonly WalletTransaction[] }
  >;
  "lnrpc.Lightning/LookupHtlcResolution": Call<
    { readonly chan_id: string; readonly htlc_index: string },
    { readonly settled: boolean; readonly offchain: boolean }
  >;
  "invoicesrpc.Invoices/CancelInvoice": Call<{ readonly payment_hash: Uint8Array }, Empty>;
  "invoicesrpc.Invoices/LookupInvoiceV2": Call<{ readonly payment_hash: Uint8Array }, LndInvoice>;
}

/** Calls that answer with a stream. */
export interface StreamCalls {
  "lnrpc.Lightning/SubscribeInvoices": Call<{ readonly settle_index: string }, LndInvoice>;
  "lnrpc.Lightning/SubscribePeerEvents": Call<
    Empty,
    { readonly pub_key: string; readonly type: "PEER_ONLINE" | "PEER_OFFLINE" }
  >;
  "lnrpc.Lightning/SubscribeCustomMessages": Call<Empty, LndCustomMessage>;
  "routerrpc.Router/SendPaymentV2": Call<
    {
      readonly payment_request: string;
      /** Only for an invoice without an amount. */
      readonly amt_msat?: string;
      readonly timeout_seconds: number;
      readonly fee_limit_msat: string;
      readonly cltv_limit?: number;
      readonly max_parts: number;
      readonly no_inflight_updates: boolean;
    },
    LndPayment
  >;
  "routerrpc.Router/TrackPaymentV2": Call<
    { readonly payment_hash: Uint8Array; readonly no_inflight_updates: boolean },
    LndPayment
  >;
  "routerrpc.Router/TrackPayments": Call<{ readonly no_inflight_updates: boolean }, LndPayment>;
  "routerrpc.Router/SubscribeHtlcEvents": Call<Empty, HtlcEvent>;
}

/** Calls with a stream both ways. */
export interface DuplexCalls {
  "routerrpc.Router/HtlcInterceptor": Call<HtlcDecision, InterceptedHtlc>;
}

/** Any call that is made to lnd, as `package.Service/Method`. */
export type LndMethod = keyof UnaryCalls | keyof StreamCalls | keyof DuplexCalls;
