import { TransportError } from "../../apdu/transport.js";
import { ChequecardError } from "../../common/errors.js";
import { SENTENCES, TERMINAL } from "../../common/languages/spoken.js";
import type { Msat } from "../../common/msat.js";
import { pause } from "../../common/pause.js";
import type { ChargeRequest, SaleDisplay } from "../../host/terminal/parts.js";
import type { Sale } from "../../host/terminal/sale.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import { cancelSentence } from "../../host/terminal/sentences.js";
import type { Terminal } from "../../host/terminal/terminal.js";
import { HttpProblem } from "../problem.js";

/** A charge as those who watch it see it. */
export interface ChargeView {
  readonly sale: Sale;
  /** The last sentence for the merchant: why not, and what next. */
  readonly notice: string | undefined;
  /** The card wants its PIN, for the n-th time. */
  readonly pin: { readonly triesLeft?: number } | undefined;
  /** On the card after the payment, where its issuer tells. */
  readonly left: Msat | undefined;
  /** What the reader and the payer are at, while the sale is open. */
  readonly step: ChargeStep | undefined;
}

/**
 * `waiting`: for a card or a phone. `card`: one is read. `torn`: it was taken away too early. `refused`: `notice` says why, and
 * another one may pay. `pin`: the card wants it. `paying`: the payer is asked.
 */
export const CHARGE_STEPS = ["waiting", "card", "torn", "refused", "pin", "paying"] as const;
type ChargeStep = (typeof CHARGE_STEPS)[number];

/** A till with a reader: one charge at a time. */
export interface CounterParts {
  readonly terminal: Terminal;
  readonly store: SaleStore;
  readonly cardTaken: (signal: AbortSignal) => Promise<void>;
  /** Aborts when the till ends: the charge that is open is cancelled. */
  readonly signal: AbortSignal;
}

interface ActiveCharge {
  readonly giveUp: AbortController;
  number: number | undefined;
  notice: string | undefined;
  step: Exclude<ChargeStep, "pin">;
  left: Msat | undefined;
  pin: { readonly triesLeft?: number; answer(pin: string | undefined): void } | undefined;
  /** The sale is final, and the card lies there still. */
  isOver: boolean;
}

const RETRY_MS = 2_000;
/** Longest wait of a cancellation for the node. */
const CANCEL_MS = 20_000;

const isFinal = ({ state }: Sale): boolean => state !== "open" && state !== "cancelling";

/** Sells for clients that ask over a network, with the same terminal that a keyboard would. */
export class Counter {
  readonly #parts: CounterParts;
  readonly #watchers = new Set<(view: ChargeView) => void>();
  readonly #over = new Map<number, Pick<ActiveCharge, "notice" | "left">>();
  #active: ActiveCharge | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: CounterParts) {
    this.#parts = parts;
    parts.store.observe(({ number }) => this.#publish(number));
  }

  /** Number of the sale that is open at the reader. */
  get openNumber(): number | undefined {
    return this.#active?.isOver ? undefined : this.#active?.number;
  }

