import * as ldk from "lightningdevkit";
import { bytesToHex, hexToBytes } from "../../../common/index.js";
import type { NodeError } from "../errors.js";
import type { PeerMessage, SettledInvoice } from "../port.js";
import { BlockFeed } from "./blocks.js";
import { Channels } from "./channels.js";
import { DEFAULT_FORWARDING_FEES } from "./config.js";
import { CustomMessages } from "./custom-messages.js";
import { deputyId } from "./deputy.js";
import { buildEngine, type Engine } from "./engine.js";
import { CallbackGuard } from "./guard.js";
import { InvoiceRows } from "./invoice-rows.js";
import { Invoices } from "./invoices.js";
import { KnownPeers } from "./known-peers.js";
import type { LdkNodeOptions } from "./options.js";
import { PaymentRows } from "./payment-rows.js";
import { Payments } from "./payments.js";
import { PeerKeeper } from "./peer-keeper.js";
import { DEFAULT_PEER_LIMITS } from "./peer-limits.js";
import { Pump } from "./pump.js";
import { PeerSockets } from "./sockets.js";
import type { NodeStore } from "./store.js";

/** What a node tells its owner, always after the commit that it rests on. */
export interface NodeNews {
  message(message: PeerMessage): void;
  /** @param peer node id, 33 bytes */
  disconnected(peer: Uint8Array): void;
  settled(invoice: SettledInvoice): void;
  /** The node cannot go on. */
  failed(error: NodeError): void;
}

/** The parts of one node, wired to each other. */
export interface NodeParts {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly engine: Engine;
  readonly guard: CallbackGuard;
  readonly pump: Pump;
  readonly sockets: PeerSockets;
  readonly messages: CustomMessages;
  readonly peers: PeerKeeper;
  readonly channels: Channels;
  readonly invoices: Invoices;
  readonly payments: Payments;
  readonly blocks: BlockFeed;
}

/** Milliseconds by which one of two nodes waits longer before it dials, so that they do not meet half-way. */
const TIE_BREAK_MS = 50;

/**
 * Makes the parts of a node out of its store and wires them; nothing runs yet.
 * @throws NodeError `storage`, `internal`
 */
export function assembleNode(options: LdkNodeOptions, store: NodeStore, news: NodeNews): NodeParts {
  const { chain, log, deputy, onCommit, now = Date.now } = options;
  const guard = new CallbackGuard();
  const messages = new CustomMessages(guard, {
    read: () => sockets.onRead(),
    sending: (peer) => sockets.onSending(peer),
    takes: (peer) => sockets.takes(peer),
    message: (message) => {
      sockets.onMessage();
      pump.afterCommit(() => news.message(message));
    },
    connected: (peer) => {
      sockets.onConnected(peer);
      peers.onConnected(peer);
    },
    disconnected: (peer) => {
      peers.onDisconnected(peer);
      pump.afterCommit(() => news.disconnected(hexToBytes(peer)));
    },
  });
  const engine = buildEngine({
    store,
    chain,
    guard,
    log,
    fees: options.forwardingFees ?? DEFAULT_FORWARDING_FEES,
    customMessages: messages.handler,
    now,
  });
  const nodeId = engine.manager.get_our_node_id();
  const ownId = bytesToHex(nodeId);
  const sockets: PeerSockets = new PeerSockets({
    peers: engine.peers,
    guard,
    limits: { ...DEFAULT_PEER_LIMITS, ...options.peerLimits },
    known: new KnownPeers(store),
    hasChannel: (peer) => channels.readyWith(hexToBytes(peer)),
    wake: () => pump.schedule(),
    log,
  });
  const pump: Pump = new Pump({
    engine,
    store,
    sockets,
    guard,
    messagesWait: () => messages.waiting,
    handle: (event) => handle(event, parts),
    broadcast: (raw) => chain.submit(raw),
    failed: news.failed,
    onCommit,
  });
  const channels = new Channels(engine, pump, chain);
  const invoices = new Invoices({
    engine,
    rows: new InvoiceRows(store),
    deputy,
    settled: (invoice) => pump.afterCommit(() => news.settled(invoice)),
    now,
  });
  const payments = new Payments({
    engine,
    rows: new PaymentRows(store),
    pump,
    channels,
    ownIds: [nodeId, deputyId(engine)],
    now,
  });
  const peers = new PeerKeeper({
    store,
    sockets,
    isConnected: (peer) => messages.connected.has(peer),
    hasChannel: (peer) => channels.existsWith(peer),
    retryDelayMs: (peer) => (ownId < peer ? 0 : TIE_BREAK_MS),
  });
  const blocks = new BlockFeed(chain, engine);
  const parts: NodeParts = {
    nodeId,
    engine,
    guard,
    pump,
    sockets,
    messages,
    peers,
    channels,
    invoices,
    payments,
    blocks,
  };
  return parts;
}

/** Hands one of LDK's events to the part that it concerns; the others need no answer. */
function handle(event: ldk.Event, { engine, invoices, payments, channels }: NodeParts): void {
  if (event instanceof ldk.Event_PendingHTLCsForwardable) engine.manager.process_pending_htlc_forwards();
  else if (event instanceof ldk.Event_PaymentClaimable) invoices.onClaimable(event);
  else if (event instanceof ldk.Event_PaymentClaimed) invoices.onClaimed(event);
  else if (event instanceof ldk.Event_PaymentSent) payments.onSent(event);
  else if (event instanceof ldk.Event_PaymentFailed) payments.onFailed(event);
  else if (event instanceof ldk.Event_FundingGenerationReady) channels.onFundingGenerationReady(event);
  else if (event instanceof ldk.Event_ChannelPending) channels.onPending(event);
  else if (event instanceof ldk.Event_ChannelClosed) channels.onClosed(event);
}
