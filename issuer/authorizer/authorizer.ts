import { ChequecardError } from "../../common/errors.js";
import type { PaymentAuthorizer, Reply } from "../../lightning/api/authorizer.js";
import type { CardStatus } from "../../lightning/api/card-status.js";
import type { InitiatePayment } from "../../lightning/api/initiate-payment.js";
import { REASON } from "../../lightning/api/reason-codes.js";
import { cardName } from "../ledger/accounts.js";
import { isAccountedFor } from "../ledger/book-unmatched.js";
import type { Decision, Recorded } from "../ledger/decision.js";
import { uncheckedNodes } from "../ledger/payments-mark.js";
import { blob, milliseconds, nodeKey } from "../store/values.js";
import { VerificationError, type VerifiedAuthorization, verifyToken } from "../verify.js";
import { Answer, reject } from "./answer.js";
import { type CardFound, CardLookup } from "./card-lookup.js";
import { CardRate } from "./card-rate.js";
import { sealUpdate } from "./card-updates.js";
import type { AuthorizerConfig } from "./config.js";
import { LedgerWriter } from "./ledger-writer.js";
import { MissingKeys } from "./missing-keys.js";
import { nameOf, Payments } from "./payments.js";
import type { IssuerPorts } from "./ports.js";
import { alertUnmatched, settlePaid } from "./settle.js";
import { CardStatusDesk } from "./status.js";
import { waitForResolution } from "./wait.js";

/** Equal for tokens that state the same; the acknowledged sequence is left out (specs/03 §3 step 6). */
const nameOfAuthorization = ({
  card,
  counter,
  invoiceHash,
  amount,
  total,
  flags,
}: VerifiedAuthorization): string =>
  `${card}:${counter}:${invoiceHash.toString("hex")}:${amount}:${total}:${flags}`;

/** An authorization in work. */
interface Work {
  /** Its end, or as much as is known of it within the time for a payment. */
  readonly recorded: Promise<Recorded>;
  /** What was decided, once that is durable. */
  readonly durable: Promise<Recorded>;
}

/** Nobody hears what a Bolt Card gets: it takes no updates. */
const SILENT: Reply = { update: async () => {}, balance: async () => {}, reject: async () => {} };

/**
 * The issuer's decision about every payment that a peer asks for (specs/03): verify, decide and record, pay, settle. Each
 * authorization is paid at most once, however often and wherever it is presented; what is reserved when the process
 * dies is resolved by the reconciler.
 */
export class Authorizer implements PaymentAuthorizer {
  readonly payments: Payments;
  readonly writer: LedgerWriter;
  readonly #ports: IssuerPorts;
  readonly #config: AuthorizerConfig;
  readonly #node: bigint;
  readonly #cards: CardLookup;
  readonly #statuses: CardStatusDesk;
  readonly #missingKeys: MissingKeys;
  readonly #cardRate: CardRate;
  /** Authorizations in work, by what they state: the same again joins. */
  readonly #inWork = new Map<string, Work>();
  #pending = 0;
  #closed = false;

