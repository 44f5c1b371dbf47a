import fc from "fast-check";
import { expect } from "vitest";
import { type Msat, msat } from "../../common/index.js";
import { SAID, sentenceOf } from "../../issuer/bolt-cards/sentences.js";
import { blockCard, cashOutCard, fundCard, LedgerError, unblockCard } from "../../issuer/ledger/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { REASON } from "../../lightning/api/reasons.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { TestChip } from "../../testing/cards/test-chip.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { type Bench, Service, START, startService } from "../../testing/issuer/service.js";
import type { Behaviour } from "../../testing/nodes/scripted-node.js";
import { LedgerModel, type ModelCard, type ModelToken } from "./ledger-model.js";

const CARDS = 3;
/** Msat that the cards' policy wants a payment to have. */
const LEAST = 20;
/** The last one bears its routing fees. */
const BEARING = new Set([CARDS - 1]);
/** Beside them one Bolt Card, whose amounts are whole satoshi. */
const CHIP = CARDS;
const CHIP_FUNDED = 12_000n;
/** Of what a card may pay for routing: little, so that a festival uses it up. */
const FEES = { maxFee: { base: "5msat", ppm: 50_000 }, maxFeesPer24h: "30msat", maxFeesPer30d: "80msat" };
/** Fresh statements that a card may show in a whole festival, and more repeats than that. */
const FRESH = 100;
const STORM = FRESH + 5;
/** Nothing here takes time: what is not known at once is not waited for. */
const FAST = {
  payTimeoutMs: 10,
  maxFeesPer24h: "110msat",
  maxFeesPer30d: "250msat",
  cardRate: { perSecond: 1e-9, burst: FRESH },
};
const card = fc.nat({ max: CARDS - 1 });
const anyCard = fc.nat({ max: CHIP });
const behaviour = fc.constantFrom<Behaviour>(
  "settle",
  "settle",
  "settle",
  "fail",
  "stuck",
  "stuck-then-fails",
  "unreachable",
);

/** Operations of one kind, and how often they come. */
const of = <K extends string, T extends object>(
  op: K,
  weight: number,
  fields: { [F in keyof T]: fc.Arbitrary<T[F]> } = {} as never,
) => ({ weight, arbitrary: fc.record(fields).map((values) => ({ op, ...values })) });
const amountTo = (max: number) => fc.integer({ min: 1, max });

