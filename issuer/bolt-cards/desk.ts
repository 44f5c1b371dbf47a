import { type Msat, msat } from "../../common/msat.js";
import { TokenBuckets } from "../../common/token-bucket.js";
import type { Authorizer } from "../authorizer/authorizer.js";
import type { AuthorizerConfig } from "../authorizer/config.js";
import { GroupCommit } from "../authorizer/group-commit.js";
import type { IssuerPorts } from "../authorizer/ports.js";
import { cardName } from "../ledger/accounts.js";
import { PolicyCache } from "../ledger/policies.js";
import { type Reading, type TakenReading, takeReadings } from "../ledger/readings.js";
import { type SunCardRow, wipeSunCard } from "../ledger/sun-cards.js";
import { StoreError } from "../store/errors.js";
import { cardIdOf } from "../store/values.js";
import type { Batches } from "./batches.js";
import { CardFinder, readingBytes } from "./card-finder.js";
import type { BoltCardsConfig } from "./config.js";
import { type BoltCardObserver, NOT_OBSERVED } from "./figures.js";
import { payReading, type Withdrawal, type WithdrawalAnswer } from "./pay-reading.js";
import { SAID } from "./sentences.js";
import { readTicket, writeTicket } from "./ticket.js";
import { ANY_CARD } from "./wiping.js";

/** What a reading may be paid for with; amounts in millisatoshi. */
export interface Offer {
  /** 64 hex digits. */
  readonly k1: string;
  readonly min: Msat;
  readonly max: Msat;
  /** Least amount for which the PIN is needed; absent: none needs it. */
  readonly pinLimit?: Msat | undefined;
  readonly description: string;
}

/** An offer, or a sentence that says why there is none. */
export type ReadingAnswer = Offer | string;

/** Cards whose rate is remembered. */
const REMEMBERED = 100_000;
const SATOSHI = 1000n;
/** Readings left on a chip when it is time to replace it. */
const NEARLY_USED_UP = 2n ** 24n - 10_000n;

/**
 * Serves Bolt Cards (specs/10): a reading gets an offer once, and pays one invoice. It decides nothing about money: that is
 * the authorizer's, as for every other card.
 */
export class BoltCardDesk {
  readonly observer: BoltCardObserver;
  readonly #ports: IssuerPorts;
  readonly #authorizer: Authorizer;
  readonly #authorization: AuthorizerConfig;
  readonly #config: BoltCardsConfig;
  readonly #batches: Batches;
  readonly #finder: CardFinder;
  readonly #policies = new PolicyCache();
  readonly #cardRate: TokenBuckets;
  readonly #readings: GroupCommit<Reading, TakenReading>;

