import { bytesToHex } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import type { LightningNode, PeerMessage } from "../nodes/port.js";
import { type CardBalance, decodeCardBalance } from "./card-balance.js";
import { type CardUpdate, decodeCardUpdate } from "./card-update.js";
import { decodeRefundAnswer, type RefundAnswer } from "./refund-answer.js";
import { decodeRejectPayment, type RejectPayment } from "./reject-payment.js";
import { MAX_PAYLOAD_LENGTH, PEER_MESSAGE } from "./wire.js";

/** How many messages of a peer are read for each request it was sent; what exceeds them is dropped unread. */
const MESSAGES_PER_REQUEST = 32;
/** How many peers, and requests of each, are remembered, so that an answer that comes late finds its way. */
const REMEMBERED_PEERS = 256;
const REMEMBERED_REQUESTS = 64;

/** Someone who asked a peer and waits for what it answers. */
export interface Asker {
  onReject?(reject: RejectPayment): void;
  onUpdate?(update: CardUpdate): void;
  onRefundAnswer?(answer: RefundAnswer): void;
  onBalance?(balance: CardBalance): void;
}

const ANSWERS: ReadonlySet<number> = new Set([
  PEER_MESSAGE.REJECT_PAYMENT,
  PEER_MESSAGE.CARD_UPDATE,
  PEER_MESSAGE.REFUND_ANSWER,
  PEER_MESSAGE.CARD_BALANCE,
]);

interface AskedPeer {
  /** By request hash, oldest first. */
  readonly requests: Map<string, Asker>;
  /** Messages of this peer that will still be read. */
  left: number;
}

/**
 * Sorts what peers answer to the requests they were sent. A message is believed only from the peer that was asked,
 * and only when it names the request by its hash (specs/08 §4.1). Peers that were not asked cost one look-up a
 * message, and those that were asked are read a bounded number of times.
 */
export class AnswerDesk {
  /** By node id, the one asked longest ago first. */
  private readonly peers = new Map<string, AskedPeer>();
  private readonly end: () => void;

  constructor(node: LightningNode) {
    this.end = node.onMessage((message) => this.take(message));
  }

  /**
   * Expects answers of `peer` to the request with this hash; a repeated request takes the place of the earlier one.
   * @param late who gets what comes after the waiting has ended, until it is forgotten
   * @returns the function that ends the waiting
   */
  expect(peer: Uint8Array, requestHash: Uint8Array, asker: Asker, late: Asker): () => void {
    const id = bytesToHex(peer);
    const hash = bytesToHex(requestHash);
    const { requests, left } = this.peers.get(id) ?? { requests: new Map<string, Asker>(), left: 0 };
    requests.delete(hash);
    requests.set(hash, asker);
    forgetOldest(requests, REMEMBERED_REQUESTS);
    this.peers.delete(id);
    this.peers.set(id, { requests, left: Math.min(left, MESSAGES_PER_REQUEST) + MESSAGES_PER_REQUEST });
    forgetOldest(this.peers, REMEMBERED_PEERS);
    return () => {
      if (requests.get(hash) === asker) requests.set(hash, late);
    };
  }

  close(): void {
    this.end();
    this.peers.clear();
  }

  private take({ peer, type, payload }: PeerMessage): void {
    if (!ANSWERS.has(type)) return;
    const asked = this.peers.get(bytesToHex(peer));
    if (!asked || asked.left === 0 || payload.length > MAX_PAYLOAD_LENGTH) return;
    asked.left--;
    try {
      if (type === PEER_MESSAGE.REJECT_PAYMENT) {
        const reject = decodeRejectPayment(payload);
        asked.requests.get(bytesToHex(reject.tokenHash))?.onReject?.(reject);
      } else if (type === PEER_MESSAGE.REFUND_ANSWER) {
        const answer = decodeRefundAnswer(payload);
        asked.requests.get(bytesToHex(answer.requestHash))?.onRefundAnswer?.(answer);
      } else if (type === PEER_MESSAGE.CARD_UPDATE) {
        const update = decodeCardUpdate(payload);
        asked.requests.get(bytesToHex(update.requestHash))?.onUpdate?.(update);
      } else {
        const balance = decodeCardBalance(payload);
        asked.requests.get(bytesToHex(balance.requestHash))?.onBalance?.(balance);
      }
    } catch (error) {
      // What cannot be read is no answer; the asker goes on waiting.
      if (!(error instanceof ParseError)) throw error;
    }
  }
}

function forgetOldest(map: Map<string, unknown>, keep: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= keep) return;
    map.delete(oldest);
  }
}
