import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, ParseError } from "../../common/index.js";
import { NodeError } from "../nodes/errors.js";
import type { LightningNode, PeerMessage } from "../nodes/port.js";
import { Admission, DEFAULT_REQUEST_LIMITS, type RequestLimits } from "./admission.js";
import type { PaymentAuthorizer } from "./authorizer.js";
import { decodeCardStatus } from "./card-status.js";
import { encodeCardUpdate } from "./card-update.js";
import { decodeInitiatePayment } from "./initiate-payment.js";
import type { ReceiverEvent, RequestAbout } from "./receiver-events.js";
import { encodeRejectPayment } from "./reject-payment.js";
import { PEER_MESSAGE } from "./wire.js";

/** Bounds that are not given are those of {@link DEFAULT_REQUEST_LIMITS}. */
export interface ReceiverOptions extends Partial<RequestLimits> {
  /** How far the time in `card_status` may be from ours, in seconds. Default 600. */
  readonly maxStatusSkewSeconds?: number;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
  /** Milliseconds of a clock that nobody sets. Default: the system's. */
  readonly monotonic?: () => number;
  /** Told what became of every request: for logs and counters. Must not throw. */
  readonly onEvent?: (event: ReceiverEvent) => void;
}

/**
 * The payer's side (specs/08 §4.3): takes `initiate_payment` and `card_status` from peers, asks the authorizer, and
 * answers on the connection that asked or not at all. Everything a stranger can send is bounded before it is looked
 * at. A request that exceeds a bound is met with silence, never with a reject: a reject says for certain that nothing
 * is being paid, and a request that was not looked at may repeat one that is.
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
    if (type !== PEER_MESSAGE.INITIATE_PAYMENT && type !== PEER_MESSAGE.CARD_STATUS) return;
    const about = { peer: bytesToHex(peer), type };
    const cause = this.admission.admit(message, () => this.decide(message, about));
    if (cause) this.tell({ ...about, event: "ignored", cause });
  }

  private async decide(message: PeerMessage, about: RequestAbout): Promise<void> {
    try {
      if (message.type === PEER_MESSAGE.CARD_STATUS) await this.answerStatus(message, about);
      else await this.answerInitiation(message, about);
    } catch (error) {
      if (error instanceof ParseError) this.tell({ ...about, event: "ignored", cause: "malformed" });
      else if (error instanceof NodeError && error.code === "not-connected")
        this.tell({ ...about, event: "undeliverable" });
      else this.tell({ ...about, event: "failed", error });
    }
  }

  private async answerInitiation({ peer, payload }: PeerMessage, about: RequestAbout): Promise<void> {
    const { token, invoice } = decodeInitiatePayment(payload);
    let early = false;
    const { outcome, reason, cardUpdate } = await this.authorizer.initiatePayment({
      peer,
      token,
      invoice,
      onCardUpdate: async (update) => {
        try {
          early = await this.sendUpdate(peer, token, update);
        } catch (error) {
          // The peer left: the update is repeated with a later token, the payment goes on.
          if (!(error instanceof NodeError)) throw error;
        }
      },
    });
    // The update goes first: the reject ends the terminal's waiting.
    const updated = (await this.sendUpdate(peer, token, cardUpdate)) || early;
    if (outcome === "accepted") {
      await this.keepPlace(peer);
      this.tell({ ...about, event: "accepted", updated });
      return;
    }
    const reject = encodeRejectPayment({ tokenHash: sha256(token), invoice, reason });
    await this.node.sendMessage(peer, PEER_MESSAGE.REJECT_PAYMENT, reject);
    this.tell({ ...about, event: "rejected", reason, updated });
  }

  private async answerStatus({ peer, payload }: PeerMessage, about: RequestAbout): Promise<void> {
    const status = decodeCardStatus(payload);
    const skew = status.time - BigInt(Math.floor(this.now() / 1000));
    const most = BigInt(this.options.maxStatusSkewSeconds ?? 600);
    if (skew > most || -skew > most) {
      this.tell({ ...about, event: "ignored", cause: "stale" });
      return;
    }
    const update = await this.authorizer.cardStatus({ peer, ...status });
    this.tell({ ...about, event: "answered", updated: await this.sendUpdate(peer, status.status, update) });
  }

  private async keepPlace(peer: Uint8Array): Promise<void> {
    try {
      await this.node.keepPlace?.(peer);
    } catch (error) {
      // A node that has closed has no places to keep; the payment stands.
      if (!(error instanceof NodeError)) throw error;
    }
  }

  private async sendUpdate(peer: Uint8Array, request: Uint8Array, update?: Uint8Array): Promise<boolean> {
    if (!update) return false;
    const payload = encodeCardUpdate({ requestHash: sha256(request), update });
    await this.node.sendMessage(peer, PEER_MESSAGE.CARD_UPDATE, payload);
    return true;
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }

  private tell(event: ReceiverEvent): void {
    this.options.onEvent?.(event);
  }
}
