import { setTimeout as sleep } from "node:timers/promises";
import { type Msat, msat } from "../../../common/msat.js";
import type { DeputyProfile } from "../../dpp/index.js";
import type { Network } from "../../network.js";
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
import type { LndAccess } from "./access.js";
import type { LndChannel } from "./calls.js";
import { MAINNET_MAX_PAYMENT } from "./config.js";
import { LndConnection, type LndLog } from "./connection.js";
import { LndDeputy, type LndDeputyOptions } from "./deputy.js";
import { LndInvoices } from "./invoices.js";
import { type LostPaymentRule, LostPayments } from "./lost-payment.js";
import { LndMessages } from "./messages.js";
import { PaymentRecord } from "./payment-record.js";
import { LndPayments } from "./payments.js";
import { callsOf, type LndRole } from "./permissions.js";
import { askFacts, expectNetwork, expectPermissions, type LndFacts, versionProblem } from "./start.js";
import { Subscription } from "./streams.js";

/** Milliseconds between two looks at the channels. */
const LOOK_MS = 200;
/** Seconds for which an HTLC may be out: two weeks, and a day. */
const LONGEST_FLIGHT = 15 * 86_400;

export interface LndNodeOptions extends LndAccess {
  /** What the macaroon must allow. Default: issuer and merchant. */
  readonly roles?: readonly LndRole[];
  /** The network that is meant; another one is refused. */
  readonly network?: Network | undefined;
  /** No payment above it is made. Default on mainnet: {@link MAINNET_MAX_PAYMENT}. */
  readonly maxPayment?: Msat | undefined;
  /** File of the record of settled payments; absent: in memory. Needed wherever payments are made. */
  readonly record?: string | undefined;
  /** Takes payments to a deputy: its keys and its record of claims. */
  readonly deputy?: LndDeputyOptions | undefined;
  readonly log?: LndLog;
  /** Unix milliseconds. */
  readonly now?: () => number;
  /** For tests. */
  readonly lostPayments?: LostPaymentRule;
}

/**
 * An lnd that runs elsewhere, by itself or for other programs as well. Closing ends our connection to it, not lnd.
 */
export class LndNode implements LightningNode {
  readonly facts: LndFacts;
  readonly #connection: LndConnection;
  readonly #now: () => number;
  readonly #record: PaymentRecord;
  readonly #payments: LndPayments;
  readonly #invoices: LndInvoices;
  readonly #messages: LndMessages;
  readonly #deputy: LndDeputy | undefined;
  readonly #settledPayments: Subscription<"routerrpc.Router/TrackPayments"> | undefined;

  /**
   * Connects to an lnd and checks that it is what is needed.
   * @throws NodeError `unreachable`, `timeout`, `not-ready`, `permission`, `network`, `storage`
   */
  static async start(options: LndNodeOptions): Promise<LndNode> {
    const { roles: own = ["issuer", "merchant"] } = options;
    const roles = options.deputy ? [...own, "deputy" as const] : own;
    const connection = new LndConnection(options, options.log);
    let record: PaymentRecord | undefined;
    try {
      expectPermissions(connection, callsOf(roles));
      const facts = await askFacts(connection);
      expectNetwork(facts, options.network, options.address);
      const problem = versionProblem(facts.version, roles);
      if (problem !== undefined)
        throw new NodeError("internal", problem, { hint: "Upgrade lnd, then start again." });
      if (!facts.isSynced)
        throw new NodeError(
          "not-ready",
          `lnd at ${options.address} is not in step with the chain yet (block ${facts.blockHeight})`,
          { hint: "Wait until lncli getinfo says synced_to_chain, then start again." },
        );
      connection.bind(Buffer.from(facts.nodeId).toString("hex"));
      record = new PaymentRecord(options.record, (error) =>
        options.log?.("error", error instanceof Error ? error.message : "a settled payment was not noted"),
      );
      const node = new LndNode(options, connection, record, facts);
      await node.#open();
      return node;
    } catch (error) {
      connection.close();
      record?.close();
      throw error;
    }
  }

