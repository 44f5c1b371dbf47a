import type { Authorization, OpenedMessage } from "../../apdu/index.js";
import { ChequecardError, type Msat } from "../../common/index.js";
import type {
  AuthorizationOutcome,
  CardStatusRequest,
  InitiatePaymentRequest,
  PaymentAuthorizer,
} from "../../lightning/api/authorizer.js";
import { describeReason, REASON } from "../../lightning/api/reasons.js";
import { checkedInvoice, type Invoice } from "../../lightning/bolt11/index.js";
import type { PaymentLookup } from "../../lightning/nodes/port.js";
import { cardName } from "../ledger/accounts.js";
import type { Applied } from "../ledger/apply.js";
import { provesPayment } from "../ledger/resolve.js";
import { withoutAuthorization } from "../ledger/unmatched.js";
import { milliseconds } from "../store/values.js";
import { type CardRecord, provenFacts, signerOf, VerificationError } from "../verify.js";
import { CardLookup } from "./card-lookup.js";
import { CardRate } from "./card-rate.js";
import { sealUpdate } from "./card-updates.js";
import type { AuthorizerConfig } from "./config.js";
import type { Question } from "./decide.js";
import { type Decided, LedgerWriter } from "./ledger-writer.js";
import { MissingKeys } from "./missing-keys.js";
import { accepted, type Outcome, rejected } from "./outcome.js";
import { nameOf, Payments } from "./payments.js";
import type { IssuerPorts } from "./ports.js";
import { questionOf, readRequest } from "./read-request.js";
import { CardStatusDesk } from "./status.js";
import { alertUnmatched } from "./unmatched.js";
import { waitForResolution } from "./wait.js";

/**
 * No answer at all. A reject says that nothing is being paid for this token; where the ledger was not asked, or
 * could not answer, the same token may have been reserved by an earlier request or another process.
 */
const SILENCE: AuthorizationOutcome = { outcome: "accepted" };

/** Equal for tokens that state the same; the acknowledged sequence is left out (specs/03 §3 step 6). */
const nameOfStatement = ({ card, counter, invoiceHash, amount, total, flags }: Question): string =>
  [card, counter, invoiceHash.toString("hex"), amount, total, flags].join(":");

/** Told of the card's pending update once an authorization is reserved, before it is paid. */
type OnReserved = (pending: Outcome["pending"]) => Promise<void>;

/**
 * The issuer's decision about every payment that a peer asks for (specs/03): verify, decide, reserve, pay,
 * settle or give back. Each authorization is paid at most once, however often and wherever it is presented; what
 * is reserved when the process dies is resolved by the reconciler.
 */
export class Authorizer implements PaymentAuthorizer {
  readonly payments: Payments;
  readonly writer: LedgerWriter;
  readonly #ports: IssuerPorts;
  readonly #config: AuthorizerConfig;
  readonly #cards: CardLookup;
  readonly #statuses: CardStatusDesk;
  readonly #missingKeys: MissingKeys;
  readonly #cardRate: CardRate;
  /** Requests under way, by card, counter and invoice: the same again joins. */
  readonly #underWay = new Map<string, Promise<Outcome>>();
  #pending = 0;
  #closed = false;

  constructor(ports: IssuerPorts, config: AuthorizerConfig) {
    this.#ports = ports;
    this.#config = config;
    this.payments = new Payments(ports);
    this.writer = new LedgerWriter(ports, config);
    this.#cards = new CardLookup(ports.store, config.maxBatch);
    this.#cardRate = new CardRate(config.cardRate);
    this.#statuses = new CardStatusDesk(ports);
    this.#missingKeys = new MissingKeys(ports);
  }

  /** Requests being worked on. */
  get pending(): number {
    return this.#pending;
  }

  async initiatePayment(request: InitiatePaymentRequest): Promise<AuthorizationOutcome> {
    if (this.#closed) return SILENCE;
    this.#pending++;
    try {
      return await this.#initiate(request);
    } catch (error) {
      const code = error instanceof ChequecardError ? error.code : "internal";
      this.#ports.log.error(
        { event: "internal", code, error: nameOf(error) },
        "a request could not be handled",
      );
      return SILENCE;
    } finally {
      this.#pending--;
    }
  }

