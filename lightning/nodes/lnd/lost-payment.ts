import { bytesToHex } from "../../../common/bytes.js";
import type { LndAttempt, LndPayment } from "./calls.js";
import type { LndConnection } from "./connection.js";

/**
 * Blocks beyond the expiry of every HTLC before a payment without one is called lost. A day: long after lnd has taken a
 * channel to the chain whose HTLC has expired.
 */
const BLOCKS_BEYOND = 144;
/** Milliseconds between two looks that must both find no HTLC. */
const LOOK_AGAIN_MS = 60_000;

/** When a payment is lost; for tests, which have no days. */
export interface LostPaymentRule {
  readonly blocksBeyond?: number;
  readonly lookAgainMs?: number;
}

/**
 * Finds payments that lnd leaves in flight for ever though no HTLC of them exists (lnd's issue 9340): lnd writes an
 * attempt down, and stops before the HTLC is on a channel. It never sends that HTLC later, and never gives it up.
 *
 * A payment is lost only if all of this holds, twice, with a pause between:
 * - lnd is in step with the chain, and the height lies a day beyond the expiry of the first HTLC of each attempt in
 *   flight. An HTLC that was out then has been settled, failed, or has made lnd close the channel.
 * - No open channel has an HTLC with this payment hash.
 * - Every open channel with the first node of such an attempt is active. While the peer is away, an HTLC may be signed
 *   for it alone, and lnd does not list it; once it is back, the HTLC is on both sides.
 * - No channel with that node is being closed, where the HTLC would be a transaction's output.
 */
export class LostPayments {
  readonly #connection: LndConnection;
  readonly #rule: Required<LostPaymentRule>;
  readonly #monotonic: () => number;
  /** Payment hash in hex, and when it was first found without an HTLC. */
  readonly #suspects = new Map<string, number>();

  constructor(
    connection: LndConnection,
    { blocksBeyond = BLOCKS_BEYOND, lookAgainMs = LOOK_AGAIN_MS }: LostPaymentRule = {},
    monotonic: () => number = () => performance.now(),
  ) {
    this.#connection = connection;
    this.#rule = { blocksBeyond, lookAgainMs };
    this.#monotonic = monotonic;
  }

  /** @param payment in flight @throws NodeError */
  async isLost(payment: LndPayment): Promise<boolean> {
    const key = payment.payment_hash;
    const attempts = payment.htlcs.filter(({ status }) => status === "IN_FLIGHT");
    if (!(await this.#hasNoHtlc(key, attempts))) {
      this.#suspects.delete(key);
      return false;
    }
    const now = this.#monotonic();
    const first = this.#suspects.get(key) ?? now;
    this.#suspects.set(key, first);
    return now - first >= this.#rule.lookAgainMs;
  }

  async #hasNoHtlc(paymentHash: string, attempts: readonly LndAttempt[]): Promise<boolean> {
    // Without attempts lnd itself goes on with the payment or fails it.
    if (attempts.length === 0) return false;
    const first = new Set(attempts.map(({ route }) => route?.hops[0]?.pub_key ?? ""));
    const expiries = attempts.map(({ route }) => route?.total_time_lock ?? 0);
    if (first.has("") || expiries.some((height) => height === 0)) return false;
    const info = await this.#connection.call("lnrpc.Lightning/GetInfo", {});
    const { blocksBeyond } = this.#rule;
    if (!info.synced_to_chain || expiries.some((height) => info.block_height < height + blocksBeyond))
      return false;
    // Closing channels first: one that closes between the two calls is in both answers or in the second's absence.
    const before = await this.#closingPeers();
    const { channels } = await this.#connection.call("lnrpc.Lightning/ListChannels", {});
    const after = await this.#closingPeers();
    const isOut = channels.some(
      ({ active, remote_pubkey, pending_htlcs }) =>
        (first.has(remote_pubkey) && !active) ||
        pending_htlcs.some(({ incoming, hash_lock }) => !incoming && bytesToHex(hash_lock) === paymentHash),
    );
    return !isOut && ![...first].some((peer) => before.has(peer) || after.has(peer));
  }

  /** Nodes with whom a channel is being closed. */
  async #closingPeers(): Promise<ReadonlySet<string>> {
    const pending = await this.#connection.call("lnrpc.Lightning/PendingChannels", {});
    const closing = [...pending.pending_force_closing_channels, ...pending.waiting_close_channels];
    return new Set(closing.map(({ channel }) => channel?.remote_node_pub ?? ""));
  }
}
