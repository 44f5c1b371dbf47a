import { bytesToHex, utf8 } from "../../common/bytes.js";
import { ChequecardError } from "../../common/errors.js";
import type { RefundDesk as RefundTaker } from "../../lightning/api/authorizer.js";
import type { RefundReply } from "../../lightning/api/refund-answer.js";
import { type RefundRequest, refundDescription } from "../../lightning/api/refund-request.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { CreatedInvoice, LightningNode } from "../../lightning/nodes/port.js";
import { cardName } from "../ledger/accounts.js";
import {
  type AskedRefund,
  closeRefund,
  creditRefund,
  decideRefund,
  type OpenRefund,
  openRefund,
  openRefunds,
  type RefundDecision,
} from "../ledger/refunds.js";
import { milliseconds } from "../store/values.js";
import { nameOf } from "./payments.js";
import type { IssuerPorts } from "./ports.js";

/** How long the invoice of a refund can be paid: a merchant's node pays it at once. */
const EXPIRY_SECONDS = 600;

/** Places in the work at which the process may die; a test stops it at each. */
export type RefundStep =
  | "refund-invoice"
  | "refund-open"
  | "refund-paid"
  | "refund-credited"
  | "refund-cancelled";

/** What a refund desk works with: a node that takes money in, and no keys. */
export interface RefundPorts extends Pick<IssuerPorts, "store" | "nodeId" | "clock" | "log"> {
  readonly node: Pick<
    LightningNode,
    "createInvoice" | "cancelInvoice" | "lookupInvoice" | "onInvoiceSettled"
  >;
  readonly onStep?: (step: RefundStep) => void;
}

/**
 * Takes refunds of sales to the cards that paid (specs/08 §12): an invoice of the issuer's node for each, and a credit
 * for the card once that invoice is settled. What settles while nobody listens is found by {@link resolve}.
 */
export class RefundDesk implements RefundTaker {
  readonly #ports: RefundPorts;
  readonly #stop: () => void;
  readonly #inWork = new Set<Promise<void>>();

  constructor(ports: RefundPorts) {
    this.#ports = ports;
    this.#stop = ports.node.onInvoiceSettled((settled) => {
      const work = this.#alone(() => this.#credit(settled)).finally(() => this.#inWork.delete(work));
      this.#inWork.add(work);
    });
  }

  async requestRefund(request: RefundRequest, peer: Uint8Array): Promise<RefundReply | undefined> {
    try {
      return replyOf(await this.#decide({ ...request, peer }));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** @returns the decision; a refund that is allowed has its invoice then */
  async #decide(asked: AskedRefund): Promise<Decided> {
    const { store, node, nodeId, clock, log } = this.#ports;
    const first = await store.read((tx) => decideRefund(tx, asked, clock()));
    if (first.kind !== "allowed") return first;
    const made = await node.createInvoice({
      amount: asked.amount,
      description: refundDescription(asked),
      expirySeconds: EXPIRY_SECONDS,
    });
    this.#ports.onStep?.("refund-invoice");
    const invoice = { ...made, expiresAt: 1000 * made.expiresAt, node: nodeId };
    const decision = await openRefund(store, asked, first.sale, invoice, clock());
    if (decision.kind !== "allowed") {
      // Nobody was given it.
      await node.cancelInvoice(made.paymentHash);
      return decision;
    }
    this.#ports.onStep?.("refund-open");
    log.info(
      { event: "refund", refund: hashName(made), amount: `${asked.amount}` },
      "a refund was asked for",
    );
    return { kind: "known", invoice: made.invoice, refunded: decision.refunded };
  }

  /**
   * Looks after every refund of this node that is open: credits those whose invoice is settled, and gives up those whose
   * invoice can no longer be paid, or whose card is out of use.
   * @throws StoreError
   */
  async resolve(): Promise<void> {
    const { store, nodeId } = this.#ports;
    for (const open of await openRefunds(store, nodeId)) await this.#alone(() => this.#resolve(open));
  }

  /** Takes no more and resolves when what settled before is credited. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(this.#inWork);
  }

  async #resolve({ paymentHash, expiresAt, isRefused }: OpenRefund): Promise<void> {
    const { store, node, clock, log } = this.#ports;
    const found = await node.lookupInvoice(paymentHash);
    if (found.state === "settled") return await this.#credit({ paymentHash, ...found });
    const isOver = found.state !== "open" || clock() > milliseconds(expiresAt);
    if (!isOver && !isRefused) return;
    if (!(await this.#cancel(paymentHash))) return;
    this.#ports.onStep?.("refund-cancelled");
    if (found.state === "not-found")
      log.error(
        { event: "refund", alert: true, refund: hashName({ paymentHash }) },
        "the node has lost the invoice of a refund: what was paid for it is not credited",
      );
    await closeRefund(store, paymentHash, clock());
  }

  /** @returns whether the invoice certainly cannot be paid any more */
  async #cancel(paymentHash: Uint8Array): Promise<boolean> {
    try {
      await this.#ports.node.cancelInvoice(paymentHash);
      return true;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      // Its payment is being taken in: the next round finds it settled.
      if (error.code === "already-settled") return false;
      if (error.code === "already-cancelled" || error.code === "not-found") return true;
      throw error;
    }
  }

  async #credit(settled: Parameters<typeof creditRefund>[1]): Promise<void> {
    const { store, clock, log } = this.#ports;
    this.#ports.onStep?.("refund-paid");
    const credited = await creditRefund(store, settled, clock());
    this.#ports.onStep?.("refund-credited");
    if (!credited) return;
    const fields = { event: "refund", refund: hashName(settled), card: cardName(credited.card) };
    log.info({ ...fields, amount: `${credited.amount}` }, "a refund was credited");
    if (settled.received > credited.amount)
      log.warn({ ...fields, received: `${settled.received}` }, "more was paid than the refund's amount");
    if (credited.isOutOfUse)
      log.error(
        { ...fields, alert: true },
        'a refund came for a card that was taken out of use meanwhile: pay it out with "chequecard cards cash-out"',
      );
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const code = error instanceof ChequecardError ? error.code : "internal";
    this.#ports.log.error({ event: "refund", code, error: nameOf(error) }, "a refund could not be handled");
  }
}

type Decided = Exclude<RefundDecision, { kind: "allowed" }>;

const replyOf = (decided: Decided): RefundReply =>
  decided.kind === "known"
    ? { invoice: utf8(decided.invoice), reason: undefined, refunded: decided.refunded }
    : { invoice: undefined, reason: decided.reason, refunded: decided.refunded };

const hashName = ({ paymentHash }: Pick<CreatedInvoice, "paymentHash">): string => bytesToHex(paymentHash);
