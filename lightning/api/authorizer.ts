import type { Msat } from "../../common/msat.js";
import type { CardStatus } from "./card-status.js";
import type { InitiatePayment } from "./initiate-payment.js";
import type { RefundReply } from "./refund-answer.js";
import type { RefundRequest } from "./refund-request.js";

/**
 * What goes back to the peer that asked, on the connection that asked. None ever fails: a peer that went away
 * gets nothing, and is not dialed.
 */
export interface Reply {
  /**
   * Gives the card a sealed update, 149 bytes. It may come before anything is paid, since the card still lies on the
   * merchant's reader then.
   */
  update(sealedUpdate: Uint8Array): Promise<void>;
  /**
   * Tells what is left for the card, after the payment that is asked for. @param left undefined: it is not told
   */
  balance(left: Msat | undefined): Promise<void>;
  /** Nothing is and nothing will be paid with this token; the last word. @param reason code of specs/08 §5 */
  reject(reason: number): Promise<void>;
}

/**
 * Decides about refunds to cards that peers ask for (specs/08 §12). The issuer service implements it; the receiver role
 * of `lightning/api` calls it. Never rejects for anything a peer can send.
 */
export interface RefundDesk {
  /**
   * @param peer node id of who asks, 33 bytes: the connection proves it
   * @returns the answer; undefined for a failure of its own, which is met with silence
   */
  requestRefund(request: RefundRequest, peer: Uint8Array): Promise<RefundReply | undefined>;
}

/**
 * Decides about payments that peers ask for. The issuer service implements it; the receiver role of
 * `lightning/api` calls it. Never rejects for anything a peer can send.
 */
export interface PaymentAuthorizer {
  /** Resolves when all is said. Without a reject: accepted, or not known. */
  initiatePayment(request: InitiatePayment, reply: Reply): Promise<void>;
  /** Gives the update that is pending for the card, if any, and then says what is left, or that it does not tell. */
  cardStatus(request: CardStatus, reply: Pick<Reply, "update" | "balance">): Promise<void>;
}