  async cardStatus(request: CardStatusRequest): Promise<Uint8Array | undefined> {
    if (this.#closed) return undefined;
    this.#pending++;
    try {
      const opened = this.#statuses.read(request);
      if (!opened) return undefined;
      const card = await this.#cards.find(opened.fields.cardId);
      if (!this.#statuses.isGenuine(opened, card) || !card) return undefined;
      if (!this.#cardRate.takeStatus(card, opened.unsigned, this.#ports.monotonic())) return undefined;
      const limits = await this.#statuses.record(opened);
      return limits && (await sealUpdate(this.#ports, card, limits));
    } catch (error) {
      this.#ports.log.error({ event: "internal", error: nameOf(error) }, "a status could not be handled");
      return undefined;
    } finally {
      this.#pending--;
    }
  }

  /** Takes no more requests and resolves when those under way are answered and durable. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay.values());
    await this.writer.idle();
  }

  async #initiate(request: InitiatePaymentRequest): Promise<AuthorizationOutcome> {
    this.#ports.onStep("received");
    const read = readRequest(request, this.#ports.keys);
    if (typeof read === "number") {
      if (read === REASON.TOKEN_NOT_ACCEPTED && (await this.#missingKeys.isFor(request.token)))
        return SILENCE;
      return this.#answer(rejected(read), undefined, undefined);
    }
    const { record: card, isDecided } = await this.#cards.findFor(read.opened);
    const { payee, signed } = await this.#ports.signatures.check({
      invoice: read.invoice.signed,
      token: read.opened,
      signer: signerOf(card),
    });
    if (!payee) return this.#answer(rejected(REASON.INVOICE_MALFORMED), undefined, undefined);
    const invoice = checkedInvoice(read.invoice, payee);
    const reason = this.#genuineness(read.opened, invoice, card, signed);
    // Rate limits of a card only now: anybody can make up a card id.
    if (reason !== undefined || !card)
      return this.#answer(rejected(reason ?? REASON.TOKEN_NOT_ACCEPTED), undefined, undefined);
    const question = questionOf(read.opened, invoice, this.#ports, this.#config, this.#ports.clock());
    const name = nameOfStatement(question);
    const isRepeat = isDecided || this.#underWay.has(name);
    if (!this.#cardRate.take(card, name, isRepeat, this.#ports.monotonic())) return SILENCE;
    this.#ports.onStep("verified");
    if (question.problem !== undefined && (await this.#mayBePaid(question, invoice.amount))) return SILENCE;
    let delivered: Outcome["pending"];
    const { onCardUpdate } = request;
    const outcome = await this.#join(name, question, async (pending) => {
      if (!onCardUpdate || !pending) return;
      const update = await this.#seal(card, pending);
      if (!update) return;
      await onCardUpdate(update);
      delivered = pending;
    });
    const again = outcome.pending?.sequence === delivered?.sequence;
    return this.#answer(again ? { ...outcome, pending: undefined } : outcome, question, card);
  }

  /** @returns a reason code when it is refused: the same whether the card is unknown or did not sign */
  #genuineness(
    opened: OpenedMessage<Authorization>,
    invoice: Invoice,
    card: CardRecord | undefined,
    signed: boolean,
  ): number | undefined {
    try {
      provenFacts(opened, invoice, card, signed);
      return undefined;
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      // A genuine token for another amount is used up: the ledger decides about it.
      if (error.code === "wrong-amount") return undefined;
      return error.code === "wrong-invoice" ? REASON.TOKEN_OTHER_INVOICE : REASON.TOKEN_NOT_ACCEPTED;
    }
  }

  /** The same statement presented again while it is under way gets the same outcome. */
  async #join(name: string, question: Question, onReserved: OnReserved): Promise<Outcome> {
    const there = this.#underWay.get(name);
    if (there) return await there;
    const outcome = this.#authorize(question, onReserved).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, outcome);
    return await outcome;
  }

  async #authorize(question: Question, onReserved: OnReserved): Promise<Outcome> {
    const release = this.payments.hold(question);
    try {
      return await this.#decideAndPay(question, onReserved, release);
    } finally {
      release();
    }
  }

  /** @param release what this request does not pay is the reconciler's, also while its end is waited for */
  async #decideAndPay(question: Question, onReserved: OnReserved, release: () => void): Promise<Outcome> {
    this.#ports.onStep("before-reserve");
    const started = this.#ports.monotonic();
    // Where the commit may have happened although it failed here, the reconciler will find the authorization.
    const decided = await this.writer.decide(question);
    const { decision, applied } = decided;
    switch (decision.kind) {
      case "refuse":
      case "void":
        return rejected(decision.reason, applied?.pending);
      case "contradiction":
        if (applied?.isNews)
          this.#ports.log.error(
            { event: "clone", alert: true, card: cardName(question.card), counter: `${question.counter}` },
            `card blocked: ${decision.words}`,
          );
        return rejected(decision.reason, applied?.pending);
      case "known":
        release();
        return await this.#known(question, decided, applied?.pending);
      case "reserve":
        this.#ports.onStep("reserved");
        await onReserved(applied?.pending);
        if (!applied) throw new Error("a reservation is always recorded");
        return await this.#pay(question, decision, started, applied);
    }
  }

  /** What was decided earlier; while it is being paid, here or by another process, its end is waited for. */
  async #known(question: Question, { decision }: Decided, pending: Outcome["pending"]): Promise<Outcome> {
    if (decision.kind !== "known") return accepted(pending);
    const { state, reason } = decision.known;
    if (state === "settled") return accepted(pending);
    if (state === "void") return rejected(milliseconds(reason ?? 0n), pending);
    const resolved = await waitForResolution(this.#ports, question, this.#config.payTimeoutMs);
    if (resolved?.state !== "void") return accepted(pending);
    return rejected(milliseconds(resolved.reason ?? 0n), resolved.pending);
  }

