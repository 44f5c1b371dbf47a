import { bytesToHex, readU16, u16 } from "../../../common/index.js";
import type { DeputyProfile } from "../../dpp/index.js";
import { NodeError } from "../errors.js";
import type {
  CreatedInvoice,
  InvoiceState,
  LightningNode,
  NodeInfo,
  PaymentLookup,
  PaymentRequest,
  PaymentState,
  PeerAddress,
  PeerMessage,
  SentPaymentsPage,
  SettledInvoice,
} from "../port.js";
import { formatAddress, listenOn } from "./address.js";
import type { ChannelRequest } from "./channels.js";
import { type DeputyTerminal, exportDeputyProfile } from "./deputy.js";
import type { IntakeCounts } from "./intake.js";
import { loadLdk } from "./load.js";
import type { LdkNodeOptions } from "./options.js";
import { assembleNode, type NodeParts } from "./parts.js";
import { NodeStore } from "./store.js";

const DEFAULT_HOST = "127.0.0.1";
/** So that parts of a payment are held for at least 60 s (BOLT 4): LDK fails them at the third tick. */
const DEFAULT_TICK_MS = 30_000;
/** Seconds after which a node makes a block itself, so that what waits for a height does not wait for ever. */
const BLOCK_INTERVAL_SECONDS = 600;

/**
 * A Lightning node within this process: LDK's real protocol stack over TCP, on a simulated regtest chain. For
 * demonstrations, development and tests; there is no real money in it.
 */