  /**
   * Opens a sale; it goes on by itself until it is final. Under a request key there is one sale.
   * @returns the sale, whose invoice can be shown
   * @throws HttpProblem `busy` while another is open; NodeError when there is no invoice
   */
  async charge(request: ChargeRequest & { readonly requestKey: string }): Promise<Sale> {
    const { store, terminal } = this.#parts;
    const before = store.requested(request.requestKey);
    if (before) return before;
    this.expectFree();
    const active: ActiveCharge = {
      giveUp: new AbortController(),
      number: undefined,
      notice: undefined,
      step: "waiting",
      left: undefined,
      pin: undefined,
      isOver: false,
    };
    this.#active = active;
    return await new Promise<Sale>((resolve, reject) => {
      const display = this.#display(active, resolve);
      const signal = AbortSignal.any([this.#parts.signal, active.giveUp.signal]);
      this.#running = this.#carry(
        active,
        (again) =>
          again ? terminal.finish(again, display, signal) : terminal.charge(request, display, signal),
        () => store.requested(request.requestKey),
      ).then(resolve, reject);
    });
  }

  /** @throws HttpProblem `busy` */
  expectFree(): void {
    if (!this.#active) return;
    const { isOver, number } = this.#active;
    throw isOver
      ? new HttpProblem(409, "busy", SENTENCES.sale.takeCard)
      : new HttpProblem(409, "busy", TERMINAL.refusal.isOpen(String(number ?? "")));
  }

  /**
   * Makes a sale unpayable and final.
   * @returns the sale: `cancelled`, `paid` when the money was there first, or `cancelling` while the node is away
   * @throws SaleError `not-found`; NodeError
   */
  async cancel(number: number): Promise<Sale> {
    const { store, terminal } = this.#parts;
    const sale = store.get(number);
    if (isFinal(sale)) return sale;
    const active = this.#active;
    if (active?.number !== number) return await terminal.cancel(number);
    active.giveUp.abort();
    const patience = new AbortController();
    await Promise.race([this.#untilFinal(number, patience.signal), pause(CANCEL_MS, patience.signal)]);
    patience.abort();
    return store.get(number);
  }

  /** Hands the card's PIN to the sale that waits for it; undefined gives it up. @throws HttpProblem `no-pin-wanted` */
  givePin(number: number, pin: string | undefined): void {
    const wanted = this.#active?.number === number ? this.#active.pin : undefined;
    if (!wanted) throw new HttpProblem(409, "no-pin-wanted", TERMINAL.refusal.noPinWanted(number));
    wanted.answer(pin);
  }

  /** @throws SaleError `not-found` */
  view(number: number): ChargeView {
    const sale = this.#parts.store.get(number);
    const live = this.#active?.number === number ? this.#active : this.#over.get(number);
    const pin = this.#active?.number === number ? this.#active.pin : undefined;
    const why = sale.state === "cancelled" ? cancelSentence(sale) : undefined;
    return {
      sale,
      notice: why ?? (isFinal(sale) ? undefined : live?.notice),
      pin: pin && (pin.triesLeft === undefined ? {} : { triesLeft: pin.triesLeft }),
      left: live?.left,
      step: stepOf(sale, this.#active?.number === number ? this.#active : undefined),
    };
  }

  /** Has every change of a charge reported. @returns ends that */
  watch(watcher: (view: ChargeView) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Resolves when nothing is open any more; the signal has aborted. */
  async end(): Promise<void> {
    await this.#running;
  }

  #display(active: ActiveCharge, opened: (sale: Sale) => void): SaleDisplay {
    const changed = () => this.#publish(active.number);
    return {
      onOpen: (sale) => {
        active.number = sale.number;
        changed();
        opened(sale);
      },
      onCard: () => {
        active.step = "card";
        active.notice = undefined;
        changed();
      },
      onStep: (step) => {
        if (step !== "tap") return;
        active.step = "paying";
        changed();
      },
      onNotice: (sentence, why) => {
        active.notice = sentence;
        active.step = why ?? active.step;
        changed();
      },
      onLeft: (left) => {
        active.left = left;
      },
      askPin: (retry, signal) =>
        new Promise((resolve) => {
          const answer = (pin: string | undefined): void => {
            active.pin = undefined;
            signal?.removeEventListener("abort", stop);
            changed();
            resolve(pin);
          };
          const stop = () => answer(undefined);
          active.pin = { ...retry, answer };
          signal?.addEventListener("abort", stop, { once: true });
          if (signal?.aborted) stop();
          else changed();
        }),
    };
  }

  /** Until the sale is final, whatever the node does meanwhile, and the card is taken away. */
  async #carry(
    active: ActiveCharge,
    attempt: (again: Sale | undefined) => Promise<Sale>,
    find: () => Sale | undefined,
  ): Promise<Sale> {
    const { signal } = this.#parts;
    let done: Sale | undefined;
    try {
      for (let again: Sale | undefined; !done; )
        try {
          done = await attempt(again);
        } catch (error) {
          again = find();
          if (!again || !(error instanceof ChequecardError) || signal.aborted) throw error;
          active.number = again.number;
          active.notice = [error.message, error.hint].filter(Boolean).join(" ");
          this.#publish(again.number);
          await pause(RETRY_MS, signal);
        }
    } catch (error) {
      this.#active = undefined;
      throw error;
    }
    const { number } = done;
    active.number = number;
    active.isOver = true;
    this.#over.set(number, active);
    for (const [first] of this.#over) if (this.#over.size > MAX_REMEMBERED) this.#over.delete(first);
    this.#publish(number);
    void this.#untilTaken(active);
    return done;
  }

  async #untilTaken(active: ActiveCharge): Promise<void> {
    try {
      await this.#parts.cardTaken(this.#parts.signal);
    } catch (error) {
      if (!(error instanceof TransportError)) active.notice = SENTENCES.sale.takeCard;
    }
    if (this.#active === active) this.#active = undefined;
  }

  #untilFinal(number: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = this.watch(({ sale }) => {
        if (sale.number !== number || !isFinal(sale)) return;
        end();
        resolve();
      });
      signal.addEventListener("abort", () => end(), { once: true });
    });
  }

  #publish(number: number | undefined): void {
    if (number === undefined) return;
    const view = this.view(number);
    for (const watcher of [...this.#watchers]) watcher(view);
  }
}

/** A sale that an earlier run left is being paid, where a payer may be. */
function stepOf(sale: Sale, active: ActiveCharge | undefined): ChargeStep | undefined {
  if (sale.state !== "open") return undefined;
  if (!active) return sale.token ? "paying" : "waiting";
  return active.pin ? "pin" : active.step;
}

/** Charges whose last sentences are remembered. */
const MAX_REMEMBERED = 64;
