import type { Initiation } from "./initiation.js";
import type { PaymentAnswer, PaymentOutcome } from "./outcome.js";

const NO_ANSWER: PaymentOutcome = { outcome: "unknown" };

/** An ask under way: the first ending that is reported counts, later ones change nothing. */
export class Waiting {
  /** What the sale's `save` was last given. */
  saved: Initiation;
  /** A sealed update for the card that came meanwhile. */
  cardUpdate: Uint8Array | undefined;
  /** The answer that the asker will get; set before anything can end. */
  answer: Promise<PaymentAnswer> | undefined;
  private end_: PaymentOutcome | undefined;
  private wake: (() => void) | undefined;

  constructor(saved: Initiation) {
    this.saved = saved;
  }

  get ending(): PaymentOutcome | undefined {
    return this.end_;
  }

  end(outcome: PaymentOutcome): void {
    this.end_ ??= outcome;
    this.wake?.();
  }

  /** The ending; `unknown` when none is reported within `timeoutMs` or before `signal` aborts. */
  async until(timeoutMs: number, signal?: AbortSignal): Promise<PaymentOutcome> {
    if (!this.end_ && !signal?.aborted)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", this.wake as () => void);
          resolve();
        };
        signal?.addEventListener("abort", this.wake, { once: true });
      });
    this.end(NO_ANSWER);
    return this.end_ ?? NO_ANSWER;
  }
}