  async #pay(
    question: Question,
    terms: Extract<Decided["decision"], { kind: "reserve" }>,
    started: number,
    { account, pending }: Applied,
  ): Promise<Outcome> {
    // A process that slept through half of its lease leaves the payment to the reconciler.
    if (this.#ports.monotonic() - started > this.#config.leaseMs / 2) return accepted(pending);
    const { card, counter, amount, paymentHash, invoice, amountless } = question;
    const { maxFee, maxCltv, held } = terms;
    const order = { card, counter, amount, paymentHash, invoice, amountless, maxFee, maxCltv };
    const state = await this.payments.pay(order, this.#config.payTimeoutMs);
    try {
      if (state.state === "settled") {
        this.#ports.onStep("paid");
        const { preimage, fee } = state;
        const reserved = { decidedAt: account.decided_at, maxFee, held };
        const booked = await this.writer.settle({
          card,
          counter,
          amount,
          paymentHash,
          preimage,
          fee,
          reserved,
        });
        // Settled by another process; or void, or gone from the ledger: then it is nobody's.
        if (!booked) await this.#paidForNothing(question, preimage, fee);
        this.#ports.onStep("settled");
        if (state.fee > terms.maxFee)
          this.#ports.log.warn({ event: "fee", fee: `${state.fee}` }, "the node paid more fee than allowed");
      } else if (state.state === "failed") {
        this.#ports.onStep("failed");
        const { owner } = this.#ports;
        const reason = terms.feeShortOf ? REASON.FEE_TOO_HIGH : REASON.PAYMENT_FAILED;
        const result = await this.writer.void(question, { owner }, reason);
        this.#ports.onStep("voided");
        if (result.voided) return rejected(reason, result.pending);
      }
    } catch (error) {
      // The outcome is not in the ledger: it stays reserved, and the reconciler finds it out again.
      this.#ports.log.error({ event: "store", error: nameOf(error) }, "an outcome could not be recorded");
    }
    return accepted(pending);
  }

  /**
   * Before an invoice is refused for good because it cannot be paid any more, the node is asked: it may have paid it
   * under a reservation that the ledger lost. Then the payment is booked, and the decision takes it into account.
   * @returns true while nobody can tell: nothing may be decided then
   * @throws StoreError
   */
  async #mayBePaid({ paymentHash, amount }: Question, invoiceAmount: Msat | undefined): Promise<boolean> {
    const { store, node, clock, log } = this.#ports;
    if (invoiceAmount !== undefined && invoiceAmount !== amount) return false;
    const unaccounted = await withoutAuthorization(store, store.db, [{ paymentHash }]);
    if (unaccounted.length === 0) return false;
    const state = await node.lookupPayment(paymentHash).catch((error: unknown): PaymentLookup => {
      log.warn({ event: "node", error: nameOf(error) }, "the node did not answer a look-up");
      return { state: "unknown" };
    });
    if (state.state !== "settled") return state.state === "unknown";
    const { preimage, fee } = state;
    if (!provesPayment(paymentHash, preimage)) return true;
    await alertUnmatched(this.#ports, [{ paymentHash, preimage, amount, fee, sentAt: clock() }]);
    return false;
  }

  async #paidForNothing(question: Question, preimage: Uint8Array, fee: Msat): Promise<void> {
    const { card, counter, amount, paymentHash } = question;
    const sentAt = this.#ports.clock();
    await alertUnmatched(this.#ports, [
      { paymentHash, preimage, amount, fee, sentAt, key: { card, counter } },
    ]);
  }

  async #answer(
    { reason, pending }: Outcome,
    question: Question | undefined,
    card: CardRecord | undefined,
  ): Promise<AuthorizationOutcome> {
    const cardUpdate = card && pending ? await this.#seal(card, pending) : undefined;
    if (reason !== undefined)
      this.#ports.log.info(
        {
          event: "rejected",
          reason,
          name: describeReason(reason).name,
          ...(question ? { card: cardName(question.card), counter: `${question.counter}` } : {}),
        },
        describeReason(reason).log,
      );
    return {
      ...(reason === undefined ? { outcome: "accepted" } : { outcome: "rejected", reason }),
      ...(cardUpdate ? { cardUpdate } : {}),
    };
  }

  /** Without its keys the issuer still answers; the update waits for the next tap. */
  async #seal(card: CardRecord, pending: NonNullable<Outcome["pending"]>): Promise<Uint8Array | undefined> {
    try {
      return await sealUpdate(this.#ports, card, pending);
    } catch (error) {
      this.#ports.log.error({ event: "keys", error: nameOf(error) }, "an update could not be signed");
      return undefined;
    }
  }
}
