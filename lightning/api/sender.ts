import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8 } from "../../common/bytes.js";
import type { Msat } from "../../common/msat.js";
import type { Network } from "../network.js";
import type { NodeUri } from "../node-uri.js";
import { NodeError } from "../nodes/errors.js";
import type { LightningNode } from "../nodes/port.js";
import { checkUntrustedUri } from "../untrusted-uri.js";
import { UntrustedUriError } from "../untrusted-uri-error.js";
import { AnswerDesk, type Asker } from "./answers.js";
import type { CardBalance } from "./card-balance.js";
import { type CardStatus, encodeCardStatus } from "./card-status.js";
import type { CardUpdate } from "./card-update.js";
import { type DialOptions, dial } from "./dial.js";
import { encodeInitiatePayment } from "./initiate-payment.js";
import { InitiationError, type InitiationEvent, type InitiationLog, nextInitiation } from "./initiation.js";
import { type PaymentAnswer, type PaymentAsk, type PaymentOutcome, paidOutcome } from "./outcome.js";
import { PendingRequest } from "./pending-request.js";
import { present } from "./presenting.js";
import type { RefundAnswer } from "./refund-answer.js";
import { type RefundOffer, readRefundOffer } from "./refund-offer.js";
import { encodeRefundRequest, type RefundRequest, refundRequestHash } from "./refund-request.js";
import { PEER_MESSAGE } from "./wire.js";

/** Most requests in flight at once, each for another invoice. */
const MAX_ASKS = 256;

export interface SenderOptions extends Omit<DialOptions, "network"> {
  /** Longest wait for an answer in milliseconds; after it the outcome is `unknown`. Default 30,000. */
  readonly answerTimeoutMs?: number;
  /** Milliseconds since 1970, to judge invoices of refunds. Default: the system's clock. */
  readonly now?: () => number;
  /** Card updates that come after their ask has ended. */
  readonly onLateCardUpdate?: (update: CardUpdate) => void;
}

/** What a payer says of a card that lies on a reader. */
export interface CardStanding {
  /** False when nothing came in time: the node is none of the card's issuer, or does not accept the status. */
  readonly hasAnswered: boolean;
  /** A sealed update for the card, 149 bytes. */
  readonly cardUpdate: Uint8Array | undefined;
  /** Undefined where the issuer does not tell it. */
  readonly left: Msat | undefined;
}

/**
 * The merchant's side, over the merchant's own node.
 * @param log where the merchant keeps how far each invoice was asked for, such as its file of sales
 * @throws NodeError
 */
export async function openPaymentSender(
  node: LightningNode,
  log: InitiationLog,
  options: SenderOptions = {},
): Promise<PaymentSender> {
  return new PaymentSender(node, (await node.info()).network, log, options);
}

/** Asks payers' nodes to pay invoices of the merchant's own node (specs/08 §4). */
export class PaymentSender {
  private readonly node: LightningNode;
  private readonly log: InitiationLog;
  private readonly options: SenderOptions;
  private readonly dialing: DialOptions;
  private readonly desk: AnswerDesk;
  /** By payment hash. */
  private readonly waiting = new Map<string, PendingRequest>();
  private readonly statuses = new Set<PendingRequest>();
  private readonly late: Asker;
  private closed = false;
  private readonly endSettled: () => void;

