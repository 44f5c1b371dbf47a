import { bytesToHex, ChequecardError, type Msat, sat } from "../../common/index.js";
import { showCard } from "../../issuer/ledger/index.js";
import type { KeySource } from "../../keys/key-source.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import type { TestChip, TestReading } from "../../testing/cards/test-chip.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import type { Service } from "../../testing/issuer/service.js";
import type { ScriptedNode } from "../../testing/nodes/scripted-node.js";

const CREDIT = sat(20_000);

/** An invoice that was handed in for a reading, and the last answer to it. */
interface Withdrawal {
  readonly chip: TestChip;
  readonly k1: string;
  readonly pr: string;
  readonly amount: bigint;
  readonly paymentHash: string;
  answer: "ok" | "refused" | "fault";
}

/** Bolt Cards of two services on one database, with a book written from answers alone. */
export class Chips {
  readonly problems: string[] = [];
  readonly #desks: readonly [BoltCards, BoltCards];
  readonly #services: readonly [Service, Service];
  readonly #node: ScriptedNode;
  readonly #chips: TestChip[] = [];
  readonly #withdrawals: Withdrawal[] = [];
  /** Readings that got an offer. */
  readonly #offered = new Set<string>();

  private constructor(
    desks: readonly [BoltCards, BoltCards],
    services: readonly [Service, Service],
    node: ScriptedNode,
  ) {
    this.#desks = desks;
    this.#services = services;
    this.#node = node;
  }

  static async open(
    services: readonly [Service, Service],
    keys: KeySource,
    node: ScriptedNode,
  ): Promise<Chips> {
    const [one, other] = services;
    return new Chips([await BoltCards.open(one, keys), await BoltCards.open(other, keys)], services, node);
  }

  get count(): number {
    return this.#chips.length;
  }

  async chip(options: Parameters<BoltCards["chip"]>[1] = {}): Promise<TestChip> {
    const chip = await this.#desks[0].chip(this.#chips.length + 1, { credit: CREDIT, ...options });
    this.#chips.push(chip);
    return chip;
  }

  /** A reading by one of the services. @returns k1; undefined where there is no offer */
  async read(service: 0 | 1, { p, c }: TestReading): Promise<string | undefined> {
    const answer = await this.#desks[service].desk.read(p, c).catch(expected);
    if (answer === undefined || typeof answer === "string") return undefined;
    const name = bytesToHex(p);
    if (this.#offered.has(name)) this.problems.push("one reading of a Bolt Card got two offers");
    this.#offered.add(name);
    return answer.k1;
  }

  /** Hands an invoice in. */
  async withdraw(service: 0 | 1, chip: TestChip, k1: string, pr: string, pin?: string): Promise<void> {
    const { amount = 0n, paymentHash } = decodeInvoice(pr);
    const entry: Withdrawal = { chip, k1, pr, amount, paymentHash: bytesToHex(paymentHash), answer: "fault" };
    this.#withdrawals.push(entry);
    await this.#ask(service, entry, pin);
  }

  async #ask(service: 0 | 1, entry: Withdrawal, pin?: string): Promise<void> {
    const { k1, pr } = entry;
    entry.answer = await this.#desks[service].desk
      .withdraw({ k1, pr, pin })
      .then((sentence) => (sentence === undefined ? "ok" : "refused"))
      .catch((error: unknown) => {
        expected(error);
        return "fault" as const;
      });
  }

  /** A tap at a till of one of the services: a reading, and an invoice for it. */
  async tap(service: 0 | 1, chip: TestChip, serial: number, amount: Msat, pin?: string): Promise<void> {
    const k1 = await this.read(service, chip.read());
    if (k1 !== undefined)
      await this.withdraw(service, chip, k1, this.#services[0].invoice(serial, amount), pin);
  }

  /** In peace again: what ended with a fault is asked a second time. */
  async askAgain(): Promise<void> {
    for (const entry of this.#withdrawals) if (entry.answer !== "refused") await this.#ask(1, entry);
  }

  /** Holds the ledger to what the node really paid, and to the answers that tills got. */
  async check(wrong: (words: string) => void): Promise<void> {
    for (const words of this.problems) wrong(words);
    const times = ({ paymentHash }: Withdrawal): number => this.#node.sent.get(paymentHash) ?? 0;
    for (const entry of this.#withdrawals) {
      if (times(entry) > 1) wrong(`an invoice was paid ${times(entry)} times for a Bolt Card`);
      if (entry.answer === "ok" && times(entry) === 0) wrong("a till got OK, and nothing was paid");
      if (entry.answer === "refused" && times(entry) > 0)
        wrong("a till was refused, and its invoice is paid");
    }
    for (const chip of this.#chips) {
      const { funded, spent } = await showCard(this.#services[1].store.db, chip.cardId);
      const paid = this.#withdrawals
        .filter((entry) => entry.chip === chip && times(entry) > 0)
        .reduce((sum, { amount }) => sum + amount, 0n);
      if (funded !== CREDIT || spent !== paid)
        wrong(`a Bolt Card has ${funded} and spent ${spent} msat, the node paid ${paid} for it`);
    }
  }
}

/** The database's failures are the campaign's; anything else is a fault. */
function expected(error: unknown): undefined {
  if (!(error instanceof ChequecardError)) throw error;
  return undefined;
}
