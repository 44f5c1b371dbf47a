import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8 } from "../../common/index.js";
import type { Network } from "../network.js";
import type { NodeUri } from "../node-uri.js";
import { NodeError } from "../nodes/errors.js";
import type { LightningNode } from "../nodes/port.js";
import { checkUntrustedUri, UntrustedUriError } from "../untrusted-uri.js";
import { AnswerDesk, type Asker } from "./answers.js";
import { type CardStatus, encodeCardStatus } from "./card-status.js";
import type { CardUpdate } from "./card-update.js";
import { type DialOptions, dial } from "./dial.js";
import { encodeInitiatePayment } from "./initiate-payment.js";
import { InitiationError, NOT_ASKED, nextInitiation } from "./initiation.js";
import {
  type PaymentAnswer,
  type PaymentAsk,
  type PaymentOutcome,
  paidOutcome,
  type Sale,
} from "./outcome.js";
import { present } from "./presenting.js";
import { Waiting } from "./waiting.js";
import { PEER_MESSAGE } from "./wire.js";

/** Most asks under way at once, each for another invoice. */
const MAX_ASKS = 256;

export interface SenderOptions extends Omit<DialOptions, "network"> {
  /** Longest wait for an answer in milliseconds; after it the outcome is `unknown`. Default 30,000. */
  readonly answerTimeoutMs?: number;
  /** Card updates that come after their ask has ended. */
  readonly onLateCardUpdate?: (update: CardUpdate) => void;
}

/** The merchant's side, over the merchant's own node. @throws NodeError */
export async function openPaymentSender(
  node: LightningNode,
  options: SenderOptions = {},
): Promise<PaymentSender> {
  return new PaymentSender(node, (await node.info()).network, options);
}

/** Asks payers' nodes to pay invoices of the merchant's own node (specs/08 §4). */
export class PaymentSender {
  private readonly node: LightningNode;
  private readonly options: SenderOptions;
  private readonly dialing: DialOptions;
  private readonly desk: AnswerDesk;
  /** By payment hash. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly statuses = new Set<Waiting>();
  private readonly late: Asker;
  private closed = false;
  private readonly endSettled: () => void;

  constructor(node: LightningNode, network: Network, options: SenderOptions) {
    this.node = node;
    this.options = options;
    this.dialing = { ...options, network };
    this.desk = new AnswerDesk(node);
    this.late = { onUpdate: (update) => options.onLateCardUpdate?.(update) };
    this.endSettled = node.onInvoiceSettled((settled) =>
      this.waiting.get(bytesToHex(settled.paymentHash))?.end({ outcome: "paid", settled }),
    );
  }

  /**
   * Judges the node that a card names, as {@link ask} will before it dials: before anything is charged.
   * @throws UntrustedUriError
   */
  async judge(uri: NodeUri): Promise<void> {
    await checkUntrustedUri(uri, this.dialing);
  }

  /**
   * Asks a payer to pay and waits for the merchant's own settled invoice, a reject, or the timeout. A connection that
   * is lost meanwhile is made again, and the payer is asked again with the same token.
   * Asking again from the state that was last saved is always safe, also after a crash.
   * @throws InitiationError when this must not be asked now; NodeError of the own node, or `closed`; ValueError; what
   * `save` throws
   */
  async ask(ask: PaymentAsk): Promise<PaymentAnswer> {
    this.expectOpen();
    const payload = encodeInitiatePayment({ token: ask.token, invoice: utf8(ask.invoice.invoice) });
    const hash = bytesToHex(ask.invoice.paymentHash);
    if (this.waiting.has(hash) || this.waiting.size >= MAX_ASKS)
      throw new InitiationError("busy", "this sale, or too many others, are being asked for already");
    const waiting = new Waiting(ask.state, ask.signal);
    this.waiting.set(hash, waiting);
    waiting.answer = this.run(ask, payload, waiting).finally(() => {
      this.waiting.delete(hash);
      waiting.end({ outcome: "unknown" });
    });
    return waiting.answer;
  }

  /**
   * Makes the invoice unpayable at the merchant's node. An ask for it that is under way ends with the same outcome.
   * @returns `cancelled`, or `paid` when the money was there first
   * @throws NodeError when the node could not cancel: the sale stays as it was
   */
  async cancel(sale: Sale): Promise<PaymentAnswer> {
    let outcome: PaymentOutcome = { outcome: "cancelled" };
    try {
      await this.node.cancelInvoice(sale.invoice.paymentHash);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      const paid = error.code === "already-settled" ? await this.paid(sale) : undefined;
      if (paid) outcome = paid;
      else if (error.code !== "already-cancelled") throw error;
    }
    const waiting = this.waiting.get(bytesToHex(sale.invoice.paymentHash));
    waiting?.end(outcome);
    const answer = await waiting?.answer;
    if (answer?.state.phase === "paid" || answer?.state.phase === "cancelled") return answer;
    // No ask was under way, or it had ended otherwise just before.
    return this.finish(sale, outcome, new Waiting(answer?.state ?? sale.state));
  }