/** What may happen at a festival. */
const operation = fc.oneof(
  of("tap", 6, { card, amount: amountTo(400), behaviour }),
  of("keep", 3, { card, amount: amountTo(400), behaviour }),
  of("present", 4, { which: fc.nat(), retap: fc.boolean() }),
  of("both", 2, { which: fc.nat() }),
  of("storm", 1, { which: fc.nat() }),
  of("hoard", 1, { card }),
  of("cheat-again", 1, { which: fc.nat() }),
  of("chip-tap", 4, { amount: amountTo(5), behaviour }),
  of("chip-again", 2, { which: fc.nat(), other: fc.boolean() }),
  of("fund", 1, { card: anyCard, amount: amountTo(500) }),
  of("cash-out", 2, { card: anyCard }),
  of("block", 1, { card: anyCard }),
  of("unblock", 2, { card: anyCard }),
  of("identify", 2, { card }),
  of("reconcile", 3),
  of("finish", 2),
  of("wait", 3, { ms: fc.constantFrom(1000, 59_000, 61_000, 1_800_000, 3_700_000, 43_200_000) }),
  // A millisecond more than a day, so that no moment comes twice.
  of("set-clock", 1, { by: fc.constantFrom(-86_400_001, -600_001, 600_001, 86_400_001) }),
  of("crash", 2),
  of("cheat", 1, { card, extra: amountTo(9) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Why the ledger refused an order. */
function refusal(error: unknown): string {
  if (error instanceof LedgerError) return error.code;
  throw error;
}

/** A callback of the Bolt Card that was decided. */
interface Withdrawn {
  readonly token: ModelToken;
  readonly k1: string;
  readonly pr: string;
}

interface Made {
  readonly token: ModelToken;
  readonly invoice: string;
  readonly bytes: Uint8Array;
}

/** The service and the model side by side. */
class Festival {
  service: Service;
  readonly model: LedgerModel;
  readonly cards: SigningCard[] = [];
  readonly made: Made[] = [];
  /** What clones signed, kept as evidence. */
  readonly clones: (Pick<Made, "bytes" | "invoice"> & { readonly card: number })[] = [];
  readonly chip = new TestChip(1);
  readonly withdrawn: Withdrawn[] = [];
  #bolt: BoltCards | undefined;
  readonly #bench: Bench;
  readonly #kind: StoreKind;
  readonly #location: string;
  /** What passed by the clock that only runs. */
  readonly #time: { ms: number };
  #serial = 0;

  private constructor(
    bench: Bench,
    kind: StoreKind,
    location: string,
    service: Service,
    time: { ms: number },
  ) {
    this.#time = time;
    this.#bench = bench;
    this.#kind = kind;
    this.#location = location;
    this.service = service;
    const { leaseMs, payTimeoutMs, expiryMarginMs, presentationAgeMs } = service.config;
    const funded = [...Array<bigint>(CARDS).fill(1000n), CHIP_FUNDED];
    this.model = new LedgerModel(funded, BEARING, new Set([CHIP]), START, {
      leaseMs,
      payTimeoutMs,
      expiryMarginMs,
      presentationAgeMs,
      minRemainingMs: 30_000,
      least: BigInt(LEAST),
      maxFee: { base: 5n, ppm: 50_000n },
      cardFees: { day: 30n, month: 80n },
      issuerFees: { day: 110n, month: 250n },
      inFlightPerCard: service.config.maxInFlightPerCard,
    });
  }

  static async open(bench: Bench, kind: StoreKind, location: string): Promise<Festival> {
    const time = { ms: 0 };
    const ports = { monotonic: () => time.ms };
    const service = await startService(bench, kind, FAST, ports, location);
    const festival = new Festival(bench, kind, location, service, time);
    for (let i = 0; i < CARDS; i++)
      festival.cards.push(
        await festival.service.card(i + 1, msat(1000n), {
          ...FEES,
          minPerTransaction: `${LEAST}msat`,
          feesBorneBy: BEARING.has(i) ? "card" : "issuer",
        }),
      );
    const policy = { ...FEES, minPerTransaction: `${LEAST}msat` };
    const bolt = await festival.#boltCards();
    await bolt.chip(1, { credit: msat(CHIP_FUNDED), policy });
    return festival;
  }

  /** Of the service that runs now. */
  async #boltCards(): Promise<BoltCards> {
    this.#bolt ??= await BoltCards.open(this.service, await this.#bench.keys());
    return this.#bolt;
  }

  async run(operation: Operation): Promise<void> {
    const { model, service } = this;
    switch (operation.op) {
      case "tap":
        return await this.#present(this.#make(operation));
      case "keep":
        this.#make(operation);
        return;
      case "present":
        return await this.#present(this.#pick(operation.which), operation.retap);
      case "both": {
        const one = this.#pick(operation.which);
        if (!one) return;
        const expected = model.present(one.token);
        const outcomes = await Promise.all(
          [one, one, one].map(({ bytes, invoice }) => service.present(bytes, invoice)),
        );
        expect(outcomes.map(({ reason }) => reason)).toEqual([expected, expected, expected]);
        return;
      }
      case "storm":
        return await this.#storm(operation.which);
      case "hoard":
        // One more than a card may have in flight.
        for (let i = 0; i <= service.config.maxInFlightPerCard; i++)
          await this.#present(this.#make({ card: operation.card, amount: LEAST, behaviour: "stuck" }));
        return;
      case "cheat-again": {
        const clone = this.clones[operation.which % Math.max(1, this.clones.length)];
        if (!clone) return;
        const { bytes, invoice, card: index } = clone;
        // The operator, having seen the evidence, puts the card into use again; a repeat of it changes nothing.
        await unblockCard(service.store, this.#cardId(index), model.now);
        this.#modelCard(index).state = "active";
        expect((await service.present(bytes, invoice)).reason).toBe(REASON.CARD_CONTRADICTS);
        return;
      }
      case "chip-tap":
        return await this.#tapChip(operation);
      case "chip-again":
        return await this.#chipAgain(operation);
      case "fund": {
        await fundCard(
          service.store,
          this.#cardId(operation.card),
          msat(BigInt(operation.amount)),
          "",
          model.now,
        );
        model.fund(this.#modelCard(operation.card), BigInt(operation.amount));
        return;
      }
      case "cash-out": {
        const cardId = this.#cardId(operation.card);
        const handedOut = await cashOutCard(service.store, cardId, "", model.now).catch(refusal);
        expect(handedOut).toBe(model.cashOut(this.#modelCard(operation.card)) || "not-enough");
        return;
      }
      case "block":
        await blockCard(service.store, this.#cardId(operation.card), model.now);
        this.#modelCard(operation.card).state = "blocked";
        return;
      case "unblock":
        await unblockCard(service.store, this.#cardId(operation.card), model.now);
        this.#modelCard(operation.card).state = "active";
        return;
      case "identify":
        await service.identify(this.#card(operation.card));
        model.status(this.#modelCard(operation.card));
        expect(this.#card(operation.card).credit).toBe(this.#credit(operation.card));
        return;
      case "reconcile":
        await service.reconciler.run();
        model.reconcile();
        return;
      case "finish":
        service.node.finish();
        model.finish();
        return;
      case "wait":
        model.now += operation.ms;
        model.running += operation.ms;
        service.clock.now = model.now;
        this.#time.ms = model.running;
        return;
      case "set-clock":
        model.now += operation.by;
        service.clock.now = model.now;
        return;
      case "crash":
        return await this.#crash();
      case "cheat":
        return await this.#cheat(operation.card, operation.extra);
    }
  }

  /** A new process on the same database; the old one is gone without a word. */
  async #crash(): Promise<void> {
    const { node, clock, ports } = this.service;
    await this.service.store.close();
    const owner = ports.owner + 1n;
    this.service = new Service(
      await this.#bench.open(this.#kind, this.#location),
      node,
      clock,
      ports.keys,
      FAST,
      { owner, monotonic: ports.monotonic },
    );
    this.#bolt = undefined;
    this.model.crash();
  }

  /** A tap of the Bolt Card: a reading, and an invoice for it if there is an offer. */
  async #tapChip({ amount: units, behaviour }: { amount: number; behaviour: Behaviour }): Promise<void> {
    const { desk } = await this.#boltCards();
    const card = this.#modelCard(CHIP);
    const { p, c } = this.chip.read();
    const offer = await desk.read(p, c);
    const left = this.model.left(card) / 1000n;
    if (card.state === "blocked" || left < 1n) {
      expect(offer).toBe(card.state === "blocked" ? SAID.blocked : SAID.empty);
      return;
    }
    if (typeof offer === "string") throw new Error(offer);
    expect(offer.max).toBe(1000n * left);
    const amount = msat(1000n * BigInt(units));
    const { invoice: pr, token } = this.#chipToken(amount, behaviour);
    const expected = this.model.present(token);
    const answer = await desk.withdraw({ k1: offer.k1, pr });
    await this.#untilPaid(token);
    // It is said before the payment has an end.
    const isReserved =
      expected === undefined || expected === REASON.PAYMENT_FAILED || expected === REASON.FEE_TOO_HIGH;
    expect(answer).toBe(isReserved ? undefined : sentenceOf(expected));
    if (token.state === "unseen") card.tokens.pop();
    else this.withdrawn.push({ token, k1: offer.k1, pr });
  }

  /** The same callback again, or another invoice for the same reading. */
  async #chipAgain({ which, other }: { which: number; other: boolean }): Promise<void> {
    const one = this.withdrawn[which % Math.max(1, this.withdrawn.length)];
    if (!one) return;
    const { desk } = await this.#boltCards();
    const { token, k1, pr } = one;
    if (other) {
      const invoice = this.service.invoice(++this.#serial, msat(1000n));
      expect(await desk.withdraw({ k1, pr: invoice })).toBe(sentenceOf(REASON.TOKEN_OTHER_INVOICE));
      return;
    }
    const answer = await desk.withdraw({ k1, pr });
    expect(answer).toBe(token.state === "void" ? sentenceOf(token.reason ?? 0) : undefined);
  }

  /** What the service knows of a payment right after it, as a token's answer says it. */
  async #untilPaid({ counter }: ModelToken): Promise<void> {
    const key = { card: cardKey(this.chip.cardId), counter: BigInt(counter) };
    await expect.poll(() => this.service.authorizer.payments.isActive(key), { interval: 1 }).toBe(false);
    await this.service.authorizer.writer.idle();
  }

  #chipToken(amount: Msat, behaviour: Behaviour): { readonly invoice: string; readonly token: ModelToken } {
    const serial = ++this.#serial;
    this.service.node.set(serial, behaviour);
    const isFree = serial % 2 === 0;
    this.service.node.setFee(serial, isFree ? msat(0n) : "highest");
    const invoice = this.service.invoice(serial, amount);
    const token: ModelToken = {
      card: CHIP,
      counter: this.chip.counter,
      amount,
      total: 0n,
      serial,
      expiresAt: (Math.floor(this.model.now / 1000) - 10 + 3600) * 1000,
      behaviour,
      state: "unseen",
      decidedAt: 0,
      fee: 0n,
      isFree,
      payment: "none",
    };
    this.#modelCard(CHIP).tokens.push(token);
    return { invoice, token };
  }

  /** A clone of the card with another history: seen counters contradict it, so it is caught. */
  async #cheat(index: number, extra: number): Promise<void> {
    const card = this.#card(index);
    const seen = this.#modelCard(index).tokens.find(
      ({ state, reason }) => state !== "unseen" && !(state === "void" && reason === undefined),
    );
    if (!seen) return;
    const amount = msat(seen.amount + BigInt(extra));
    const invoice = this.service.invoice(++this.#serial, amount);
    const clone = card.token({
      counter: seen.counter,
      amount,
      authorizedTotal: msat(seen.total + BigInt(extra)),
      invoiceHash: invoiceHash(invoice),
    });
    expect((await this.service.present(clone, invoice)).reason).toBe(REASON.CARD_CONTRADICTS);
    this.clones.push({ bytes: clone, invoice, card: index });
    this.#modelCard(index).state = "blocked";
  }

  /** Strangers repeat what was decided, more often than a card may show anything. Nobody shows it again after that. */
  async #storm(which: number): Promise<void> {
    const one = this.#pick(which);
    if (!one) return;
    await this.#present(one);
    if (one.token.state === "unseen") return;
    for (let i = 0; i < STORM; i++) await this.service.present(one.bytes, one.invoice);
    this.made.splice(this.made.indexOf(one), 1);
  }

  #make({
    card: index,
    amount: units,
    behaviour,
  }: {
    card: number;
    amount: number;
    behaviour: Behaviour;
  }): Made | undefined {
    const card = this.#card(index);
    const amount = msat(BigInt(units));
    // A real card refuses what its credit does not cover.
    if (card.total + amount > card.credit) return undefined;
    const serial = ++this.#serial;
    this.service.node.set(serial, behaviour);
    // Every other route takes all that the payment may cost, the rest nothing.
    const isFree = serial % 2 === 0;
    this.service.node.setFee(serial, isFree ? msat(0n) : "highest");
    const invoice = this.service.invoice(serial, amount);
    const bytes = card.authorize(invoice, amount);
    const token: ModelToken = {
      card: index,
      counter: card.counter,
      amount,
      total: card.total,
      serial,
      expiresAt: (Math.floor(this.model.now / 1000) - 10 + 3600) * 1000,
      behaviour,
      state: "unseen",
      decidedAt: 0,
      fee: 0n,
      isFree,
      payment: "none",
    };
    this.#modelCard(index).tokens.push(token);
    const made = { token, invoice, bytes };
    this.made.push(made);
    return made;
  }

  #pick(which: number): Made | undefined {
    return this.made[which % Math.max(1, this.made.length)];
  }

  async #present(made: Made | undefined, retap = false): Promise<void> {
    if (!made) return;
    const { token, invoice } = made;
    const card = this.#card(token.card);
    const bytes = retap
      ? card.token({
          counter: token.counter,
          amount: msat(token.amount),
          authorizedTotal: msat(token.total),
          invoiceHash: invoiceHash(invoice),
        })
      : made.bytes;
    const expected = this.model.present(token);
    const outcome = await this.service.present(bytes, invoice);
    expect(outcome.reason).toBe(expected);
    if (!outcome.cardUpdate) return;
    card.update(outcome.cardUpdate);
    expect(card.credit).toBe(this.#credit(token.card));
  }

  /** Books and states of both agree, and the ledger proves itself. */
  async compare(): Promise<void> {
    const { store, node } = this.service;
    // The Bolt Card's id is the lowest of all, and stands last in the model.
    const [chip, ...others] = await store.db.selectFrom("accounts").selectAll().orderBy("card").execute();
    const accounts = [...others, ...(chip ? [chip] : [])];
    const paid = await store.db.selectFrom("authorizations").select(["card", "fee"]).execute();
    const feesOf = (card: bigint) =>
      paid.filter((row) => row.card === card).reduce((sum, { fee }) => sum + (fee ?? 0n), 0n);
    const found = accounts.map(({ card, funded, spent, held, voided, state }) => {
      return { funded, spent, held, voided, state, fees: feesOf(card) };
    });
    const expected = this.model.cards.map((each) => ({
      funded: each.funded,
      spent: this.model.spent(each),
      held: this.model.held(each),
      fees: this.model.feesPaid(each),
      voided: each.voided,
      state: each.state,
    }));
    expect(found).toEqual(expected);
    expect(await this.service.violations()).toEqual([]);
    expect([...node.sent.values()].every((times) => times === 1)).toBe(true);
    const sent = this.model.cards.flatMap(({ tokens }) =>
      tokens.filter(({ payment }) => payment === "settled"),
    );
    expect(node.sent.size).toBe(sent.length);
  }

  #card(index: number): SigningCard {
    return this.cards[index] as SigningCard;
  }

  #cardId(index: number): Uint8Array {
    return index === CHIP ? this.chip.cardId : this.#card(index).cardId;
  }

  #modelCard(index: number): ModelCard {
    return this.model.cards[index] as ModelCard;
  }

  #credit(index: number): bigint {
    return this.#modelCard(index).credit;
  }
}

interface FestivalOptions {
  readonly runs: number;
  readonly seed: number;
  /** How to open an empty database; default the test file's own. */
  readonly location?: () => Promise<string>;
}

/**
 * Runs random festivals against the service and the model at once and fails, with the seed and the shortest
 * history that shows it, where they differ.
 */
export async function proveFestivals(
  bench: Bench,
  kind: StoreKind,
  { runs, seed, location = () => bench.location(kind) }: FestivalOptions,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 10, maxLength: 60, size: "max" }),
      async (operations) => {
        const festival = await Festival.open(bench, kind, await location());
        try {
          for (const each of operations) await festival.run(each);
          await festival.compare();
        } finally {
          await festival.service.close();
        }
      },
    ),
    { seed, numRuns: runs },
  );
}
