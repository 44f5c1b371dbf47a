import { bytesToHex } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import { msat } from "../../common/msat.js";
import { REASON } from "../../lightning/api/reason-codes.js";
import type { Authorizer, AuthorizerConfig, IssuerPorts } from "../authorizer/index.js";
import { nameOf } from "../authorizer/payments.js";
import { settlePaid } from "../authorizer/settle.js";
import { cardName } from "../ledger/accounts.js";
import { type GapMoment, gapsAhead, type VoidedGap, voidDueGaps } from "../ledger/gaps.js";
import { uncheckedNodes } from "../ledger/payments-mark.js";
import type { GapClaim } from "../ledger/unmatched.js";
import { milliseconds, nodeKey } from "../store/values.js";
import { claimLeases, type OpenAuthorization, type SeenLease } from "./leases.js";
import { nextMove } from "./next-move.js";
import { SentPayments } from "./sent-payments.js";
import { Sightings } from "./sightings.js";

/** What one round did. */
export interface Round {
  readonly settled: number;
  readonly voided: number;
  /** Still reserved. */
  readonly open: number;
  readonly gaps: number;
  /** Payments found that no authorization accounts for. */
  readonly unmatched: number;
}

/** How often somebody is called for one card or node. */
const FAULT_EVERY_MS = 24 * 3_600_000;
/** Authorizations resolved together. */
const TOGETHER = 8;

/**
 * Resolves what is reserved and not being paid right now: after a restart, after a payment whose end the node
 * did not know, after another process died (specs/03 §4). Money is released only on certainty.
 */
export class Reconciler {
  readonly #ports: IssuerPorts;
  readonly #config: AuthorizerConfig;
  readonly #authorizer: Pick<Authorizer, "payments" | "writer">;
  readonly #leases = new Sightings<SeenLease>();
  readonly #held = new Sightings<undefined>();
  readonly #gaps = new Sightings<GapMoment>();
  /** When somebody was last called for a card or a node, by the monotonic clock. */
  readonly #faults = new Map<string, number>();
  readonly #sent: SentPayments;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<Round> | undefined;

  constructor(
    ports: IssuerPorts,
    config: AuthorizerConfig,
    authorizer: Pick<Authorizer, "payments" | "writer">,
  ) {
    this.#ports = ports;
    this.#config = config;
    this.#authorizer = authorizer;
    this.#sent = new SentPayments(ports);
  }

