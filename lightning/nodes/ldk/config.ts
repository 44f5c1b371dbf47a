import * as ldk from "lightningdevkit";

/** What a node charges for forwarding. */
export interface ForwardingFees {
  /** msat, u32 */
  readonly base: number;
  /** Millionths of the amount, u32 */
  readonly proportional: number;
}

/** What a routing node of the simulated network charges unless told otherwise. */
export const DEFAULT_FORWARDING_FEES: ForwardingFees = { base: 1000, proportional: 100 };

/** Satoshi per 1000 weight units: the least that nodes relay, for ever, since the simulated chain has no fees. */
export const FEE_RATE = 253;
/** HTLCs that a channel takes in each direction: BOLT 2's most, asked of every peer. */
export const HTLCS_PER_CHANNEL = 483;
const MAX_DUST_EXPOSURE_MSAT = 5_000_000_000n;

/** Channels that are open after one block, unannounced, and may be filled with payments of any size. */
export function channelConfig(fees: ForwardingFees): ldk.UserConfig {
  const handshake = ldk.ChannelHandshakeConfig.constructor_default();
  handshake.set_minimum_depth(1);
  handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100);
  handshake.set_announce_for_forwarding(false);
  handshake.set_our_htlc_minimum_msat(1n);
  handshake.set_our_max_accepted_htlcs(HTLCS_PER_CHANNEL);
  const limits = ldk.ChannelHandshakeLimits.constructor_default();
  limits.set_min_max_accepted_htlcs(HTLCS_PER_CHANNEL);
  const channel = ldk.ChannelConfig.constructor_default();
  channel.set_forwarding_fee_base_msat(fees.base);
  channel.set_forwarding_fee_proportional_millionths(fees.proportional);
  channel.set_max_dust_htlc_exposure(
    ldk.MaxDustHTLCExposure.constructor_fixed_limit_msat(MAX_DUST_EXPOSURE_MSAT),
  );
  const config = ldk.UserConfig.constructor_default();
  config.set_channel_handshake_config(handshake);
  config.set_channel_handshake_limits(limits);
  config.set_channel_config(channel);
  config.set_accept_forwards_to_priv_channels(true);
  return config;
}