  constructor(node: LightningNode, network: Network, log: InitiationLog, options: SenderOptions = {}) {
    this.node = node;
    this.log = log;
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
   * Asking again is always safe, also after a crash: it goes on from what the log holds.
   * @throws InitiationError when this must not be asked now; NodeError of the own node, or `closed`; ValueError; what
   * the log throws
   */
  async ask(ask: PaymentAsk): Promise<PaymentAnswer> {
    this.expectOpen();
    const payload = encodeInitiatePayment({ token: ask.token, invoice: utf8(ask.invoice) });
    const hash = bytesToHex(ask.paymentHash);
    if (this.waiting.has(hash) || this.waiting.size >= MAX_ASKS)
      throw new InitiationError("busy", "this sale, or too many others, are being asked for already");
    const waiting = new PendingRequest(ask.signal);
    this.waiting.set(hash, waiting);
    waiting.answer = this.run(ask, payload, waiting)
      .then((outcome) => ({ ...outcome, cardUpdate: waiting.cardUpdate, left: waiting.left }))
      .finally(() => {
        this.waiting.delete(hash);
        waiting.end({ outcome: "unknown" });
      });
    return waiting.answer;
  }

  /**
   * Makes the invoice unpayable at the merchant's node. An ask for it that is in flight ends with the same outcome.
   * @param paymentHash 32 bytes
   * @returns `cancelled`, or `paid` when the money was there first
   * @throws NodeError when the node could not cancel: the sale stays as it was
   */
  async cancel(paymentHash: Uint8Array): Promise<PaymentAnswer> {
    let outcome: PaymentOutcome = { outcome: "cancelled" };
    try {
      await this.node.cancelInvoice(paymentHash);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      const paid = error.code === "already-settled" ? await this.paid(paymentHash) : undefined;
      if (paid) outcome = paid;
      else if (error.code !== "already-cancelled") throw error;
    }
    const waiting = this.waiting.get(bytesToHex(paymentHash));
    waiting?.end(outcome);
    const answer = await waiting?.answer;
    if (answer?.outcome === "paid" || answer?.outcome === "cancelled") return answer;
    // No ask was in flight, or it had ended otherwise just before.
    return { ...(await this.finish(paymentHash, outcome)), cardUpdate: undefined, left: undefined };
  }

  /**
   * Shows a payer a card's status, and waits for the update that may be pending for the card and for what is left.
   * @throws UntrustedUriError, NodeError, ValueError
   */
  async askCardStatus(uri: NodeUri, status: CardStatus): Promise<CardStanding> {
    this.expectOpen();
    const payload = encodeCardStatus(status);
    let cardUpdate: Uint8Array | undefined;
    const balance = await this.request<CardBalance>(
      uri,
      { type: PEER_MESSAGE.CARD_STATUS, payload, hash: sha256(status.status) },
      (answer) => ({
        onUpdate({ update }) {
          cardUpdate ??= update;
        },
        onBalance: answer,
      }),
      this.late,
    );
    return { hasAnswered: (balance ?? cardUpdate) !== undefined, cardUpdate, left: balance?.left };
  }

  /**
   * Asks the node of a card for an invoice by which a sale is refunded to that card (specs/08 §12), and checks it.
   * @param signal ends the waiting
   * @returns its answer; undefined when none came in time: nothing was paid
   * @throws UntrustedUriError, NodeError, ValueError; ParseError, InvoiceError for an invoice that must not be paid
   */
  async requestRefund(
    uri: NodeUri,
    request: RefundRequest,
    signal?: AbortSignal,
  ): Promise<RefundOffer | undefined> {
    this.expectOpen();
    const payload = encodeRefundRequest(request);
    const answer = await this.request<RefundAnswer>(
      uri,
      { type: PEER_MESSAGE.REFUND_REQUEST, payload, hash: refundRequestHash(request) },
      (take) => ({ onRefundAnswer: take }),
      {},
      signal,
    );
    if (!answer) return undefined;
    const { now = Date.now } = this.options;
    const { network } = this.dialing;
    return readRefundOffer(answer, request, { nodeId: uri.nodeId, network, now: Math.floor(now() / 1000) });
  }

  /** Sends one request and waits for the answer that names it. @throws as {@link askCardStatus} */
  private async request<Answer>(
    uri: NodeUri,
    { hash, ...message }: { readonly type: number; readonly payload: Uint8Array; readonly hash: Uint8Array },
    asker: (answer: (value: Answer) => void) => Asker,
    late: Asker,
    signal?: AbortSignal,
  ): Promise<Answer | undefined> {
    const waiting = new PendingRequest(signal);
    this.statuses.add(waiting);
    let answered: Answer | undefined;
    const answer = (value: Answer): void => {
      answered ??= value;
      waiting.end({ outcome: "unknown" });
    };
    const stop = this.desk.expect(uri.nodeId, hash, asker(answer), late);
    try {
      await dial(this.node, uri, this.dialing);
      const outcome = await present({ ...this.line(uri), ...message, waiting });
      if (outcome.outcome === "not-sent") throw outcome.cause;
      return answered;
    } finally {
      this.statuses.delete(waiting);
      stop();
    }
  }

  /** Ends everything in flight as `unknown` and listens no more. The node stays open. */
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

  private async run(ask: PaymentAsk, payload: Uint8Array, waiting: PendingRequest): Promise<PaymentOutcome> {
    const { paymentHash, uri } = ask;
    const tokenHash = sha256(ask.token);
    const which = { payer: bytesToHex(uri.nodeId), tokenHash: bytesToHex(tokenHash) };
    const over = await this.alreadyOver(paymentHash);
    if (over) return this.finish(paymentHash, over);
    const before = await this.log.loadInitiation(paymentHash);
    // Refused before anything is dialed, and durable before the message leaves: after a crash this invoice is never
    // taken for one that no payer knows.
    nextInitiation(before, { event: "ask", ...which });
    const stopped = await Promise.race([this.connect(uri), waiting.over]);
    if (stopped) return this.finish(paymentHash, waiting.ending ?? stopped);
    await this.record(paymentHash, { event: "ask", ...which });
    const stop = this.desk.expect(uri.nodeId, tokenHash, waiting.asker(ask.invoice), this.late);
    try {
      const outcome = await present({
        ...this.line(uri),
        type: PEER_MESSAGE.INITIATE_PAYMENT,
        payload,
        waiting,
        onUnreachable: ask.onUnreachable,
      });
      if (outcome.outcome === "not-sent")
        return await this.finish(paymentHash, waiting.ending ?? outcome, { event: "not-sent", before });
      if (outcome.outcome === "rejected")
        return await this.finish(paymentHash, outcome, {
          event: "rejected",
          ...which,
          reason: outcome.reason,
        });
      return await this.finish(paymentHash, outcome);
    } finally {
      stop();
    }
  }

  /** What the own invoice's state says before anyone is asked. @throws InitiationError, NodeError */
  private async alreadyOver(paymentHash: Uint8Array): Promise<PaymentOutcome | undefined> {
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

  private async paid(paymentHash: Uint8Array): Promise<PaymentOutcome | undefined> {
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

  /**
   * The last word is the own invoice's: a reject or a silence that a settled invoice contradicts does not count.
   * @param happened what else the log has to learn, when it is neither paid nor cancelled
   */
  private async finish(
    paymentHash: Uint8Array,
    outcome: PaymentOutcome,
    happened?: InitiationEvent,
  ): Promise<PaymentOutcome> {
    let last = outcome;
    if (outcome.outcome === "rejected" || outcome.outcome === "unknown") {
      const paid = await this.paid(paymentHash).catch((error) => {
        if (error instanceof NodeError) return undefined;
        throw error;
      });
      last = paid ?? outcome;
    }
    if (last.outcome === "paid") await this.record(paymentHash, { event: "settled" });
    else if (last.outcome === "cancelled") await this.record(paymentHash, { event: "cancelled" });
    else if (happened) await this.record(paymentHash, happened);
    return last;
  }

  /** Applies what happened to what the log holds, durably. */
  private async record(paymentHash: Uint8Array, happened: InitiationEvent): Promise<void> {
    const state = await this.log.loadInitiation(paymentHash);
    const next = nextInitiation(state, happened);
    if (next !== state) await this.log.saveInitiation(paymentHash, next);
  }
}
