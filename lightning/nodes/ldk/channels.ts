import * as ldk from "lightningdevkit";
import { bytesToHex, type Msat, msat, sumMsat } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import type { Chain, ChainMaker } from "./chain.js";
import { HTLCS_PER_CHANNEL } from "./config.js";
import type { Engine } from "./engine.js";
import type { Pump } from "./pump.js";
import { apiProblem, expectOk, isAbsent, plain, unsigned128 } from "./result.js";

export interface ChannelRequest {
  /** Node id of a connected peer, 33 bytes. */
  readonly peer: Uint8Array;
  /** Whole satoshi. */
  readonly capacity: Msat;
  /** What the peer gets of it from the start. Default 0. */
  readonly push?: Msat;
  /** Milliseconds until `timeout`. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Channels over simulated coins. */
export class Channels {
  readonly #engine: Engine;
  readonly #pump: Pump;
  readonly #chain: Chain;
  #nextUserId = 1n;
  /** Failures of channels that are being opened, by our id of them. */
  readonly #closed = new Map<bigint, string>();
  readonly #pending = new Set<bigint>();

  constructor(engine: Engine, pump: Pump, chain: Chain) {
    this.#engine = engine;
    this.#pump = pump;
    this.#chain = chain;
  }

  /**
   * Opens a channel with coins made from nothing, makes the block that confirms it, and waits until both sides
   * can use it.
   * @throws NodeError `not-connected`, `bad-request`, `timeout`, `internal`
   */
  async open(request: ChannelRequest): Promise<void> {
    const { peer, capacity, push = msat(0n), timeoutMs = 30_000 } = request;
    const maker = this.#maker();
    if (capacity % 1000n !== 0n) throw new NodeError("bad-request", "capacity: need whole satoshi");
    const userId = this.#nextUserId++;
    const created = this.#engine.manager.create_channel(peer, capacity / 1000n, push, userId, null, null);
    if (created instanceof ldk.Result_ChannelIdAPIErrorZ_Err)
      throw new NodeError(
        created.err instanceof ldk.APIError_ChannelUnavailable ? "not-connected" : "bad-request",
        `no channel to ${bytesToHex(peer)} can be opened: ${apiProblem(created.err)}`,
      );
    const deadline = performance.now() + timeoutMs;
    try {
      await this.#reach(() => this.#pending.has(userId), userId, deadline);
      maker.mine();
      await this.#reach(() => this.#usable(userId), userId, deadline);
    } finally {
      this.#pending.delete(userId);
      this.#closed.delete(userId);
    }
  }

  #maker(): ChainMaker {
    const { maker } = this.#chain;
    if (maker) return maker;
    throw new NodeError(
      "bad-request",
      "the embedded node has no coins on this chain to open a channel with",
      {
        hint: "Let the other node open it.",
      },
    );
  }

  async #reach(condition: () => boolean, userId: bigint, deadline: number): Promise<void> {
    const met = await this.#pump.until(
      () => this.#closed.has(userId) || condition(),
      Math.max(0, deadline - performance.now()),
    );
    const failure = this.#closed.get(userId);
    if (failure) throw new NodeError("internal", `the channel was not opened: ${failure}`);
    if (!met) throw new NodeError("timeout", "the channel was not opened in time");
  }

  #usable(userId: bigint): boolean {
    return this.#engine.manager
      .list_usable_channels()
      .some((channel) => channel.get_is_outbound() && unsigned128(channel.get_user_channel_id()) === userId);
  }

  onFundingGenerationReady(event: ldk.Event_FundingGenerationReady): void {
    const funding = this.#maker().fund(event.channel_value_satoshis, event.output_script);
    expectOk(
      this.#engine.manager.funding_transaction_generated(
        event.temporary_channel_id,
        event.counterparty_node_id,
        funding,
      ),
      "funding a channel",
    );
  }

  onPending(event: ldk.Event_ChannelPending): void {
    this.#pending.add(unsigned128(event.user_channel_id));
  }

  onClosed(event: ldk.Event_ChannelClosed): void {
    this.#closed.set(
      unsigned128(event.user_channel_id),
      event.reason.constructor.name.replace("ClosureReason_", ""),
    );
  }

  /** True when there is a channel with the peer, usable or not. */
  existsWith(peer: Uint8Array): boolean {
    return this.#engine.manager.list_channels_with_counterparty(plain(peer)).length > 0;
  }

  /** True when there is a channel with the peer whose funding the chain has confirmed. */
  readyWith(peer: Uint8Array): boolean {
    const channels = this.#engine.manager.list_channels_with_counterparty(plain(peer));
    return channels.some((channel) => channel.get_is_channel_ready());
  }

  /** True when every channel can be used, and the peer has announced how to forward over it, as our invoices need. */
  ready(): boolean {
    return this.#engine.manager
      .list_channels()
      .every(
        (channel) => channel.get_is_usable() && !isAbsent(channel.get_counterparty().get_forwarding_info()),
      );
  }

  /** What can be sent and received right now, over all usable channels, and in how many HTLCs. */
  balances(): { readonly outbound: Msat; readonly inbound: Msat; readonly htlcSlots?: number } {
    const usable = this.#engine.manager.list_usable_channels();
    return {
      outbound: sumMsat(usable.map((channel) => msat(channel.get_next_outbound_htlc_limit_msat()))),
      inbound: sumMsat(usable.map((channel) => msat(channel.get_inbound_capacity_msat()))),
      // Without a usable channel nothing is known of those that reconnect.
      ...(usable.length > 0 ? { htlcSlots: HTLCS_PER_CHANNEL * usable.length } : {}),
    };
  }
}