  /** Runs a round now and then every `intervalMs`, one at a time. */
  start(intervalMs: number): void {
    const next = () => {
      this.#timer = setTimeout(
        () =>
          void this.run()
            .catch(() => {})
            .finally(next),
        intervalMs,
      );
      this.#timer.unref();
    };
    void this.run()
      .catch(() => {})
      .finally(next);
  }

  /** Starts no further round and waits for the one that runs. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#round?.catch(() => {});
    clearTimeout(this.#timer);
  }

  /**
   * One round over everything that is due. Joins the one that runs already.
   * @throws StoreError
   */
  run(): Promise<Round> {
    this.#round ??= this.#runRound().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #runRound(): Promise<Round> {
    const { log, monotonic, onStep } = this.#ports;
    try {
      const claimedAt = monotonic();
      const due = await claimLeases(this.#ports, this.#config, this.#leases);
      onStep("claimed");
      const ends = { settled: 0, voided: 0, open: 0 };
      for (let i = 0; i < due.length; i += TOGETHER) {
        const some = due.slice(i, i + TOGETHER).map((one) => this.#resolveAlone(one, claimedAt));
        for (const end of await Promise.all(some)) ends[end]++;
      }
      const sent = await this.#sent.check();
      // What a node paid may belong to a gap: without the lists of all nodes none is released.
      const gaps = sent && (await this.#othersAreClear()) ? await this.#voidGaps(sent.inFlight) : [];
      for (const gap of gaps)
        log.info(
          { event: "gap", card: cardName(gap.card), first: `${gap.first}`, last: `${gap.last}` },
          "skipped authorizations were released",
        );
      return { ...ends, gaps: gaps.length, unmatched: sent?.found ?? 0 };
    } catch (error) {
      log.error({ event: "reconciler", error: nameOf(error) }, "a round of the reconciler failed");
      throw error;
    }
  }

  /** The other nodes' services compare what their nodes sent; those that do not are named in the log once a day each. */
  async #othersAreClear(): Promise<boolean> {
    const { store, nodeId, clock, monotonic, log } = this.#ports;
    const unchecked = await uncheckedNodes(store, nodeKey(nodeId), clock());
    for (const id of unchecked) {
      const name = bytesToHex(id);
      if (!this.#isDue(name, monotonic())) continue;
      log.warn(
        { event: "node", node: name },
        "skipped authorizations are not released while this node's service does not compare its payments: start it, or retire the node",
      );
    }
    return unchecked.length === 0;
  }

  async #voidGaps(inFlight: readonly GapClaim[]): Promise<VoidedGap[]> {
    const { store, clock, monotonic, onStep } = this.#ports;
    const ageMs = this.#config.presentationAgeMs;
    const now = clock();
    for (const moment of await gapsAhead(store, now)) this.#gaps.see(momentName(moment), moment, monotonic());
    const aged = this.#gaps.older(ageMs, monotonic());
    const voided = await voidDueGaps(
      store,
      { ageMs, now, aged, inFlight, onFault: (card, error) => this.#fault(card, error) },
      () => onStep("in-gap"),
    );
    for (const moment of aged) this.#gaps.forget(momentName(moment));
    return voided;
  }

  /** A card for which no update can be made any more keeps no other card's money waiting. @throws StoreError */
  async #resolveAlone(open: OpenAuthorization, claimedAt: number): Promise<"settled" | "voided" | "open"> {
    try {
      return await this.#resolve(open, claimedAt);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      this.#fault(open.card, error);
      return "open";
    }
  }

  /** Called for once a day and card: nothing but its own replacement helps. */
  #fault(card: bigint, error: ValueError): void {
    const { log, monotonic } = this.#ports;
    const name = cardName(card);
    if (!this.#isDue(name, monotonic())) return;
    log.error(
      { event: "card", alert: true, card: name, error: error.message },
      "no further update can be made for a card: replace it",
    );
  }

  /** Whether nobody was called for this in the last day; then it counts as done. */
  #isDue(name: string, now: number): boolean {
    const last = this.#faults.get(name);
    if (last !== undefined && now - last < FAULT_EVERY_MS) return false;
    this.#faults.set(name, now);
    return true;
  }

  /** @param claimedAt when its lease was renewed at the earliest, by the monotonic clock */
  async #resolve(open: OpenAuthorization, claimedAt: number): Promise<"settled" | "voided" | "open"> {
    const { log, owner, clock, monotonic } = this.#ports;
    const active = this.#authorizer.payments.isActive(open);
    const expired = this.#isExpired(open);
    if (active && !expired) return "open";
    let state = await this.#authorizer.payments.lookUp(open.payment_hash);
    const situation = { active, expired, alone: open.takeovers === 0n, isRetried: open.is_retried === 1n };
    let move = nextMove(state, situation);
    if (move === "pay") {
      // Who takes the lease over counts on this: later than that nothing is sent under it any more.
      if (monotonic() - claimedAt > this.#config.leaseMs / 2) return "open";
      state = await this.#authorizer.payments.pay(
        { ...open, paymentHash: open.payment_hash },
        { ...requestOf(open), timeoutMs: this.#config.payTimeoutMs },
      );
      move = nextMove(state, situation);
    }
    if (move === "settle" && state.state === "settled") {
      const { card, counter, payment_hash: paymentHash } = open;
      const { preimage, fee } = state;
      const reserved = { decidedAt: open.decided_at, maxFee: open.max_fee, held: open.held };
      const settlement = { card, counter, paymentHash, preimage, fee, reserved, amount: msat(open.amount) };
      await settlePaid(this.#ports, this.#authorizer.writer, settlement);
      return "settled";
    }
    if (move !== "void") return "open";
    const right = { owner, expiredBefore: BigInt(clock() - this.#config.expiryMarginMs) };
    const { voided } = await this.#authorizer.writer.void(open, right, REASON.PAYMENT_FAILED);
    if (voided)
      log.info(
        { event: "voided", card: cardName(open.card), counter: `${open.counter}` },
        "a payment that failed was released",
      );
    return voided ? "voided" : "open";
  }

  /**
   * Whether no node pays the invoice any more, for certain: by the clock, which may be set wrong, and this process has
   * held the lease for so long that whatever another one sent has arrived.
   */
  #isExpired(open: OpenAuthorization): boolean {
    const { leaseMs, payTimeoutMs, expiryMarginMs } = this.#config;
    const { clock, monotonic } = this.#ports;
    const name = `${open.card}:${open.counter}:${open.takeovers}`;
    const isHeld = this.#held.see(name, undefined, monotonic()) >= leaseMs + payTimeoutMs;
    return isHeld && milliseconds(open.expires_at) + expiryMarginMs < clock();
  }
}

const momentName = ({ card, known_at }: GapMoment) => `${card}:${known_at}`;

const requestOf = (open: OpenAuthorization) => ({
  invoice: open.invoice,
  maxFee: msat(open.max_fee),
  maxCltv: milliseconds(open.max_cltv),
  ...(open.amountless === null ? {} : { amount: msat(open.amount) }),
});
