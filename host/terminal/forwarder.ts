import type { Msat } from "../../common/msat.js";
import { pause } from "../../common/pause.js";
import { TokenBucket } from "../../common/token-bucket.js";
import { InitiationError, type InitiationLog } from "../../lightning/api/initiation.js";
import type { PaymentAnswer } from "../../lightning/api/outcome.js";
import { isTemporaryReason, REASON } from "../../lightning/api/reasons.js";
import type { PaymentSender } from "../../lightning/api/sender.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { UntrustedUriError } from "../../lightning/untrusted-uri-error.js";

/** An accepted sale on its way to the issuer. */
export interface ForwardedSale {
  /** Canonical. */
  readonly invoice: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Unix seconds. */
  readonly invoiceUntil: number;
  /** 149 bytes. */
  readonly token: Uint8Array;
  /** Where it is forwarded to. */
  readonly nodeUri: string;
}

/** Where accepted sales are kept until they end. Every change is durable when its method returns. */
export interface ForwardLog extends InitiationLog {
  /** Those whose next attempt is due, oldest first. @param now Unix seconds */
  due(now: number, limit: number): readonly ForwardedSale[];
  /** When the next one is due, Unix seconds; undefined: none is open. */
  nextDue(): number | undefined;
  paid(paymentHash: Uint8Array, received: Msat, paidAt: number): void;
  /** For good. @param reason code of the reject (specs/08 §5) */
  refused(paymentHash: Uint8Array, reason: number | undefined): void;
  /** Still open. @param at when to try again, Unix seconds, by how often it was tried */
  later(paymentHash: Uint8Array, at: (tries: number) => number): void;
}

/** What became of one attempt. */
export type ForwardResult = "paid" | "refused" | "open" | "unreachable";

export interface ForwarderParts {
  /** Opened with `log` as its log. */
  readonly sender: PaymentSender;
  readonly log: ForwardLog;
  /** Told of each attempt. */
  readonly onResult?: (sale: ForwardedSale, result: ForwardResult) => void;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number;
  /** Most sales that are asked for at the same time. Default 32: below what one peer may have in flight (specs/08 §4.3). */
  readonly maxInFlight?: number;
  /** Most requests a second. Default 200, also at once: below the 250 that issuers take from one peer by default (specs/08 §4.3). */
  readonly maxPerSecond?: number;
  /** Milliseconds before the first retry after nobody could be reached. Default 1,000; doubles up to a minute. */
  readonly firstPauseMs?: number;
}

const LONGEST_PAUSE_MS = 60_000;
/** Seconds before a sale is tried again that is still open; doubles with each attempt. */
const FIRST_RETRY_SECONDS = 15;
const LONGEST_RETRY_SECONDS = 3_600;
/** A sale is not given up before its invoice has expired for so long: this clock may be ahead by a day. */
const EXPIRED_SECONDS = 86_400;

/**
 * Forwards accepted sales to their issuers (specs/09 §6): oldest first, some at the same time, with pauses that grow.
 * Idempotent by payment hash, also where others forward the same sale, or it is forwarded often.
 */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #rate: TokenBucket;
  #wake = new AbortController();

  constructor(parts: ForwarderParts) {
    const { maxPerSecond = 200 } = parts;
    this.#parts = parts;
    this.#rate = new TokenBucket({ burst: maxPerSecond, perSecond: maxPerSecond }, performance.now());
  }

  /** There is a connection again, or a new sale: what is due is tried at once. */
  wake(): void {
    this.#wake.abort();
  }

  /** Forwards until `signal` aborts. @throws what the log throws */
  async run(signal: AbortSignal): Promise<void> {
    const { firstPauseMs = 1_000 } = this.#parts;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const results = await this.round(signal);
      const isAway = results.length > 0 && results.every((result) => result === "unreachable");
      const waitMs = isAway ? pauseMs : this.#untilDue();
      pauseMs = isAway ? Math.min(2 * pauseMs, LONGEST_PAUSE_MS) : firstPauseMs;
      if (results.length > 0 && !isAway) continue;
      await pause(waitMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /**
   * One attempt for each sale that is due now, oldest first. Ends early when a first bunch of them reaches nobody.
   * @returns what became of each
   * @throws what the log throws
   */
  async round(signal?: AbortSignal): Promise<readonly ForwardResult[]> {
    const { log, maxInFlight = 32 } = this.#parts;
    const results: ForwardResult[] = [];
    const due = log.due(this.#seconds(), 4 * maxInFlight);
    let unreachable = 0;
    const next = due[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (const sale of next) {
        if (signal?.aborted || unreachable >= maxInFlight) return;
        await pause(this.#rate.take(1, performance.now()), signal ?? new AbortController().signal);
        const result = await this.#forward(sale, signal);
        unreachable = result === "unreachable" ? unreachable + 1 : 0;
        results.push(result);
        this.#parts.onResult?.(sale, result);
      }
    };
    await Promise.all(Array.from({ length: Math.min(maxInFlight, due.length) }, work));
    return results;
  }

  async #forward(sale: ForwardedSale, signal: AbortSignal | undefined): Promise<ForwardResult> {
    const { log, sender } = this.#parts;
    const { invoice, paymentHash, token } = sale;
    try {
      const uri = parseNodeUri(sale.nodeUri);
      const answer = await sender.ask({ uri, token, invoice, paymentHash, ...(signal ? { signal } : {}) });
      return this.#record(sale, answer);
    } catch (error) {
      if (error instanceof InitiationError && error.code === "expired" && this.#isOver(sale)) {
        // Nobody paid in time, and the node takes no payment for it any more.
        log.refused(paymentHash, REASON.INVOICE_EXPIRED);
        return "refused";
      }
      if (
        !(
          error instanceof InitiationError ||
          error instanceof NodeError ||
          error instanceof UntrustedUriError
        )
      )
        throw error;
      this.#tryLater(sale);
      return error instanceof NodeError ? "unreachable" : "open";
    }
  }

  #record(sale: ForwardedSale, answer: PaymentAnswer): ForwardResult {
    const { log } = this.#parts;
    if (answer.outcome === "paid") {
      log.paid(sale.paymentHash, answer.settled.received, answer.settled.settledAt);
      return "paid";
    }
    // The merchant's own node cancelled it: it cannot be paid any more.
    if (answer.outcome === "cancelled") {
      log.refused(sale.paymentHash, undefined);
      return "refused";
    }
    if (answer.outcome === "rejected" && !isTemporaryReason(answer.reason)) {
      log.refused(sale.paymentHash, answer.reason);
      return "refused";
    }
    this.#tryLater(sale);
    return answer.outcome === "rejected" ? "open" : "unreachable";
  }

  #tryLater({ paymentHash }: ForwardedSale): void {
    const now = this.#seconds();
    this.#parts.log.later(
      paymentHash,
      (tries) => now + Math.min(FIRST_RETRY_SECONDS * 2 ** Math.min(tries - 1, 20), LONGEST_RETRY_SECONDS),
    );
  }

  #isOver({ invoiceUntil }: ForwardedSale): boolean {
    return this.#seconds() > invoiceUntil + EXPIRED_SECONDS;
  }

  #untilDue(): number {
    const next = this.#parts.log.nextDue();
    if (next === undefined) return LONGEST_PAUSE_MS;
    return Math.max(100, Math.min(next * 1000 - (this.#parts.now?.() ?? Date.now()), LONGEST_PAUSE_MS));
  }

  #seconds(): number {
    return Math.floor((this.#parts.now?.() ?? Date.now()) / 1000);
  }
}
