import { REASON } from "../../lightning/api/reasons.js";
import type { Behaviour } from "../../testing/nodes/scripted-node.js";

/** One authorization that a card made, whether or not anybody saw it. */
export interface ModelToken {
  readonly card: number;
  readonly counter: number;
  readonly amount: bigint;
  /** The card's total after it. */
  readonly total: bigint;
  readonly serial: number;
  /** Milliseconds. */
  readonly expiresAt: number;
  readonly behaviour: Behaviour;
  state: "unseen" | "reserved" | "settled" | "void";
  reason?: number;
  /** When it was reserved: never before the card's decision before it. */
  decidedAt: number;
  /** Highest routing fee while it is in flight, the fee paid when it is settled. */
  fee: bigint;
  /** Its route takes nothing; else all that it may. */
  readonly isFree: boolean;
  /** When its counter was known to exist. */
  knownAt?: number;
  /** When a round first found `knownAt` yet to come, by the clock that only runs. */
  aheadSince?: number;
  lease?: ModelLease;
  /** What the node knows of its payment. */
  payment: "none" | "in flight" | "settled" | "failed";
}

interface ModelLease {
  owner: number;
  until: number;
  /** No other process ever had it. */
  alone: boolean;
  /** When a round first found it to end later than any lease taken then, by the clock that only runs. */
  beyondSince?: number;
  /** When its owner first found it in a round, by the same clock. */
  heldSince?: number;
}

export interface ModelCard {
  /** Paid in and not paid out. */
  funded: bigint;
  /** Highest that was signed for it: it never falls, whatever is paid out. */
  credit: bigint;
  state: "active" | "blocked";
  /** In the order of their counters. */
  readonly tokens: ModelToken[];
  /** Amounts released so far. */
  voided: bigint;
  /** Its policy has it bear routing fees. */
  readonly bearsFees: boolean;
  /** When the last authorization was decided. */
  decidedAt: number;
  /** A Bolt Card: a reading that is not paid for leaves nothing behind. */
  readonly isRead: boolean;
}

/** Routing fees allowed in 24 hours and in 30 days. */
interface ModelBudget {
  readonly day: bigint;
  readonly month: bigint;
}

export interface ModelConfig {
  readonly leaseMs: number;
  readonly payTimeoutMs: number;
  readonly expiryMarginMs: number;
  readonly presentationAgeMs: number;
  readonly minRemainingMs: number;
  /** Msat of the smallest payment that the cards' policy allows. */
  readonly least: bigint;
  readonly maxFee: { readonly base: bigint; readonly ppm: bigint };
  readonly cardFees: ModelBudget;
  readonly issuerFees: ModelBudget;
  /** Payments that a card may have in flight. */
  readonly inFlightPerCard: number;
}

const HOUR = 3_600_000;

/**
 * What the issuer must do, in the plainest form: one list of what each card really authorized, searched from end
 * to end. It shares neither tables nor formulas with the service: it knows the amounts that the service infers.
 */
export class LedgerModel {
  readonly cards: ModelCard[];
  readonly #config: ModelConfig;
  owner = 1;
  now: number;
  /** Milliseconds that passed, whatever the clock was set to. */
  running = 0;

  /** @param bearing which cards bear routing fees; @param read which are Bolt Cards */
  constructor(
    funded: readonly bigint[],
    bearing: ReadonlySet<number>,
    read: ReadonlySet<number>,
    now: number,
    config: ModelConfig,
  ) {
    this.cards = funded.map((amount, i) => {
      const bearsFees = bearing.has(i);
      return {
        funded: amount,
        credit: amount,
        state: "active",
        tokens: [],
        voided: 0n,
        bearsFees,
        decidedAt: 0,
        isRead: read.has(i),
      };
    });
    this.now = now;
    this.#config = config;
  }

  spent(card: ModelCard): bigint {
    return card.tokens
      .filter(({ state }) => state === "reserved" || state === "settled")
      .reduce((sum, { amount }) => sum + amount, 0n);
  }

