import type { RouteHop } from "../../bolt11/index.js";
import type { Engine } from "./engine.js";
import { isAbsent, u64Of, unsigned16 } from "./result.js";

/** Blocks that a payer must leave until the last HTLC expires. */
export const MIN_FINAL_CLTV = 40;
/** Most route hints in one invoice: enough to be found, short enough for a QR code. */
const MAX_HINTS = 3;

/**
 * The last step to this node over each of its channels, those that can receive most first: what a payer who is
 * not a direct peer needs, since the channels are not announced.
 */
export function inboundHops({ manager }: Engine): RouteHop[] {
  return manager
    .list_channels()
    .filter((channel) => channel.get_is_channel_ready())
    .map((channel) => ({ channel, capacity: channel.get_inbound_capacity_msat() }))
    .sort((a, b) => (a.capacity < b.capacity ? 1 : a.capacity > b.capacity ? -1 : 0))
    .flatMap(({ channel }) => {
      const shortChannelId = u64Of(channel.get_inbound_payment_scid());
      const counterparty = channel.get_counterparty();
      const forwarding = counterparty.get_forwarding_info();
      if (shortChannelId === undefined || isAbsent(forwarding)) return [];
      return [
        {
          nodeId: counterparty.get_node_id(),
          shortChannelId,
          feeBase: forwarding.get_fee_base_msat(),
          feeProportional: forwarding.get_fee_proportional_millionths(),
          cltvDelta: unsigned16(forwarding.get_cltv_expiry_delta()),
        },
      ];
    })
    .slice(0, MAX_HINTS);
}
