import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import { NodeError } from "../nodes/errors.js";
import type { LightningNode, PeerMessage } from "../nodes/port.js";
import { Admission, DEFAULT_REQUEST_LIMITS, type RequestLimits } from "./admission.js";
import type { PaymentAuthorizer, RefundDesk, Reply } from "./authorizer.js";
import { encodeCardBalance } from "./card-balance.js";
import { decodeCardStatus } from "./card-status.js";
import { encodeCardUpdate } from "./card-update.js";
import { decodeInitiatePayment } from "./initiate-payment.js";
import type { ReceiverEvent, RequestAbout, RequestEnd } from "./receiver-events.js";
import { encodeRefundAnswer } from "./refund-answer.js";
import { decodeRefundRequest, refundRequestHash } from "./refund-request.js";
import { encodeRejectPayment } from "./reject-payment.js";
import { PEER_MESSAGE } from "./wire.js";

/** Bounds that are not given are those of {@link DEFAULT_REQUEST_LIMITS}. */
export interface ReceiverOptions extends Partial<RequestLimits> {
  /** How far the time in `card_status` may be from ours, in seconds. Default 600. */
  readonly maxStatusSkewSeconds?: number;
  /** Answers requests for refunds to cards. Default: they are ignored. */
  readonly refunds?: RefundDesk;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
  /** Milliseconds of a monotonic clock. Default: the system's. */
  readonly monotonic?: () => number;
  /** Called with the result of every request: for logs and counters. Must not throw. */
  readonly onEvent?: (event: ReceiverEvent) => void;
}

/**
 * The payer's side (specs/08 §4.3): takes `initiate_payment`, `card_status` and `refund_request` from peers, asks the
 * authorizer or the refund desk, and answers on the connection that asked or not at all. Everything a stranger can send is bounded before it is looked
 * at. A request that exceeds a bound is met with silence, never with a reject: a reject says for certain that nothing
 * is being paid, and a request that was not read may repeat one that is.
 */
export class PaymentReceiver {
  private readonly node: LightningNode;
  private readonly authorizer: PaymentAuthorizer;
  private readonly options: ReceiverOptions;
  private readonly admission: Admission;
  private readonly stop: () => void;

  /** Takes requests from now on. */
  constructor(node: LightningNode, authorizer: PaymentAuthorizer, options: ReceiverOptions = {}) {
    this.node = node;
    this.authorizer = authorizer;
    this.options = options;
    const { monotonic = () => performance.now() } = options;
    this.admission = new Admission({ ...DEFAULT_REQUEST_LIMITS, ...options }, monotonic);
    this.stop = node.onMessage((message) => this.take(message));
  }

  /** Takes no more requests and resolves when those in flight are answered. The node stays open. */
  async close(): Promise<void> {
    this.stop();
    await this.admission.idle();
  }

  private take(message: PeerMessage): void {
    const { type, peer } = message;
    if (!this.takes(type)) return;
    const about = { peer: bytesToHex(peer), type };
    const cause = this.admission.admit(message, () => this.decide(message, about));
    if (cause) this.tell({ ...about, event: "ignored", cause });
  }

  private takes(type: number): boolean {
    if (type === PEER_MESSAGE.REFUND_REQUEST) return this.options.refunds !== undefined;
    return type === PEER_MESSAGE.INITIATE_PAYMENT || type === PEER_MESSAGE.CARD_STATUS;
  }

  private async decide(message: PeerMessage, about: RequestAbout): Promise<void> {
    try {
      this.tell({ ...about, ...(await this.answer(message)) });
    } catch (error) {
      if (error instanceof ParseError) this.tell({ ...about, event: "ignored", cause: "malformed" });
      else if (error instanceof NodeError && error.code === "not-connected")
        this.tell({ ...about, event: "undeliverable" });
      else this.tell({ ...about, event: "failed", error });
    }
  }