  /** Fees set aside for its payments in flight. */
  held(card: ModelCard): bigint {
    if (!card.bearsFees) return 0n;
    return card.tokens.filter(({ state }) => state === "reserved").reduce((sum, { fee }) => sum + fee, 0n);
  }

  left(card: ModelCard): bigint {
    return card.funded - this.spent(card) - this.held(card);
  }

  fund(card: ModelCard, amount: bigint): void {
    card.funded += amount;
    this.#sign(card);
  }

  /** All that is left is paid out, and the card blocked. @returns what is handed out; 0: refused */
  cashOut(card: ModelCard): bigint {
    const amount = this.left(card);
    if (amount > 0n) card.state = "blocked";
    card.funded -= amount;
    return amount;
  }

  /** Presents a token that the card made. @returns the reason of a reject, undefined when accepted */
  present(token: ModelToken): number | undefined {
    const card = this.cards[token.card] as ModelCard;
    if (token.state === "void") return token.reason ?? REASON.TOKEN_VOID;
    if (token.state !== "unseen") return undefined;
    if (card.state === "blocked") return REASON.CARD_ON_HOLD;
    const refusal = this.#refusal(card, token);
    const inFlight = card.tokens.filter(({ state }) => state === "reserved").length;
    if (refusal === undefined && inFlight >= this.#config.inFlightPerCard) return REASON.BUSY;
    this.#see(card, token.counter);
    card.decidedAt = Math.max(card.decidedAt, this.now);
    if (refusal !== undefined) return this.#void(token, refusal);
    const { base, ppm } = this.#config.maxFee;
    const allowance = base + (token.amount * ppm) / 1_000_000n;
    token.fee = this.#feeAllowed(card, token, allowance);
    token.decidedAt = card.decidedAt;
    token.state = "reserved";
    token.lease = { owner: this.owner, until: this.now + this.#config.leaseMs, alone: true };
    return this.#pay(token, token.fee < allowance ? REASON.FEE_TOO_HIGH : REASON.PAYMENT_FAILED);
  }

  #refusal(card: ModelCard, token: ModelToken): number | undefined {
    if (token.expiresAt - this.now < this.#config.minRemainingMs) return REASON.INVOICE_EXPIRED;
    if (token.amount < this.#config.least) return REASON.BELOW_MIN_PER_TRANSACTION;
    return token.amount > this.left(card) ? REASON.NOT_FUNDED : undefined;
  }

  #feeAllowed(card: ModelCard, token: ModelToken, allowance: bigint): bigint {
    const all = this.cards.flatMap(({ tokens }) => tokens);
    const { cardFees, issuerFees } = this.#config;
    const bounds = [
      allowance,
      cardFees.day - this.#fees(card.tokens, card.decidedAt - 24 * HOUR),
      cardFees.month - this.#fees(card.tokens, card.decidedAt - 720 * HOUR),
      issuerFees.day - this.#fees(all, this.now - 24 * HOUR),
      issuerFees.month - this.#fees(all, this.now - 720 * HOUR),
      ...(card.bearsFees ? [this.left(card) - token.amount] : []),
    ];
    const lowest = bounds.reduce((a, b) => (b < a ? b : a));
    return lowest < 0n ? 0n : lowest;
  }

  /** Reserved and paid since the full hour before a time. */
  #fees(tokens: readonly ModelToken[], since: number): bigint {
    return tokens
      .filter(
        ({ state, decidedAt }) =>
          (state === "reserved" || state === "settled") && decidedAt >= since - (since % HOUR),
      )
      .reduce((sum, { fee }) => sum + fee, 0n);
  }

  /** Of all its settled payments. */
  feesPaid(card: ModelCard): bigint {
    return card.tokens.filter(({ state }) => state === "settled").reduce((sum, { fee }) => sum + fee, 0n);
  }

  #settle(token: ModelToken): void {
    token.state = "settled";
    if (token.isFree) token.fee = 0n;
    const card = this.cards[token.card] as ModelCard;
    if (card.bearsFees) card.funded -= token.fee;
  }

