import { ChequecardError, pause } from "../common/index.js";
import { shownMsat } from "../common/languages/shown.js";
import { SENTENCES } from "../common/languages/spoken.js";
import { cancelSentence, refundSale, type Sale, SaleError } from "../host/index.js";
import { NodeError } from "../lightning/nodes/errors.js";
import type { CommandContext } from "./command-context.js";
import type { OpenTerminal } from "./terminal-session.js";

/** So long a start waits for the end of what was left, before it sells on. */
const PATIENCE_MS = 2_000;
/** Between two attempts while the node or the disk cannot do it. */
const RETRY_MS = 5_000;

type LeftoversParts = Pick<OpenTerminal, "terminal" | "store" | "node">;

/**
 * Finishes what an earlier run left: sales for which a payer may be paying are asked for again, the others are given up;
 * refunds that were not confirmed are completed. What takes long goes on beside the next sales.
 */
export class Leftovers {
  readonly #context: CommandContext;
  readonly #parts: LeftoversParts;
  readonly #close = new AbortController();
  /** By number of the sale. */
  readonly #running = new Map<number, Promise<void>>();

  constructor(context: CommandContext, parts: LeftoversParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Looks after every unfinished sale. No other one may be open. Returns soon, whatever can be reached. */
  async take(): Promise<void> {
    const patience = new AbortController();
    const taken = this.#parts.store.unfinished().filter(({ number }) => !this.#running.has(number));
    for (const sale of taken) {
      this.#context.note(SENTENCES.sale.leftUnfinished(sale.number, shownMsat(sale.amount)));
      this.#running.set(
        sale.number,
        this.#lookAfter(sale).finally(() => this.#running.delete(sale.number)),
      );
    }
    const all = Promise.all(taken.map(({ number }) => this.#running.get(number)));
    const signal = AbortSignal.any([patience.signal, this.#context.signal]);
    await Promise.race([all, pause(PATIENCE_MS, signal)]).finally(() => patience.abort());
    for (const { number } of taken)
      if (this.#running.has(number)) this.#context.note(SENTENCES.sale.leftForLater(number));
  }

  /** Sees pending refunds through. */
  async refunds(): Promise<void> {
    const { node, store } = this.#parts;
    for (const { number, refund } of store.pendingRefunds()) {
      if (!refund) continue;
      try {
        const { refund: now } = await refundSale({ node, store }, number, refund.invoice);
        const { finishedPaid, finishedOpen } = SENTENCES.refund;
        this.#context.note((now?.state === "paid" ? finishedPaid : finishedOpen)(number));
      } catch (error) {
        if (!(error instanceof SaleError || error instanceof NodeError)) throw error;
        this.#say(error);
      }
    }
  }

  /** Gives up what is not finished by now, as far as the node can be asked; the next start goes on with the rest. */
  async close(): Promise<void> {
    this.#close.abort();
    await Promise.all(this.#running.values());
  }

  async #lookAfter(sale: Sale): Promise<void> {
    const { terminal } = this.#parts;
    const signal = AbortSignal.any([this.#close.signal, this.#context.signal]);
    const { finishedPaid, finishedCancelled } = SENTENCES.sale;
    const onNotice = (sentence: string) => this.#context.note(SENTENCES.sale.ofSale(sale.number, sentence));
    for (let said = ""; ; ) {
      const isLast = signal.aborted;
      try {
        const { state, ...done } = await terminal.settle(sale, { onNotice }, signal);
        const end = state === "paid" ? finishedPaid : finishedCancelled;
        this.#context.note(end(sale.number, cancelSentence(done)));
        return;
      } catch (error) {
        if (!(error instanceof ChequecardError)) throw error;
        if (error.message !== said) this.#say(error);
        said = error.message;
        if (isLast) return;
        await pause(RETRY_MS, signal);
      }
    }
  }

  #say({ message, hint }: ChequecardError): void {
    this.#context.note([message, hint].filter(Boolean).join(" "));
  }
}

/** Finishes what an earlier run left, beside what `use` does. */
export async function withLeftovers<T>(
  context: CommandContext,
  parts: LeftoversParts,
  use: (leftovers: Leftovers) => Promise<T>,
): Promise<T> {
  const leftovers = new Leftovers(context, parts);
  try {
    await leftovers.take();
    await leftovers.refunds();
    return await use(leftovers);
  } finally {
    await leftovers.close();
  }
}
