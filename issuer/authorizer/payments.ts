import type { PaymentLookup, PaymentRequest, PaymentState } from "../../lightning/nodes/port.js";
import { type AuthorizationKey, provesPayment } from "../ledger/resolve.js";
import type { IssuerPorts } from "./ports.js";

/** How much longer than its time limit a node may take before its answer is given up on. */
const GRACE_MS = 5_000;

/**
 * The payments that this process has handed to the node and has no answer to yet. While one is among them no caller
 * here may conclude from the node's silence that it was not sent.
 */
export class Payments {
  readonly #ports: Pick<IssuerPorts, "node" | "log">;
  readonly #active = new Set<string>();
  /** How many requests are about to reserve and pay it. */
  readonly #held = new Map<string, number>();

  constructor(ports: Pick<IssuerPorts, "node" | "log">) {
    this.#ports = ports;
  }

  /** Whether a request may still hand this authorization to the node, or such a call has not come back. */
  isActive({ card, counter }: AuthorizationKey): boolean {
    const name = `${card}:${counter}`;
    return this.#active.has(name) || this.#held.has(name);
  }

  /**
   * Counts an authorization as active from before it is reserved, so that no round of the reconciler takes one for
   * left behind that is about to be paid.
   * @returns ends it, when nothing will be paid for it by this request any more
   */
  hold({ card, counter }: AuthorizationKey): () => void {
    const name = `${card}:${counter}`;
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#held.get(name) ?? 1) - 1;
      if (left > 0) this.#held.set(name, left);
      else this.#held.delete(name);
    };
  }

  /**
   * Pays, and says what is certain. Whatever the node throws says nothing about the payment: `unknown`. So does
   * a preimage that proves nothing.
   */
  pay(
    { card, counter, paymentHash }: AuthorizationKey & { readonly paymentHash: Uint8Array },
    request: PaymentRequest & { readonly timeoutMs: number },
  ): Promise<PaymentState> {
    const name = `${card}:${counter}`;
    this.#active.add(name);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, request.timeoutMs + GRACE_MS, { state: "unknown" });
      timer.unref();
      void this.#call(paymentHash, request).then((state) => {
        clearTimeout(timer);
        this.#active.delete(name);
        resolve(state);
      });
    });
  }

  /** What the node knows of a payment. @returns `unknown` as well where it does not answer, or proves nothing */
  async lookUp(paymentHash: Uint8Array): Promise<PaymentLookup> {
    try {
      const state = await this.#ports.node.lookupPayment(paymentHash);
      if (state.state !== "settled" || provesPayment(paymentHash, state.preimage)) return state;
      this.#ports.log.error({ event: "wrong-preimage" }, "the node gave a preimage that proves nothing");
    } catch (error) {
      this.#ports.log.warn({ event: "node", error: nameOf(error) }, "the node did not answer a look-up");
    }
    return { state: "unknown" };
  }

  async #call(paymentHash: Uint8Array, request: PaymentRequest): Promise<PaymentState> {
    try {
      const state = await this.#ports.node.pay(request);
      if (state.state !== "settled" || provesPayment(paymentHash, state.preimage)) return state;
      this.#ports.log.error({ event: "wrong-preimage" }, "the node gave a preimage that proves nothing");
    } catch (error) {
      this.#ports.log.warn({ event: "node", error: nameOf(error) }, "the node did not answer a payment");
    }
    return { state: "unknown" };
  }
}

/** What may be logged of an error. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown error");
