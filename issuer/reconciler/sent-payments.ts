import type { SentPayment } from "../../lightning/nodes/port.js";
import type { IssuerPorts } from "../authorizer/index.js";
import { nameOf } from "../authorizer/payments.js";
import { alertUnmatched } from "../authorizer/settle.js";
import { type PaidByNode, withoutAuthorization } from "../ledger/book-unmatched.js";
import { readMark, writeMark } from "../ledger/payments-mark.js";
import { provesPayment } from "../ledger/resolve.js";
import { type GapClaim, matchSettled } from "../ledger/unmatched.js";
import { nodeKey } from "../store/values.js";

/** How far the node's clock may be from this process's, and be set, without a payment being overlooked in a round. */
const MARGIN_MS = 3_600_000;
/** The same for the first round of a process, and for one a day. */
const DEEP_MARGIN_MS = 3 * 24 * 3_600_000;
const DEEP_EVERY_MS = 24 * 3_600_000;
/** The mark is moved in steps, so that a quiet service writes nothing. */
const STEP_MS = 60_000;

/** What the node has sent, held against the ledger. */
export interface SentPaymentsRound {
  /** Payments found now that no authorization accounts for. */
  readonly found: number;
  /** Payments in flight that none accounts for: what becomes of them is not known yet. */
  readonly inFlight: readonly GapClaim[];
}

/**
 * Goes through what the node has sent since the last round and finds what the ledger does not account for: settled
 * under a void counter, or under a reservation that a failed database forgot (specs/03 §4). How far it came is kept in
 * the ledger: one that is set back to an earlier state is gone through again from there.
 */
export class SentPayments {
  readonly #ports: IssuerPorts;
  readonly #node: bigint;
  /** When a deep round was last done, by the monotonic clock. */
  #deepAt: number | undefined;

  constructor(ports: IssuerPorts) {
    this.#ports = ports;
    this.#node = nodeKey(ports.nodeId);
  }

  /**
   * @returns undefined when the node could not tell everything: then nothing may be concluded
   * @throws StoreError
   */
  async check(): Promise<SentPaymentsRound | undefined> {
    const { store, clock, monotonic, log } = this.#ports;
    const node = this.#node;
    const [now, began] = [clock(), monotonic()];
    const { since: begin, checked, clearAt } = await readMark(store, node, now);
    const mark = checked ?? begin;
    const isDeep = this.#deepAt === undefined || began - this.#deepAt >= DEEP_EVERY_MS;
    const since = Math.max(begin, Math.min(mark, now) - (isDeep ? DEEP_MARGIN_MS : MARGIN_MS));
    const inFlight: GapClaim[] = [];
    let found = 0;
    let oldest = now;
    for (let page: string | undefined, isLast = false; !isLast; isLast = page === undefined) {
      const answer = await this.#list(since, page);
      if (!answer) return undefined;
      const { paid, open } = this.#sort(answer.payments);
      found += await alertUnmatched(this.#ports, await withoutAuthorization(store, store.db, paid));
      for (const { startedAt } of open) oldest = Math.min(oldest, startedAt * 1000);
      const unaccounted = await withoutAuthorization(
        store,
        store.db,
        open.map((payment) => ({ ...payment, node })),
      );
      for (const { amount } of unaccounted) inFlight.push({ card: null, counter: null, amount });
      page = answer.next;
    }
    for (const { payment_hash } of await matchSettled(store, now))
      log.info(
        { event: "matched", paymentHash: payment_hash.toString("hex") },
        "an unmatched payment was matched to its authorization",
      );
    if (isDeep) this.#deepAt = began;
    // Back too: what began while the clock is behind lies before a mark that was made by a clock that was right.
    const isClear = inFlight.length === 0;
    if (Math.abs(oldest - mark) >= STEP_MS || (isClear && Math.abs(now - (clearAt ?? 0)) >= STEP_MS))
      await writeMark(store, node, { checked: oldest, clearAt: isClear ? now : undefined });
    return { found, inFlight };
  }

  async #list(since: number, page: string | undefined) {
    const { node, log } = this.#ports;
    try {
      return await node.listPayments({ since: Math.floor(since / 1000), page });
    } catch (error) {
      log.warn({ event: "node", error: nameOf(error) }, "the node did not list its payments");
      return undefined;
    }
  }

  /** Paid for certain, and not yet decided. */
  #sort(payments: readonly SentPayment[]): { readonly paid: PaidByNode[]; readonly open: SentPayment[] } {
    const paid: PaidByNode[] = [];
    const open: SentPayment[] = [];
    for (const payment of payments) {
      const { paymentHash, amount, startedAt, state } = payment;
      if (state.state === "failed") continue;
      if (state.state === "settled" && provesPayment(paymentHash, state.preimage)) {
        const { preimage, fee } = state;
        paid.push({ node: this.#node, paymentHash, preimage, amount, fee, sentAt: startedAt * 1000 });
        continue;
      }
      if (state.state === "settled")
        this.#ports.log.error({ event: "wrong-preimage" }, "the node gave a preimage that proves nothing");
      open.push(payment);
    }
    return { paid, open };
  }
}
