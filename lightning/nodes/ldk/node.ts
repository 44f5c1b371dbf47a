import * as ldk from "lightningdevkit";
import { bytesToHex, readU16, u16 } from "../../../common/index.js";
import type { DeputyProfile } from "../../dpp/index.js";
import { NodeError } from "../errors.js";
import type {
  CreatedInvoice,
  InvoiceState,
  LightningNode,
  Network,
  NodeInfo,
  PaymentLookup,
  PaymentRequest,
  PaymentState,
  PeerAddress,
  PeerMessage,
  SettledInvoice,
} from "../port.js";
import { BlockFeed } from "./blocks.js";
import { type ChannelRequest, Channels } from "./channels.js";
import { DEFAULT_FORWARDING_FEES, type ForwardingFees } from "./config.js";
import { CustomMessages } from "./custom-messages.js";
import { type DeputyDecision, type DeputyTerminal, deputyId, exportDeputyProfile } from "./deputy.js";
import { buildEngine, type Engine } from "./engine.js";
import { CallbackGuard } from "./guard.js";
import { InvoiceRows } from "./invoice-rows.js";
import { Invoices } from "./invoices.js";
import { loadLdk } from "./load.js";
import { PaymentRows } from "./payment-rows.js";
import { Payments } from "./payments.js";
import { PeerKeeper } from "./peer-keeper.js";
import { type CommitObserver, Pump } from "./pump.js";
import type { SimulatedChain } from "./simulated-chain.js";
import { PeerSockets } from "./sockets.js";
import { NodeStore } from "./store.js";
import type { Log } from "./traits.js";

export interface LdkNodeOptions {
  /** Only regtest: the chain is simulated. */
  readonly network: Network;
  readonly chain: SimulatedChain;
  /** The node's file, made when absent. Without one the node lives in memory and is gone when closed. */
  readonly file?: string;
  readonly alias?: string;
  /** Where to listen for peers. Default 127.0.0.1 and the port of the last run, or a free one. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  readonly forwardingFees?: ForwardingFees;
  /** Decides about payments to the deputy; absent: they are failed. */
  readonly deputy?: DeputyDecision;
  /** Milliseconds between LDK's regular ticks. Default 20,000. */
  readonly tickMs?: number;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly log?: Log;
  /** For tests that kill the process around a commit. */
  readonly onCommit?: CommitObserver;
}

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_TICK_MS = 20_000;
/** Seconds after which a node makes a block itself, so that what waits for a height does not wait for ever. */
const BLOCK_INTERVAL_SECONDS = 600;
const TIE_BREAK_MS = 50;

/**
 * A Lightning node within this process: LDK's real protocol stack over TCP, on a simulated regtest chain. For
 * demonstrations, development and tests; there is no real money in it.
 */
export class LdkNode implements LightningNode {
  readonly #options: LdkNodeOptions;
  readonly #store: NodeStore;
  readonly #engine: Engine;
  readonly #guard: CallbackGuard;
  readonly #messages: CustomMessages;
  readonly #sockets: PeerSockets;
  readonly #pump: Pump;
  readonly #peers: PeerKeeper;
  readonly #channels: Channels;
  readonly #invoices: Invoices;
  readonly #payments: Payments;
  readonly #blocks: BlockFeed;
  readonly #nodeId: Uint8Array;
  readonly #onMessage = new Set<(message: PeerMessage) => void>();
  readonly #onSettled = new Set<(settled: SettledInvoice) => void>();
  readonly #ends: (() => void)[] = [];
  #addresses: string[] = [];
  #closing: Promise<void> | undefined;

  /**
   * Starts a node, or restarts the one in the file with its channels; it is listening when this resolves.
   * @throws NodeError `network` for any network but regtest; `storage`; `unreachable` when the port is taken
   */
  static async start(options: LdkNodeOptions): Promise<LdkNode> {
    if (options.network !== "bcrt")
      throw new NodeError("network", `the embedded node refuses the network ${options.network}`, {
        hint: "Its chain is simulated, so it runs on regtest only. Use a node with a real chain behind it.",
      });
    await loadLdk();
    const store = new NodeStore(options.file);
    let node: LdkNode | undefined;
    try {
      node = new LdkNode(options, store);
      await node.#open();
      return node;
    } catch (cause) {
      if (node) node.#abort();
      else store.close();
      if (cause instanceof NodeError) throw cause;
      throw new NodeError("internal", "the embedded Lightning node could not be started", { cause });
    }
  }

