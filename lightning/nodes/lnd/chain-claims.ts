import type { ClosedChannel } from "./calls.js";
import type { LndConnection } from "./connection.js";

/** How HTLCs that lnd calls settled on the chain have ended; `open`: their channel is not closed in full yet. */
export type ChainClaim = "ours" | "foreign" | "open";

/**
 * Whose the HTLCs of a closed channel are. lnd calls an HTLC settled on the chain as soon as its output is spent after the
 * preimage was known, also when the payer has taken it back because lnd was down until it expired. The transactions of
 * lnd's wallet tell: a claim pays into it.
 * @param channel short channel id, decimal @throws NodeError
 */
export async function claimsOf(connection: LndConnection, channel: string): Promise<ChainClaim> {
  const { channels } = await connection.call("lnrpc.Lightning/ClosedChannels", {});
  const closed = channels.find(({ chan_id }) => chan_id === channel);
  if (!closed) return "open";
  const { transactions } = await connection.call("lnrpc.Lightning/GetTransactions", {
    start_height: closed.close_height,
    end_height: -1,
  });
  const confirmed = transactions.filter(({ num_confirmations }) => num_confirmations > 0);
  const own = new Set(confirmed.map(({ tx_hash }) => tx_hash));
  const found = claims(closed);
  // lnd does not say which output was which HTLC: one that is not ours casts doubt on all of the channel.
  return found.length > 0 && found.every((txid) => own.has(txid)) ? "ours" : "foreign";
}

/** Transactions that have spent what lnd calls claimed. */
const claims = ({ resolutions }: ClosedChannel): readonly string[] =>
  resolutions
    .filter(({ resolution_type, outcome }) => resolution_type === "INCOMING_HTLC" && outcome === "CLAIMED")
    .map(({ sweep_txid }) => sweep_txid);