  private constructor(
    options: LndNodeOptions,
    connection: LndConnection,
    record: PaymentRecord,
    facts: LndFacts,
  ) {
    const { log = () => {}, now = Date.now } = options;
    this.facts = facts;
    this.#now = now;
    this.#connection = connection;
    this.#record = record;
    this.#invoices = new LndInvoices(connection, now, log);
    this.#messages = new LndMessages(connection);
    this.#payments = new LndPayments({
      connection,
      record,
      lost: new LostPayments(connection, options.lostPayments),
      network: facts.network,
      nodeId: facts.nodeId,
      maxPayment: options.maxPayment ?? (facts.network === "bc" ? MAINNET_MAX_PAYMENT : undefined),
      quietMs: () => this.#messages.quietMs(),
      log,
      now,
    });
    this.#deputy =
      options.deputy &&
      new LndDeputy(connection, facts, { log, ...options.deputy }, (invoice) =>
        this.#invoices.settled.tell(invoice),
      );
    if (connection.allows("lnrpc.Lightning/SubscribeInvoices")) this.#invoices.subscribe();
    if (connection.allows("lnrpc.Lightning/SubscribeCustomMessages")) this.#messages.subscribe();
    if (connection.allows("routerrpc.Router/TrackPayments"))
      this.#settledPayments = new Subscription(
        connection,
        "routerrpc.Router/TrackPayments",
        () => ({ no_inflight_updates: true }),
        (payment) => this.#payments.note(payment),
      );
  }

  async info(): Promise<NodeInfo> {
    const [info, { channels }] = await Promise.all([
      this.#connection.call("lnrpc.Lightning/GetInfo", {}),
      this.#connection.call("lnrpc.Lightning/ListChannels", { active_only: true }),
    ]);
    return {
      nodeId: this.facts.nodeId,
      network: this.facts.network,
      alias: info.alias,
      addresses: info.uris.map((uri) => uri.slice(uri.indexOf("@") + 1)),
      outbound: total(channels, ({ local_balance, local_constraints }) =>
        spendable(local_balance, local_constraints),
      ),
      inbound: total(channels, ({ remote_balance, remote_constraints }) =>
        spendable(remote_balance, remote_constraints),
      ),
      htlcSlots: channels.reduce(
        (sum, { local_constraints }) => sum + (local_constraints?.max_accepted_htlcs ?? 0),
        0,
      ),
      blockHeight: info.block_height,
    };
  }

  /** Waits until all channels can be used, at most so many milliseconds. @returns whether they can */
  async channelsReady(timeoutMs: number): Promise<boolean> {
    for (const end = performance.now() + timeoutMs; ; await sleep(LOOK_MS)) {
      const { channels } = await this.#connection.call("lnrpc.Lightning/ListChannels", {});
      if (channels.every(({ active }) => active)) return true;
      if (performance.now() + LOOK_MS > end) return false;
    }
  }

  createInvoice(request: Parameters<LightningNode["createInvoice"]>[0]): Promise<CreatedInvoice> {
    return this.#invoices.create(request);
  }

  cancelInvoice(paymentHash: Uint8Array): Promise<void> {
    return this.#invoices.cancel(paymentHash);
  }

  async lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState> {
    return (await this.#deputy?.lookup(paymentHash)) ?? this.#invoices.lookup(paymentHash);
  }

  /**
   * What a terminal needs to make invoices that are paid to this lnd's deputy; it holds secrets.
   * @throws NodeError `not-connected` without a channel, `bad-request` for a node without a deputy
   */
  async deputyProfile(
    terminal: Pick<DeputyProfile, "name" | "keyId" | "terminalKey">,
  ): Promise<DeputyProfile> {
    if (!this.#deputy)
      throw new NodeError("bad-request", "this lnd takes no payments to deputies", {
        hint: "Set deputy: true beside type: lnd; chequecard node check --role deputy says what lnd needs for it.",
      });
    return this.#deputy.profile(terminal);
  }

  pay(request: PaymentRequest): Promise<PaymentState> {
    return this.#payments.pay(request);
  }

  lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return this.#payments.lookup(paymentHash);
  }

  listPayments({ since, page }: Parameters<LightningNode["listPayments"]>[0]): Promise<SentPaymentsPage> {
    return this.#payments.list(since, page);
  }

  connect(address: PeerAddress, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#messages.connect(address, options.timeoutMs);
  }

  sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    return this.#messages.send(peer, type, payload);
  }

  onMessage(handler: (message: PeerMessage) => void): () => void {
    return this.#messages.received.add(handler);
  }

  onDisconnected(handler: (peer: Uint8Array) => void): () => void {
    return this.#messages.disconnected.add(handler);
  }

  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void {
    return this.#invoices.settled.add(handler);
  }

  async close(): Promise<void> {
    this.#settledPayments?.end();
    this.#deputy?.end();
    this.#invoices.end();
    this.#messages.end();
    this.#connection.close();
    this.#record.close();
  }

  /** Reads what was settled while nobody listened into the record, and waits until the streams are in force. */
  async #open(): Promise<void> {
    if (this.#settledPayments) {
      const before = Math.floor(this.#now() / 1000);
      const until = this.#record.lookedThroughUntil ?? before;
      await this.#payments.lookThrough(until - LONGEST_FLIGHT);
      this.#record.lookedThroughUntil = before;
    }
    // lnd does not say when a subscription is in force; an answer that was asked for after it is close to it.
    await this.#connection.call("lnrpc.Lightning/GetInfo", {});
  }
}

/** What can be sent of a balance beyond the reserve, sat. */
function spendable(balance: string, constraints: LndChannel["local_constraints"]): bigint {
  const left = BigInt(balance) - BigInt(constraints?.chan_reserve_sat ?? "0");
  return left > 0n ? left : 0n;
}

function total(channels: readonly LndChannel[], sat: (channel: LndChannel) => bigint): Msat {
  return msat(channels.reduce((sum, channel) => sum + 1000n * sat(channel), 0n));
}