  /**
   * Shows a payer a card's status and waits for the update that may be pending for the card.
   * @returns the sealed update, 149 bytes; undefined when none came in time
   * @throws UntrustedUriError, NodeError, ValueError
   */
  async requestCardUpdate(uri: NodeUri, status: CardStatus): Promise<Uint8Array | undefined> {
    this.expectOpen();
    const payload = encodeCardStatus(status);
    const waiting = new Waiting(NOT_ASKED);
    this.statuses.add(waiting);
    const onUpdate = ({ update }: CardUpdate): void => {
      waiting.cardUpdate ??= update;
      waiting.end({ outcome: "unknown" });
    };
    const stop = this.desk.expect(uri.nodeId, sha256(status.status), { onUpdate }, this.late);
    try {
      await dial(this.node, uri, this.dialing);
      const outcome = await present({
        ...this.line(uri),
        type: PEER_MESSAGE.CARD_STATUS,
        payload,
        waiting,
      });
      if (outcome.outcome === "not-sent") throw outcome.cause;
      return waiting.cardUpdate;
    } finally {
      this.statuses.delete(waiting);
      stop();
    }
  }

  /** Ends everything under way as `unknown` and listens no more. The node stays open. */
  close(): void {
    this.closed = true;
    this.desk.close();
    this.endSettled();
    for (const waiting of [...this.waiting.values(), ...this.statuses]) waiting.end({ outcome: "unknown" });
  }

  private expectOpen(): void {
    if (this.closed) throw new NodeError("closed", "the payment sender was closed");
  }

  private line(uri: NodeUri) {
    const { node, dialing } = this;
    return { node, uri, dialing, timeoutMs: this.options.answerTimeoutMs ?? 30_000 };
  }

  private async run(ask: PaymentAsk, payload: Uint8Array, waiting: Waiting): Promise<PaymentAnswer> {
    const tokenHash = sha256(ask.token);
    const which = { payer: bytesToHex(ask.uri.nodeId), tokenHash: bytesToHex(tokenHash) };
    const over = await this.alreadyOver(ask);
    if (over) return this.finish(ask, over, waiting);
    const asked = nextInitiation(ask.state, { event: "ask", ...which });
    const stopped = await Promise.race([this.connect(ask.uri), waiting.over]);
    if (stopped) return this.finish(ask, waiting.ending ?? stopped, waiting);
    // Durable before the message leaves: after a crash this invoice is never taken for one that no payer knows.
    await waiting.save(ask, asked);
    const stop = this.desk.expect(ask.uri.nodeId, tokenHash, waiting.asker(ask.invoice.invoice), this.late);
    try {
      const outcome = await present({
        ...this.line(ask.uri),
        type: PEER_MESSAGE.INITIATE_PAYMENT,
        payload,
        waiting,
        onUnreachable: ask.onUnreachable,
      });
      if (outcome.outcome === "not-sent") {
        const state = nextInitiation(asked, { event: "not-sent", before: ask.state });
        return await this.finish(ask, waiting.ending ?? outcome, waiting, state);
      }
      const state =
        outcome.outcome === "rejected"
          ? nextInitiation(asked, { event: "rejected", ...which, reason: outcome.reason })
          : asked;
      return await this.finish(ask, outcome, waiting, state);
    } finally {
      stop();
    }
  }

  /** What the own invoice's state says before anyone is asked. @throws InitiationError, NodeError */
  private async alreadyOver(sale: Sale): Promise<PaymentOutcome | undefined> {
    const { paymentHash } = sale.invoice;
    const own = await this.node.lookupInvoice(paymentHash);
    switch (own.state) {
      case "open":
        return undefined;
      case "settled":
        return paidOutcome(paymentHash, own);
      case "cancelled":
        return { outcome: "cancelled" };
      case "expired":
        throw new InitiationError("expired", "the invoice has expired", "Start a new sale.");
      case "not-found":
        throw new InitiationError("not-found", "the merchant's node does not know the invoice");
    }
  }

  private async paid(sale: Sale): Promise<PaymentOutcome | undefined> {
    const { paymentHash } = sale.invoice;
    const own = await this.node.lookupInvoice(paymentHash);
    return own.state === "settled" ? paidOutcome(paymentHash, own) : undefined;
  }

  private async connect(uri: NodeUri): Promise<PaymentOutcome | undefined> {
    try {
      await dial(this.node, uri, this.dialing);
      return undefined;
    } catch (error) {
      if (error instanceof UntrustedUriError || error instanceof NodeError)
        return { outcome: "not-sent", cause: error };
      throw error;
    }
  }

  /** The last word is the own invoice's: a reject or a silence that a settled invoice contradicts does not count. */
  private async finish(
    sale: Sale,
    outcome: PaymentOutcome,
    waiting: Waiting,
    state = waiting.saved,
  ): Promise<PaymentAnswer> {
    let last = outcome;
    if (outcome.outcome === "rejected" || outcome.outcome === "unknown") {
      const paid = await this.paid(sale).catch((error) => {
        if (error instanceof NodeError) return undefined;
        throw error;
      });
      last = paid ?? outcome;
    }
    const event = EVENT[last.outcome];
    await waiting.save(sale, event ? nextInitiation(state, { event }) : state);
    return { ...last, state: waiting.saved, cardUpdate: waiting.cardUpdate };
  }
}

const EVENT: Readonly<Record<string, "settled" | "cancelled">> = { paid: "settled", cancelled: "cancelled" };