export class LdkNode implements LightningNode {
  readonly #options: LdkNodeOptions;
  readonly #store: NodeStore;
  readonly #parts: NodeParts;
  readonly #onMessage = new Set<(message: PeerMessage) => void>();
  readonly #onDisconnected = new Set<(peer: Uint8Array) => void>();
  readonly #onSettled = new Set<(settled: SettledInvoice) => void>();
  /** What ends with the node. */
  readonly #ends: (() => void)[] = [];
  #addresses: string[] = [];
  #closing: Promise<void> | undefined;
  /** Why the node is closed, when it was not its owner who closed it. */
  #failure: NodeError | undefined;

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
    this.#options = options;
    this.#store = store;
    this.#parts = assembleNode(options, store, {
      message: (message) => this.#publish(this.#onMessage, message),
      disconnected: (peer) => this.#publish(this.#onDisconnected, peer),
      settled: (invoice) => this.#publish(this.#onSettled, invoice),
      failed: (error) => {
        options.log?.("error", error.message);
        this.#failure = error;
        this.#abort();
      },
    });
  }

  async #open(): Promise<void> {
    const { listen, chain, tickMs = DEFAULT_TICK_MS } = this.#options;
    const { blocks, sockets, pump, peers } = this.#parts;
    blocks.catchUp();
    const host = listen?.host ?? DEFAULT_HOST;
    const last = this.#store.getState("port");
    const port = await listenOn(sockets, host, listen?.port, last && readU16(last));
    this.#store.setState("port", u16(port));
    this.#addresses = [formatAddress(host, port)];
    this.#ends.push(chain.onBlock(() => this.#call(() => blocks.catchUp())));
    const tick = setInterval(() => this.#tick(), tickMs);
    this.#ends.push(() => clearInterval(tick));
    this.#call(() => blocks.catchUp());
    peers.start();
    await pump.settled();
  }

  #tick(): void {
    const { manager, peers, monitor } = this.#parts.engine;
    this.#call(() => {
      this.#options.chain.maker?.mineIfOlderThan(BLOCK_INTERVAL_SECONDS);
      manager.timer_tick_occurred();
      peers.timer_tick_occurred();
      monitor.rebroadcast_pending_claims();
      monitor.archive_fully_resolved_channel_monitors();
    });
  }

  /** Calls into LDK from an event of the system; a failure stops the node at the next turn. */
  #call(into: () => void): void {
    this.#parts.guard.run(undefined, into);
    this.#parts.pump.schedule();
  }

  #publish<T>(handlers: ReadonlySet<(value: T) => void>, value: T): void {
    for (const handler of [...handlers]) {
      try {
        handler(value);
      } catch (cause) {
        const name = cause instanceof Error ? cause.name : typeof cause;
        this.#options.log?.("error", `a subscriber of the node failed with ${name}`);
      }
    }
  }

  async info(): Promise<NodeInfo> {
    const { nodeId, channels, blocks } = this.#running();
    return {
      nodeId,
      network: "bcrt",
      alias: this.#options.alias ?? "",
      addresses: this.#addresses,
      ...channels.balances(),
      blockHeight: blocks.height,
    };
  }

  async createInvoice(request: Parameters<LightningNode["createInvoice"]>[0]): Promise<CreatedInvoice> {
    const { invoices, pump } = this.#running();
    const created = invoices.create(request);
    await pump.settled();
    return created;
  }

  async cancelInvoice(paymentHash: Uint8Array): Promise<void> {
    const { invoices, pump } = this.#running();
    invoices.cancel(paymentHash);
    await pump.settled();
  }

  async lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState> {
    return (await this.#durable()).invoices.lookup(paymentHash);
  }

  async pay(request: PaymentRequest): Promise<PaymentState> {
    return this.#running().payments.pay(request);
  }

  async lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return (await this.#durable()).payments.lookup(paymentHash);
  }

  async listPayments({
    since,
    page,
  }: Parameters<LightningNode["listPayments"]>[0]): Promise<SentPaymentsPage> {
    return (await this.#durable()).payments.list(since, page);
  }

  async connect(address: PeerAddress, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const { peers, pump } = this.#running();
    await peers.connect(address, options.timeoutMs);
    await pump.settled();
  }

  async sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    const { messages, pump } = this.#running();
    messages.send(peer, type, payload);
    await pump.settled();
  }

  onMessage(handler: (message: PeerMessage) => void): () => void {
    this.#onMessage.add(handler);
    return () => this.#onMessage.delete(handler);
  }

  onDisconnected(handler: (peer: Uint8Array) => void): () => void {
    this.#onDisconnected.add(handler);
    return () => this.#onDisconnected.delete(handler);
  }

  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void {
    this.#onSettled.add(handler);
    return () => this.#onSettled.delete(handler);
  }

  async keepPlace(peer: Uint8Array): Promise<void> {
    const { sockets, pump } = this.#running();
    sockets.keepPlace(bytesToHex(peer));
    await pump.settled();
  }

  /** What came of what peers sent, since the start. @throws NodeError `closed` */
  intake(): IntakeCounts {
    return this.#running().sockets.counts;
  }

  /** Opens a channel over simulated coins to a connected peer and waits until it can be used. @throws NodeError */
  async openChannel(request: ChannelRequest): Promise<void> {
    await this.#running().channels.open(request);
  }

  /**
   * What a terminal needs to make invoices that this node takes without having seen them; it holds secrets.
   * @throws NodeError `not-connected` when the node has no open channel
   */
  deputyProfile(terminal: DeputyTerminal): DeputyProfile {
    return exportDeputyProfile(this.#running().engine, terminal);
  }

  /** True when there is a channel with the peer, usable or not. @throws NodeError `closed` */
  hasChannel(peer: Uint8Array): boolean {
    return this.#running().channels.existsWith(peer);
  }

  /** Waits until every channel can be used. @returns false after `timeoutMs`. @throws NodeError */
  async channelsReady(timeoutMs: number): Promise<boolean> {
    const { pump, channels } = this.#running();
    return pump.until(() => channels.ready(), timeoutMs);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { guard, engine, pump, sockets } = this.#parts;
    this.#end();
    guard.run(undefined, () => engine.peers.disconnect_all_peers());
    pump.turn();
    await sockets.close();
    pump.turn();
    pump.stop(new NodeError("closed", "the node was closed"));
    this.#store.close();
  }

  /** Ends at once, without another commit: what was not durable has not happened. */
  #abort(): void {
    this.#closing ??= Promise.resolve();
    this.#end();
    this.#parts.sockets.destroy();
    this.#parts.pump.stop(new NodeError("closed", "the node was closed"));
    this.#store.close();
  }

  #end(): void {
    this.#parts.peers.close();
    this.#parts.payments.stop();
    for (const end of this.#ends.splice(0)) end();
  }

  #running(): NodeParts {
    if (this.#failure)
      throw new NodeError("closed", `the node has stopped: ${this.#failure.message}`, {
        cause: this.#failure,
      });
    if (this.#closing) throw new NodeError("closed", "the node was closed");
    return this.#parts;
  }

  /** Waits until what can be seen here is durable. */
  async #durable(): Promise<NodeParts> {
    const parts = this.#running();
    if (this.#store.staged) await parts.pump.settled();
    return parts;
  }
}
