import { equalBytes, utf8 } from "../../common/bytes.js";
import type { Msat } from "../../common/msat.js";
import type { Asker } from "./answers.js";
import type { PaymentAnswer, PaymentOutcome } from "./outcome.js";

/** A request in flight: the first ending that is reported counts, later ones change nothing. */
export class PendingRequest {
  /** A sealed update for the card that came meanwhile. */
  cardUpdate: Uint8Array | undefined;
  /** What is left for that card, where its issuer tells. */
  left: Msat | undefined;
  /** The answer that the asker will get. */
  answer: Promise<PaymentAnswer> | undefined;
  /** Resolves with the first ending. */
  readonly over: Promise<PaymentOutcome>;
  private first: PaymentOutcome | undefined;
  private report: (outcome: PaymentOutcome) => void = () => {};
  private readonly signal: AbortSignal | undefined;
  private readonly giveUp = (): void => this.end({ outcome: "unknown" });

  /** @param signal ends the waiting as `unknown` */
  constructor(signal?: AbortSignal) {
    this.over = new Promise((resolve) => {
      this.report = resolve;
    });
    this.signal = signal;
    signal?.addEventListener("abort", this.giveUp);
    if (signal?.aborted) this.giveUp();
  }

  get ending(): PaymentOutcome | undefined {
    return this.first;
  }

  end(outcome: PaymentOutcome): void {
    this.first ??= outcome;
    this.report(this.first);
    this.signal?.removeEventListener("abort", this.giveUp);
  }

  /** Takes what the payer answers for this invoice. */
  asker(invoice: string): Asker {
    const asked = utf8(invoice);
    return {
      onReject: ({ invoice, reason }) => {
        if (equalBytes(invoice, asked)) this.end({ outcome: "rejected", reason });
      },
      onUpdate: ({ update }) => {
        this.cardUpdate ??= update;
      },
      onBalance: ({ left }) => {
        this.left = left;
      },
    };
  }

  /** The ending; `unknown` when none is reported within `timeoutMs`. */
  async until(timeoutMs: number): Promise<PaymentOutcome> {
    const timer = setTimeout(this.giveUp, timeoutMs);
    try {
      return await this.over;
    } finally {
      clearTimeout(timer);
    }
  }
}