  /** A card that shows its counters. */
  status(card: ModelCard): void {
    this.#see(card, card.tokens.length + 1);
  }

  /** The service's process dies, and the next one knows what is in the database. */
  crash(): void {
    this.owner++;
    for (const token of this.cards.flatMap((card) => card.tokens)) {
      delete token.aheadSince;
      delete token.lease?.beyondSince;
    }
  }

  /** One round of the reconciler. */
  reconcile(): void {
    const tokens = this.cards.flatMap((card) => card.tokens);
    for (const token of tokens) if (token.state === "reserved") this.#resolve(token);
    for (const card of this.cards)
      for (const token of card.tokens)
        if (this.#isOld(token)) {
          token.state = "void";
          card.voided += token.amount;
          this.#sign(card);
        }
  }

  /** Skipped for the presentation age, by the clock or by the time that passed since it was seen to be ahead. */
  #isOld(token: ModelToken): boolean {
    if (token.state !== "unseen" || token.knownAt === undefined) return false;
    if (token.knownAt > this.now) token.aheadSince ??= this.running;
    const { presentationAgeMs } = this.#config;
    const seen = token.aheadSince === undefined ? 0 : this.running - token.aheadSince;
    return seen >= presentationAgeMs || this.now >= token.knownAt + presentationAgeMs;
  }

  /** The node learns how everything in flight ended. */
  finish(): void {
    for (const token of this.cards.flatMap((card) => card.tokens))
      if (token.payment === "in flight") token.payment = token.behaviour === "stuck" ? "settled" : "failed";
  }

  /** Every counter below this one is known to exist from now on. */
  #see(card: ModelCard, counter: number): void {
    if (card.isRead) return;
    for (const token of card.tokens)
      if (token.counter < counter && token.state === "unseen") token.knownAt ??= this.now;
  }

  #void(token: ModelToken, reason: number): number {
    token.state = "void";
    token.reason = reason;
    const card = this.cards[token.card] as ModelCard;
    card.voided += token.amount;
    this.#sign(card);
    return reason;
  }

  /** The next update of a card. */
  #sign(card: ModelCard): void {
    const credit = card.funded + card.voided;
    if (credit > card.credit) card.credit = credit;
  }

  /** Hands it to the node and records what is certain. */
  #pay(token: ModelToken, reason: number = REASON.PAYMENT_FAILED): number | undefined {
    if (token.behaviour === "unreachable") return undefined;
    if (token.payment === "none") {
      const ends = {
        settle: "settled",
        fail: "failed",
        stuck: "in flight",
        "stuck-then-fails": "in flight",
      } as const;
      token.payment = this.now > token.expiresAt ? "failed" : ends[token.behaviour];
    }
    if (token.payment === "settled") this.#settle(token);
    if (token.payment === "failed" && token.lease?.alone) return this.#void(token, reason);
    return undefined;
  }

  #resolve(token: ModelToken): void {
    const lease = token.lease;
    if (!lease) return;
    const { leaseMs, payTimeoutMs, expiryMarginMs } = this.#config;
    if (lease.owner !== this.owner) {
      if (lease.until > this.now + leaseMs) lease.beyondSince ??= this.running;
      const seen = lease.beyondSince === undefined ? 0 : this.running - lease.beyondSince;
      const isLeft = lease.until > this.now + leaseMs && seen >= leaseMs;
      if (lease.until >= this.now && !isLeft) return;
      lease.owner = this.owner;
      lease.alone = false;
      delete lease.heldSince;
    }
    lease.until = this.now + leaseMs;
    lease.heldSince ??= this.running;
    const isHeld = this.running - lease.heldSince >= leaseMs + payTimeoutMs;
    const expired = isHeld && token.expiresAt + expiryMarginMs < this.now;
    if (token.payment === "settled") this.#settle(token);
    else if (token.payment === "failed") {
      if (expired || lease.alone) this.#void(token, REASON.PAYMENT_FAILED);
    } else if (token.payment === "none") {
      if (expired) this.#void(token, REASON.PAYMENT_FAILED);
      else this.#pay(token);
    }
  }
}
