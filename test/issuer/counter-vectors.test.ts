import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Msat, msat } from "../../common/index.js";
import { fullSequence } from "../../issuer/ledger/facts.js";
import { activateCard, fundCard, registerCard, setLimits } from "../../issuer/ledger/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import vectors from "../../specs/vectors/counters.json" with { type: "json" };
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, type Service, startService } from "../../testing/issuer/service.js";

interface Limits {
  readonly credit: string;
  readonly maxPerTransaction: string;
  readonly pinThreshold: string;
  readonly noPinBudget: string;
  readonly maxTransactions: number;
}
interface Step {
  readonly decision?: string;
  readonly which?: string;
  readonly state?: string;
  readonly order?: Limits & { readonly sequence: number };
  readonly voidGaps?: true;
  readonly token?: {
    readonly counter: number;
    readonly amount: string;
    readonly total: string;
    readonly flags: number;
    readonly updateSequence: number;
  };
  readonly invoice?: { readonly number: number; readonly amount: string | null };
  readonly status?: {
    readonly counter: number;
    readonly total: string;
    readonly credit: string;
    readonly updateSequence: number;
  };
}

const DAY = 24 * 3_600_000;
/** The seal key of the service's key file. */
const SEAL_KEY = new Uint8Array(16).fill(0x33);
/** Every invoice is another one, also on the other database. */
let serials = 1;
const WEEK_SECONDS = 7 * 86_400;
const amount = (text: string): Msat => msat(BigInt(text));
/** How the evidence names a contradiction. */
const WORDS: Readonly<Record<string, RegExp>> = {
  counter: /two different authorizations/,
  sequence: /acknowledges an update that was never made/,
  limits: /no limits that were signed/,
  credit: /credit that was never signed/,
  below: /before it|contradicts what it signed before/,
  above: /after it|contradicts what it signed before/,
};

const limitsOf = (limits: Limits) => ({
  maxPerTransaction: BigInt(limits.maxPerTransaction),
  pinThreshold: BigInt(limits.pinThreshold),
  noPinBudget: BigInt(limits.noPinBudget),
  maxTransactions: limits.maxTransactions,
});

/** One card of the vectors at the real service. */
class Desk {
  readonly #service: Service;
  readonly #card: SigningCard;
  readonly #invoices = new Map<string, string>();
  #limits: Limits;

  private constructor(service: Service, card: SigningCard, limits: Limits) {
    this.#service = service;
    this.#card = card;
    this.#limits = limits;
  }

  static async open(service: Service, number: number, limits: Limits): Promise<Desk> {
    const card = new SigningCard(number, SEAL_KEY, amount(limits.credit));
    const made = card.registration({ minPerTransaction: "1msat", allowAmountless: true });
    await registerCard(service.store, { ...made, limits: limitsOf(limits) }, service.clock.now);
    await activateCard(service.store, card.cardId);
    return new Desk(service, card, limits);
  }

  /** What the service decides, in the words of the vectors. */
  async step(step: Step): Promise<string | undefined> {
    if (step.order) return await this.#order(step.order);
    if (step.voidGaps) {
      this.#service.clock.now += DAY;
      await this.#service.reconciler.run();
      return undefined;
    }
    if (step.status) {
      const { counter, total, credit, updateSequence } = step.status;
      const fields = { counter, authorizedTotal: amount(total), credit: amount(credit), updateSequence };
      const before = await this.#evidence();
      await this.#service.identify(this.#card, fields);
      const after = await this.#evidence();
      return after.length > before.length ? `contradiction: ${after.at(-1)}` : "fits";
    }
    if (!step.token || !step.invoice) throw new Error("a step that says nothing");
    const { counter, total, flags, updateSequence } = step.token;
    const invoice = this.#invoice(step.invoice);
    const token = this.#card.token({
      counter,
      amount: amount(step.token.amount),
      authorizedTotal: amount(total),
      flags,
      updateSequence,
      invoiceHash: invoiceHash(invoice),
    });
    const known = await this.#state(counter);
    const before = await this.#evidence();
    const { outcome, reason } = await this.#service.present(token, invoice);
    const after = await this.#evidence();
    if (after.length > before.length) {
      // Final unless a restored ledger makes the update later (specs/03 §3, Answers).
      const isFinal = !/acknowledges an update that was never made/.test(String(after.at(-1)));
      expect(reason).toBe(isFinal ? REASON.CARD_CONTRADICTS : REASON.CARD_ON_HOLD);
      return `contradiction: ${after.at(-1)}`;
    }
    if (known) return `known ${known === "void" ? "void" : "reserved"}`;
    if (outcome === "accepted") return "fits";
    return (await this.#state(counter)) === "void"
      ? "void"
      : reason === REASON.TOKEN_VOID
        ? "gap"
        : `${reason}`;
  }

  async #order(order: Limits): Promise<undefined> {
    const { store, clock } = this.#service;
    const more = amount(order.credit) - amount(this.#limits.credit);
    if (more > 0n) await fundCard(store, this.#card.cardId, msat(more), "", clock.now);
    else await setLimits(store, this.#card.cardId, limitsOf(order), clock.now);
    this.#limits = order;
  }

  #invoice({ number, amount: text }: { number: number; amount: string | null }): string {
    const name = `${number} ${text}`;
    const made =
      this.#invoices.get(name) ??
      this.#service.invoice(serials++, text === null ? undefined : amount(text), {
        expirySeconds: WEEK_SECONDS,
      });
    this.#invoices.set(name, made);
    return made;
  }

  get #key(): bigint {
    return Buffer.from(this.#card.cardId).readBigInt64BE();
  }

  async #state(counter: number): Promise<string | undefined> {
    const { db } = this.#service.store;
    const row = await db
      .selectFrom("authorizations")
      .select("state")
      .where("card", "=", this.#key)
      .where("counter", "=", BigInt(counter))
      .executeTakeFirst();
    return row?.state;
  }

  async #evidence(): Promise<string[]> {
    const { db } = this.#service.store;
    const rows = await db.selectFrom("evidence").selectAll().where("card", "=", this.#key).execute();
    return rows.map(({ contradiction }) => contradiction);
  }
}

const bench = new Bench();
afterAll(() => bench.close());

describe.each(["sqlite", "postgres"] as const)("decisions of specs/vectors/counters.json on %s", (kind) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(bench, kind);
  });
  afterAll(async () => {
    await service.close();
  });

  // Titles in full: `it.each` cuts them.
  for (const [i, { comment, card, steps }] of vectors.vectors.entries())
    it(comment, async () => {
      const desk = await Desk.open(service, i + 1, card);
      for (const step of steps as readonly Step[]) {
        const found = await desk.step(step);
        const { decision, which = "", state } = step;
        if (decision === "contradiction") expect(found).toMatch(WORDS[which] as RegExp);
        else expect(found).toBe(state ? `${decision} ${state}` : decision);
      }
      expect(await service.violations()).toEqual([]);
    });
});

describe("full sequences of specs/vectors/counters.json", () => {
  it.each(vectors.sequences)("$comment", ({ newest, low24, full }) => {
    expect(fullSequence(BigInt(newest), BigInt(low24))).toBe(full === null ? undefined : BigInt(full));
  });
});
