import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "../../common/bytes.js";
import { type Rate, TokenBuckets } from "../../common/token-bucket.js";
import type { PeerMessage } from "../nodes/port.js";
import type { IgnoredCause } from "./receiver-events.js";
import { MAX_PAYLOAD_LENGTH } from "./wire.js";

/** How much peers may ask (specs/08 §4.3). */
export interface RequestLimits {
  /** Requests of one peer. */
  readonly ratePerPeer: Rate;
  /** Requests of one peer that are decided at the same time. */
  readonly maxInFlightPerPeer: number;
  /** Requests of all peers that are decided at the same time. */
  readonly maxInFlight: number;
  /** Peers whose rate is remembered. */
  readonly maxPeers: number;
}

export const DEFAULT_REQUEST_LIMITS: RequestLimits = {
  // A node that forwards what its terminals accepted offline presents some 200 tokens a second.
  ratePerPeer: { burst: 400, perSecond: 250 },
  maxInFlightPerPeer: 64,
  maxInFlight: 4096,
  maxPeers: 4096,
};

/** Admits requests of peers before anything in them is read, and knows those in flight. */
export class Admission {
  readonly #limits: RequestLimits;
  readonly #monotonic: () => number;
  readonly #rates: TokenBuckets;
  /** By peer and by what they are. */
  readonly #inFlight = new Map<string, Map<string, Promise<void>>>();
  #count = 0;

  constructor(limits: RequestLimits, monotonic: () => number) {
    this.#limits = limits;
    this.#monotonic = monotonic;
    this.#rates = new TokenBuckets(limits.ratePerPeer, limits.maxPeers);
  }

  /**
   * Has a request decided, unless it exceeds a bound.
   * @param decide must not reject
   * @returns why it is not read
   */
  admit({ peer, type, payload }: PeerMessage, decide: () => Promise<void>): IgnoredCause | undefined {
    const { maxInFlight, maxInFlightPerPeer } = this.#limits;
    if (payload.length > MAX_PAYLOAD_LENGTH) return "too-large";
    const id = bytesToHex(peer);
    if (!this.#rates.take(id, this.#monotonic())) return "rate";
    const requests = this.#inFlight.get(id) ?? new Map<string, Promise<void>>();
    if (this.#count >= maxInFlight || requests.size >= maxInFlightPerPeer) return "busy";
    const request = `${type}/${bytesToHex(sha256(payload))}`;
    // The one answer that is coming serves both.
    if (requests.has(request)) return "duplicate";
    this.#inFlight.set(id, requests);
    this.#count++;
    requests.set(
      request,
      decide().finally(() => {
        requests.delete(request);
        if (requests.size === 0) this.#inFlight.delete(id);
        this.#count--;
      }),
    );
    return undefined;
  }

  /** Resolves when everything that is being decided now is decided. */
  async idle(): Promise<void> {
    await Promise.all([...this.#inFlight.values()].flatMap((requests) => [...requests.values()]));
  }
}