  constructor(
    ports: IssuerPorts,
    authorizer: Authorizer,
    authorization: AuthorizerConfig,
    config: BoltCardsConfig,
    batches: Batches,
    observer: BoltCardObserver = NOT_OBSERVED,
  ) {
    this.observer = observer;
    this.#ports = ports;
    this.#authorizer = authorizer;
    this.#authorization = authorization;
    this.#config = config;
    this.#batches = batches;
    this.#finder = new CardFinder(ports.store, batches, authorization.maxBatch);
    this.#cardRate = new TokenBuckets(config.cardRate, REMEMBERED);
    const rules = { clone: config.onClone === "block", older: config.onOldReading === "block" };
    this.#readings = new GroupCommit({
      keys: ({ card }) => [`${card}`],
      maxBatch: authorization.maxBatch,
      maxGroups: 1,
      retryAlone: (error) =>
        !(error instanceof StoreError) || error.code === "constraint" || error.code === "internal",
      run: (readings) =>
        ports.store.write(async (tx) => {
          const now = BigInt(ports.clock());
          const taken = await takeReadings(ports.store, tx, this.#policies, readings, rules, now);
          ports.onStep("in-reading");
          return taken;
        }),
      monotonic: ports.monotonic,
    });
  }

  /** Decryptions so far: at most two for each reading. */
  get decryptions(): number {
    return this.#finder.decryptions;
  }

  /**
   * Takes a reading. Its counter is used up durably before there is an offer.
   * @param p 16 bytes; @param c 8 bytes
   * @throws StoreError, KeyError
   */
  async read(p: Uint8Array, c: Uint8Array): Promise<ReadingAnswer> {
    const { clock, monotonic, onStep } = this.#ports;
    const found = await this.#finder.find(p, c);
    if (!found) return SAID.unknown;
    const { card, counter, batch, isUsed } = found;
    // A kept reading can be repeated by a stranger: that takes nothing of the rate of the card in its holder's hand.
    if (!this.#cardRate.take(`${card}${isUsed ? " again" : ""}`, monotonic())) return SAID.busy;
    const taken = await this.#readings.submit({ card, counter, bytes: readingBytes(p, c) });
    onStep("read");
    if (taken.kind !== "taken") return this.#refused(taken, card, counter);
    const { account, policy, hasPin, left } = taken;
    if (account.state !== "active") return account.state === "blocked" ? SAID.blocked : SAID.notInUse;
    if (counter >= NEARLY_USED_UP)
      this.#ports.log.warn(
        { event: "counter", alert: true, card: cardName(card), counter: `${counter}` },
        "a Bolt Card's counter is nearly used up: replace the card",
      );
    const min = msat(((policy.minPerTransaction + SATOSHI - 1n) / SATOSHI) * SATOSHI);
    const max = msat((left / SATOSHI) * SATOSHI);
    if (max < min || max === 0n) return SAID.empty;
    const expiresAtSeconds = Math.floor(clock() / 1000) + this.#config.readingSeconds;
    const { pinRequiredAbove } = policy;
    const pinLimit =
      hasPin && pinRequiredAbove !== undefined && pinRequiredAbove < max
        ? msat(pinRequiredAbove + 1n)
        : undefined;
    return {
      k1: writeTicket(batch.ticketKeys, { card, counter, expiresAtSeconds }),
      min,
      max,
      pinLimit,
      description: this.#config.description,
    };
  }

  /** Pays an invoice for a reading. @throws StoreError, KeyError where it is not known what was decided */
  async withdraw(withdrawal: Withdrawal): Promise<WithdrawalAnswer> {
    return await payReading(
      {
        ports: this.#ports,
        authorizer: this.#authorizer,
        authorization: this.#authorization,
        config: this.#config,
        batches: this.#batches,
        policies: this.#policies,
        onEnd: (end) => this.observer.onEnd(end),
      },
      withdrawal,
    );
  }

  /**
   * Takes the chip of a reading out of use by a link for wiping: its card is blocked before anybody sees its keys. The same chip again
   * gets them again, as when an answer was lost.
   * @param code of the link; @param p 16 bytes; @param c 8 bytes
   * @returns what its keys are derived from, or a sentence that says why not
   * @throws LedgerError `wrong-state` for a second face; StoreError, KeyError
   */
  async wipe(code: string, p: Uint8Array, c: Uint8Array): Promise<SunCardRow | string> {
    const { store, clock, monotonic, log } = this.#ports;
    const link = this.#batches.list
      .map(({ wipeKeys }) => readTicket(wipeKeys, code))
      .find((found) => found !== undefined);
    if (!link || clock() > 1000 * link.expiresAtSeconds) return SAID.badLink;
    const found = await this.#finder.findChip(p, c);
    if (!found) return SAID.unknown;
    const { card, counter } = found;
    if (link.card !== ANY_CARD && link.card !== card) return SAID.otherCard;
    if (!this.#cardRate.take(`${card} wipe`, monotonic())) return SAID.busy;
    const taken = await this.#readings.submit({ card, counter, bytes: readingBytes(p, c) });
    // Gone: it was wiped before, and its keys may not have arrived.
    if (taken.kind !== "taken" && taken.kind !== "gone") return this.#refused(taken, card, counter);
    const row = await wipeSunCard(store, cardIdOf(card));
    log.warn(
      { event: "wiped", card: cardName(card) },
      "the keys of a Bolt Card were given out for wiping it",
    );
    return row;
  }

  #refused(taken: Exclude<TakenReading, { kind: "taken" }>, card: bigint, counter: bigint): string {
    if (taken.kind === "gone") return SAID.unknown;
    if (taken.kind === "repeat") return SAID.repeat;
    const { isNews, isBlocked } = taken;
    if (isNews) {
      this.observer.onEvidence(taken.kind);
      this.#ports.log.error(
        { event: taken.kind, alert: true, card: cardName(card), counter: `${counter}`, blocked: isBlocked },
        taken.kind === "clone"
          ? "two readings of a Bolt Card had one counter: a second chip has its keys"
          : "a reading of a Bolt Card came after a newer one: somebody kept it",
      );
    }
    return isBlocked ? SAID.blocked : SAID.older;
  }
}