  constructor(ports: IssuerPorts, config: AuthorizerConfig) {
    this.#ports = ports;
    this.#config = config;
    this.#node = nodeKey(ports.nodeId);
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

  initiatePayment(request: InitiatePayment, reply: Reply): Promise<void> {
    return this.#handle(() => this.#present(request, reply));
  }

  async cardStatus(request: CardStatus, reply: Pick<Reply, "update" | "balance">): Promise<void> {
    await this.#handle(async () => {
      const opened = this.#statuses.read(request);
      const card = opened && (await this.#cards.find(opened.fields.cardId));
      if (!opened || !this.#statuses.isGenuine(opened, card) || !card) return;
      if (!this.#cardRate.takeStatus(card, opened.unsigned, this.#ports.monotonic())) return;
      const { pending, left } = await this.#statuses.record(opened);
      if (pending) await reply.update(await sealUpdate(this.#ports, card, pending));
      await reply.balance(left);
    });
  }

  /**
   * Pays for a reading of a Bolt Card, by the same pipeline (specs/10 §7.4).
   * @param authorization of a card that was found in the ledger
   * @param onEnd told of a payment that this call began; `open`: the reconciler ends it
   * @returns what was decided, once it is durable: the payment may still be in flight then
   * @throws StoreError when that is not known
   */
  async withdraw(
    authorization: VerifiedAuthorization,
    onEnd: (end: "paid" | "failed" | "open") => void = () => {},
  ): Promise<Decision> {
    const { onStep, monotonic } = this.#ports;
    const name = nameOfAuthorization(authorization);
    const isRepeat = this.#inWork.has(name);
    if (this.#closed || !this.#cardRate.take(authorization.record, name, isRepeat, monotonic()))
      return { kind: "refuse", reason: REASON.BUSY };
    this.#pending++;
    try {
      onStep("verified");
      const work = this.#join(name, authorization, new Answer(this.#ports, authorization, SILENT));
      // Nobody may wait for its end any more.
      work.recorded.catch(() => undefined);
      const { decision } = await work.durable;
      if (decision.kind === "reserve" && !isRepeat)
        work.recorded.then(
          (end) => onEnd(end.isPaid ? "paid" : end.decision.kind === "void" ? "failed" : "open"),
          () => onEnd("open"),
        );
      return decision;
    } finally {
      this.#pending--;
    }
  }

  /** Takes no more requests and resolves when those in work are answered and durable. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#inWork.values()].map(({ recorded }) => recorded));
    await this.writer.idle();
  }

  /**
   * A failure of our own is met with silence. A reject says that nothing is being paid for this token; where the ledger
   * could not answer, an earlier request or another process may have reserved it.
   */
  async #handle(work: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
    this.#pending++;
    try {
      await work();
    } catch (error) {
      const code = error instanceof ChequecardError ? error.code : "internal";
      this.#ports.log.error(
        { event: "internal", code, error: nameOf(error) },
        "a request could not be handled",
      );
    } finally {
      this.#pending--;
    }
  }

  async #present(request: InitiatePayment, reply: Reply): Promise<void> {
    const { onStep, monotonic } = this.#ports;
    onStep("received");
    const authorization = await this.#verify(request, reply);
    if (!authorization) return;
    // Rate limits of a card only now: anybody can make up a card id.
    const name = nameOfAuthorization(authorization);
    const isRepeat = authorization.record.isDecided || this.#inWork.has(name);
    if (!this.#cardRate.take(authorization.record, name, isRepeat, monotonic())) return;
    onStep("verified");
    if (authorization.problem && (await this.#mayBePaid(authorization))) return;
    const answer = new Answer(this.#ports, authorization, reply);
    const { decision, pending, left } = await this.#join(name, authorization, answer).recorded;
    // The update goes first: a reject ends the terminal's waiting.
    if (pending) await answer.update(pending);
    if ("reason" in decision) await answer.reject(decision.reason);
    else if (left !== undefined) await answer.balance(left);
  }

  /** @returns undefined when it is not genuine: that was said, or must not be */
  async #verify(
    { token, invoice }: InitiatePayment,
    reply: Reply,
  ): Promise<VerifiedAuthorization<CardFound> | undefined> {
    const { keys, signatures, network, nodeId, otherNodes, deputies, clock } = this.#ports;
    const { maxExpirySeconds, statusSkewSeconds, offline } = this.#config;
    // Which payees may have the longer one the ledger knows: that is a part of the decision.
    const longest = Math.max(maxExpirySeconds, offline?.forwardingWindowSeconds ?? 0);
    try {
      return await verifyToken({
        token,
        // Every byte is a character: those beyond ASCII are refused with the others that are not canonical.
        invoice: blob(invoice).toString("latin1"),
        sealKeys: (id) => keys.sealKey(id),
        findCard: (_, opened) => this.#cards.findFor(opened),
        signatures,
        network,
        now: Math.floor(clock() / 1000),
        ownNodes: [nodeId, ...otherNodes(), ...deputies],
        // The payee's clock may be ahead by as much as a card's status may.
        maxExpirySeconds: longest + statusSkewSeconds,
      });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      // Another service may have the key that is missing here, and be paying.
      const isSilent = error.code === "token-malformed" && (await this.#missingKeys.isFor(token));
      if (!isSilent) await reject(this.#ports, reply, error.reason);
      return undefined;
    }
  }

  /** The same authorization presented again while it is in work gets the same decision. */
  #join(name: string, authorization: VerifiedAuthorization, answer: Answer): Work {
    const there = this.#inWork.get(name);
    if (there) return there;
    const release = this.payments.hold(authorization);
    let onDurable: (recorded: Recorded) => void = () => {};
    const decided = new Promise<Recorded>((resolve) => {
      onDurable = resolve;
    });
    const recorded = this.#decideAndPay(authorization, answer, release, onDurable).finally(() => {
      release();
      this.#inWork.delete(name);
    });
    const durable = Promise.race([decided, recorded]);
    // Who waits for the end alone hears of a failure there.
    durable.catch(() => undefined);
    const work = { recorded, durable };
    this.#inWork.set(name, work);
    return work;
  }

  /**
   * @param release leaves to the reconciler what this request does not pay
   * @param onDurable told what was decided, before its payment has an end
   */
  async #decideAndPay(
    authorization: VerifiedAuthorization,
    answer: Answer,
    release: () => void,
    onDurable: (recorded: Recorded) => void,
  ): Promise<Recorded> {
    const { onStep, monotonic, log } = this.#ports;
    onStep("before-reserve");
    const started = monotonic();
    // Where the commit may have happened although it failed here, the reconciler will find the authorization.
    const recorded = await this.writer.decide(authorization);
    const { decision, pending, left, isNews } = recorded;
    switch (decision.kind) {
      case "refuse":
      case "void":
        return recorded;
      case "contradiction":
        if (isNews)
          log.error(
            {
              event: "clone",
              alert: true,
              card: cardName(authorization.card),
              counter: `${authorization.counter}`,
            },
            `card blocked: ${decision.words}`,
          );
        return recorded;
      case "known":
        release();
        if (decision.known.state !== "void") onDurable(recorded);
        return await this.#ended(authorization, recorded, decision.known);
      case "reserve":
        onStep("reserved");
        onDurable(recorded);
        if (decision.guaranteed)
          log.warn(
            {
              event: "guarantee",
              card: cardName(authorization.card),
              counter: `${authorization.counter}`,
              amount: `${authorization.amount}`,
              cause: decision.guaranteed,
            },
            "a payment is made from the guarantee; the card owes it",
          );
        if (pending) await answer.update(pending);
        if (left !== undefined) await answer.balance(left);
        if (decision.node !== this.#node) {
          release();
          return await this.#ended(authorization, recorded, { state: "reserved", reason: null });
        }
        // A process that slept through half of its lease leaves the payment to the reconciler.
        if (monotonic() - started > this.#config.leaseMs / 2) return recorded;
        return await this.#pay(authorization, decision, recorded);
    }
  }

  /** What was decided earlier. While it is being paid, by any process of any node, its end is waited for. */
  async #ended(
    authorization: VerifiedAuthorization,
    recorded: Recorded,
    known: Pick<Extract<Decision, { kind: "known" }>["known"], "state" | "reason">,
  ): Promise<Recorded> {
    if (known.state === "settled") return recorded;
    const end =
      known.state === "void"
        ? { ...known, pending: recorded.pending }
        : await waitForResolution(this.#ports, authorization, this.#config.payTimeoutMs);
    if (end?.state !== "void") return recorded;
    const decision = { kind: "void", reason: milliseconds(end.reason ?? 0n) } as const;
    return { ...recorded, decision, pending: end.pending };
  }

  /** Pays and settles. @returns another decision where the payment failed for certain */
  async #pay(
    authorization: VerifiedAuthorization,
    { maxFee, maxCltv, held, feeShortOf, isRetried }: Extract<Decision, { kind: "reserve" }>,
    recorded: Recorded,
  ): Promise<Recorded> {
    const { onStep, log, owner } = this.#ports;
    const { card, counter, amount, paymentHash, invoice, decoded, amountless } = authorization;
    const request = { invoice, decoded, maxFee, maxCltv, timeoutMs: this.#config.payTimeoutMs };
    const paid = await this.payments.pay(authorization, amountless ? { ...request, amount } : request);
    try {
      if (paid.state === "settled") {
        onStep("paid");
        const { preimage, fee } = paid;
        const reserved = { decidedAt: recorded.decidedAt, maxFee, held };
        const settlement = { card, counter, amount, paymentHash, preimage, fee, reserved };
        await settlePaid(this.#ports, this.writer, settlement);
        onStep("settled");
        if (fee > maxFee) log.warn({ event: "fee", fee: `${fee}` }, "the node paid more fee than allowed");
        return { ...recorded, isPaid: true };
      } else if (paid.state === "failed") {
        onStep("failed");
        // The reconciler goes on with it: what was sold offline stays good (specs/09 §8).
        if (isRetried) return recorded;
        const reason = feeShortOf ? REASON.FEE_TOO_HIGH : REASON.PAYMENT_FAILED;
        const { voided, pending } = await this.writer.void(authorization, { owner }, reason);
        onStep("voided");
        if (voided) return { ...recorded, decision: { kind: "void", reason }, pending };
      }
    } catch (error) {
      // The end is not in the ledger: it stays reserved, and the reconciler finds it out again.
      log.error({ event: "store", error: nameOf(error) }, "an outcome could not be recorded");
    }
    return recorded;
  }

  /**
   * Before an invoice is refused for good because it cannot be paid any more, the node is asked: it may have paid it
   * under a reservation that the ledger lost. Then the payment is booked, and the decision takes it into account. The
   * other nodes' services find what their nodes paid; a check of theirs that began after the invoice expired found all.
   * @returns true while that is unknown: nothing may be decided then
   * @throws StoreError
   */
  async #mayBePaid({ paymentHash, amount, expiresAt, problem }: VerifiedAuthorization): Promise<boolean> {
    const { store, clock } = this.#ports;
    if (problem?.code === "wrong-amount") return false;
    if (await isAccountedFor(store, paymentHash)) return false;
    const state = await this.payments.lookUp(paymentHash);
    if (state.state === "settled") {
      const { preimage, fee } = state;
      const paid = { node: this.#node, paymentHash, preimage, amount, fee, sentAt: clock() };
      await alertUnmatched(this.#ports, [paid]);
      return false;
    }
    if (state.state === "unknown") return true;
    const since = expiresAt < clock() ? expiresAt : undefined;
    return (await uncheckedNodes(store, this.#node, clock(), since)).length > 0;
  }
}