  private async answer({ peer, type, payload }: PeerMessage): Promise<RequestEnd> {
    if (type === PEER_MESSAGE.CARD_STATUS) {
      const status = decodeCardStatus(payload);
      const skew = status.time - BigInt(Math.floor(this.now() / 1000));
      const most = BigInt(this.options.maxStatusSkewSeconds ?? 600);
      if (skew > most || -skew > most) return { event: "ignored", cause: "stale" };
      const reply = new PeerReply(this.node, peer, sha256(status.status));
      await this.authorizer.cardStatus(status, reply);
      return { event: "answered", updated: reply.isUpdated() };
    }
    if (type === PEER_MESSAGE.REFUND_REQUEST) return await this.answerRefund(peer, payload);
    const request = decodeInitiatePayment(payload);
    const reply = new PeerReply(this.node, peer, sha256(request.token), request.invoice);
    await this.authorizer.initiatePayment(request, reply);
    const { reason } = reply;
    if (reason === undefined) await this.keepPlace(peer);
    const updated = reply.isUpdated();
    return reason === undefined ? { event: "accepted", updated } : { event: "rejected", reason, updated };
  }

  private async answerRefund(peer: Uint8Array, payload: Uint8Array): Promise<RequestEnd> {
    const request = decodeRefundRequest(payload);
    const answer = await this.options.refunds?.requestRefund(request, peer);
    if (!answer) return { event: "unanswered" };
    const sent = encodeRefundAnswer({ ...answer, requestHash: refundRequestHash(request) });
    await this.node.sendMessage(peer, PEER_MESSAGE.REFUND_ANSWER, sent);
    return answer.invoice
      ? { event: "answered", updated: false }
      : { event: "refund-refused", reason: answer.reason };
  }

  private async keepPlace(peer: Uint8Array): Promise<void> {
    try {
      await this.node.keepPlace?.(peer);
    } catch (error) {
      // A node that has closed has no places to keep; the payment stands.
      if (!(error instanceof NodeError)) throw error;
    }
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }

  private tell(event: ReceiverEvent): void {
    this.options.onEvent?.(event);
  }
}

/** The connection that a request came on. What could not be sent is reported at the end. */
class PeerReply implements Reply {
  reason: number | undefined;
  readonly #node: LightningNode;
  readonly #peer: Uint8Array;
  readonly #requestHash: Uint8Array;
  readonly #invoice: Uint8Array;
  #updated = false;
  #failure: unknown;

  constructor(
    node: LightningNode,
    peer: Uint8Array,
    requestHash: Uint8Array,
    invoice: Uint8Array = new Uint8Array(0),
  ) {
    this.#node = node;
    this.#peer = peer;
    this.#requestHash = requestHash;
    this.#invoice = invoice;
  }

  async update(update: Uint8Array): Promise<void> {
    const payload = encodeCardUpdate({ requestHash: this.#requestHash, update });
    if (await this.#send(PEER_MESSAGE.CARD_UPDATE, payload)) this.#updated = true;
  }

  async balance(left: Msat | undefined): Promise<void> {
    // It ends the peer's waiting (specs/08 §3.7), and the update that could not be sent is still to come.
    if (this.#failure) return;
    const payload = encodeCardBalance({ requestHash: this.#requestHash, left });
    await this.#send(PEER_MESSAGE.CARD_BALANCE, payload);
  }

  async reject(reason: number): Promise<void> {
    this.reason = reason;
    const payload = encodeRejectPayment({ tokenHash: this.#requestHash, invoice: this.#invoice, reason });
    await this.#send(PEER_MESSAGE.REJECT_PAYMENT, payload);
  }

  /** Whether the card was sent an update. @throws what kept an answer from being sent */
  isUpdated(): boolean {
    if (this.#failure) throw this.#failure;
    return this.#updated;
  }

  async #send(type: number, payload: Uint8Array): Promise<boolean> {
    try {
      await this.#node.sendMessage(this.#peer, type, payload);
      return true;
    } catch (error) {
      this.#failure ??= error;
      return false;
    }
  }
}