  private constructor(options: LdkNodeOptions, store: NodeStore) {
    const now = options.now ?? Date.now;
    this.#options = options;
    this.#store = store;
    this.#guard = new CallbackGuard();
    this.#messages = new CustomMessages(this.#guard, {
      message: (message) => this.#pump.afterCommit(() => this.#publish(this.#onMessage, message)),
      connected: (peer) => this.#peers.onConnected(peer),
      disconnected: (peer) => this.#peers.onDisconnected(peer),
    });
    this.#engine = buildEngine({
      store,
      chain: options.chain,
      guard: this.#guard,
      log: options.log,
      fees: options.forwardingFees ?? DEFAULT_FORWARDING_FEES,
      customMessages: this.#messages.handler,
      now,
    });
    this.#nodeId = this.#engine.manager.get_our_node_id();
    this.#sockets = new PeerSockets(this.#engine.peers, this.#guard, () => this.#pump.schedule());
    this.#pump = new Pump({
      engine: this.#engine,
      store,
      sockets: this.#sockets,
      guard: this.#guard,
      handle: (event) => this.#handle(event),
      broadcast: (raw) => options.chain.submit(raw),
      failed: (error) => this.#fail(error),
      onCommit: options.onCommit,
    });
    this.#channels = new Channels(this.#engine, this.#pump, options.chain);
    this.#invoices = new Invoices({
      engine: this.#engine,
      rows: new InvoiceRows(store),
      deputy: options.deputy,
      settled: (settled) => this.#pump.afterCommit(() => this.#publish(this.#onSettled, settled)),
      now,
    });
    this.#payments = new Payments({
      engine: this.#engine,
      rows: new PaymentRows(store),
      pump: this.#pump,
      channels: this.#channels,
      ownIds: [this.#nodeId, deputyId(this.#engine)],
      now,
    });
    const ownId = bytesToHex(this.#nodeId);
    this.#peers = new PeerKeeper({
      store,
      sockets: this.#sockets,
      isConnected: (peer) => this.#messages.connected.has(peer),
      hasChannel: (peer) => this.#engine.manager.list_channels_with_counterparty(peer).length > 0,
      retryDelayMs: (peer) => (ownId < peer ? 0 : TIE_BREAK_MS),
    });
    this.#blocks = new BlockFeed(options.chain, this.#engine);
  }

  async #open(): Promise<void> {
    const { listen, chain, tickMs = DEFAULT_TICK_MS } = this.#options;
    this.#blocks.catchUp();
    const host = listen?.host ?? DEFAULT_HOST;
    const last = this.#store.getState("port");
    const port = await this.#sockets.listen(host, listen?.port ?? (last ? readU16(last) : 0));
    this.#store.setState("port", u16(port));
    this.#addresses = [`${host}:${port}`];
    this.#ends.push(chain.onBlock(() => this.#call(() => this.#blocks.catchUp())));
    const tick = setInterval(() => this.#tick(), tickMs);
    this.#ends.push(() => clearInterval(tick));
    this.#call(() => this.#blocks.catchUp());
    this.#peers.start();
    await this.#pump.settled();
  }

  #tick(): void {
    const { chain } = this.#options;
    this.#call(() => {
      chain.mineIfOlderThan(BLOCK_INTERVAL_SECONDS);
      this.#engine.manager.timer_tick_occurred();
      this.#engine.peers.timer_tick_occurred();
      this.#engine.monitor.rebroadcast_pending_claims();
    });
  }

  /** Calls into LDK from an event of the system. */
  #call(into: () => void): void {
    this.#guard.run(undefined, into);
    this.#pump.schedule();
  }

  #handle(event: ldk.Event): void {
    const { manager } = this.#engine;
    if (event instanceof ldk.Event_PendingHTLCsForwardable) manager.process_pending_htlc_forwards();
    else if (event instanceof ldk.Event_PaymentClaimable) this.#invoices.onClaimable(event);
    else if (event instanceof ldk.Event_PaymentClaimed) this.#invoices.onClaimed(event);
    else if (event instanceof ldk.Event_PaymentSent) this.#payments.onSent(event);
    else if (event instanceof ldk.Event_PaymentFailed) this.#payments.onFailed(event);
    else if (event instanceof ldk.Event_FundingGenerationReady)
      this.#channels.onFundingGenerationReady(event);
    else if (event instanceof ldk.Event_ChannelPending) this.#channels.onPending(event);
    else if (event instanceof ldk.Event_ChannelClosed) this.#channels.onClosed(event);
  }

  #publish<T>(handlers: ReadonlySet<(value: T) => void>, value: T): void {
    for (const handler of [...handlers]) {
      try {
        handler(value);
      } catch (cause) {
        this.#options.log?.(
          "error",
          `a subscriber of the node failed: ${cause instanceof Error ? cause.name : ""}`,
        );
      }
    }
  }

  async info(): Promise<NodeInfo> {
    this.#running();
    return {
      nodeId: this.#nodeId,
      network: "bcrt",
      alias: this.#options.alias ?? "",
      addresses: this.#addresses,
      ...this.#channels.balances(),
      blockHeight: this.#blocks.height,
    };
  }

  async createInvoice(request: Parameters<LightningNode["createInvoice"]>[0]): Promise<CreatedInvoice> {
    this.#running();
    const created = this.#invoices.create(request);
    await this.#pump.settled();
    return created;
  }

  async cancelInvoice(paymentHash: Uint8Array): Promise<void> {
    this.#running();
    this.#invoices.cancel(paymentHash);
    await this.#pump.settled();
  }

  async lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState> {
    await this.#durable();
    return this.#invoices.lookup(paymentHash);
  }

  async pay(request: PaymentRequest): Promise<PaymentState> {
    this.#running();
    return this.#payments.pay(request);
  }

  async lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    await this.#durable();
    return this.#payments.lookup(paymentHash);
  }

  async connect(address: PeerAddress, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#running();
    await this.#peers.connect(address, options.timeoutMs);
    await this.#pump.settled();
  }

  async sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    this.#running();
    this.#messages.send(peer, type, payload);
    await this.#pump.settled();
  }

  onMessage(handler: (message: PeerMessage) => void): () => void {
    this.#onMessage.add(handler);
    return () => this.#onMessage.delete(handler);
  }

  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void {
    this.#onSettled.add(handler);
    return () => this.#onSettled.delete(handler);
  }

  /** Opens a channel over simulated coins to a connected peer and waits until it can be used. @throws NodeError */
  async openChannel(request: ChannelRequest): Promise<void> {
    this.#running();
    await this.#channels.open(request);
  }

  /**
   * What a terminal needs to make invoices that this node takes without having seen them; it holds secrets.
   * @throws NodeError `not-connected` when the node has no open channel
   */
  deputyProfile(terminal: DeputyTerminal): DeputyProfile {
    this.#running();
    return exportDeputyProfile(this.#engine, terminal);
  }

  /** True when there is a channel with the peer, usable or not. */
  hasChannel(peer: Uint8Array): boolean {
    this.#running();
    return this.#engine.manager.list_channels_with_counterparty(peer).length > 0;
  }

  /** Waits until every channel can be used. @returns false after `timeoutMs`. @throws NodeError */
  async channelsReady(timeoutMs: number): Promise<boolean> {
    this.#running();
    return this.#pump.until(() => this.#channels.ready(), timeoutMs);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#end();
    this.#payments.stop();
    this.#guard.run(undefined, () => this.#engine.peers.disconnect_all_peers());
    this.#pump.turn();
    await this.#sockets.close();
    this.#pump.turn();
    this.#pump.stop(new NodeError("closed", "the node was closed"));
    this.#store.close();
  }

  /** Ends at once, without another commit: what was not durable has not happened. */
  #abort(): void {
    this.#closing ??= Promise.resolve();
    this.#end();
    this.#payments.stop();
    this.#sockets.destroy();
    this.#pump.stop(new NodeError("closed", "the node was closed"));
    this.#store.close();
  }

  #fail(error: NodeError): void {
    this.#options.log?.("error", error.message);
    this.#abort();
  }

  #end(): void {
    this.#peers.close();
    for (const end of this.#ends.splice(0)) end();
  }

  #running(): void {
    if (this.#closing) throw new NodeError("closed", "the node was closed");
  }

  /** Waits until what can be seen here is durable. */
  async #durable(): Promise<void> {
    this.#running();
    if (this.#store.staged) await this.#pump.settled();
  }
}
