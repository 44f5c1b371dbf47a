import { bytesToHex, ChequecardError, type Msat, msat, sat } from "../../common/index.js";
import {
  activateCard,
  blockCard,
  type Order,
  type OrderDone,
  placeOrder,
  registerCard,
  retireCard,
  setLimits,
  setPolicy,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { openPostgres } from "../../issuer/store/index.js";
import type { KeySource } from "../../keys/key-source.js";
import { REASON } from "../../lightning/api/reasons.js";
import { decodeInvoice, invoiceHash } from "../../lightning/bolt11/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import type { TestChip } from "../../testing/cards/test-chip.js";
import type { Answered } from "../../testing/issuer/replies.js";
import { Service, TestClock } from "../../testing/issuer/service.js";
import { type Behaviour, ScriptedNode } from "../../testing/nodes/scripted-node.js";
import { Chips } from "./chips.js";
import { Notebook, type TokenNotes } from "./notebook.js";

/** The second machine's clock is ahead. */
const SKEW_MS = 3_700;
const SEAL_KEY = new Uint8Array(16).fill(0x33);
/** What is not known soon is not waited for: a node here answers at once. */
const PAY_TIMEOUT_MS = 60;

/** A signed token with its invoice. */
export interface Made {
  /** Number of its invoice. */
  readonly serial: number;
  readonly token: Uint8Array;
  readonly invoice: string;
  readonly notes: TokenNotes;
  /** Signed by a clone of the card. */
  readonly isClone?: boolean;
}

/** Two services on one database, one node, and the people who use them; every answer goes into the notebook. */
export class Stage {
  readonly notebook = new Notebook();
  /** Every genuine token. */
  readonly made: Made[] = [];
  readonly node: ScriptedNode;
  readonly clocks: readonly [TestClock, TestClock];
  readonly services: readonly [Service, Service];
  /** Of the database, one for each service. */
  readonly urls: readonly [string, string];
  /** Bolt Cards beside the others. */
  readonly chips: Chips;
  #serial = 0;
  #orders = 0;
  /** Orders of the desk so far, to be placed again. */
  #placed: (() => Promise<void>)[] = [];

  private constructor(
    urls: readonly [string, string],
    services: readonly [Service, Service],
    node: ScriptedNode,
    clocks: readonly [TestClock, TestClock],
    chips: Chips,
  ) {
    this.chips = chips;
    this.urls = urls;
    this.services = services;
    this.node = node;
    this.clocks = clocks;
  }

  /** @param urls of the same database, one for each service */
  static async open(urls: readonly [string, string], keys: KeySource): Promise<Stage> {
    const clocks = [new TestClock(), new TestClock()] as const;
    clocks[1].now += SKEW_MS;
    const node = new ScriptedNode(clocks[0].read);
    const open = async (i: 0 | 1) =>
      new Service(await openPostgres({ url: urls[i] }), node, clocks[i], keys, {
        payTimeoutMs: PAY_TIMEOUT_MS,
      });
    const services = [await open(0), await open(1)] as const;
    return new Stage(urls, services, node, clocks, await Chips.open(services, keys, node));
  }

  /** The service whose statements fail. */
  get struck(): Service {
    return this.services[0];
  }

  /** The other one. */
  get other(): Service {
    return this.services[1];
  }

  pass(ms: number): void {
    for (const clock of this.clocks) clock.pass(ms);
  }

  /** A tap of a Bolt Card at a till of the service whose statements fail. */
  tapChip(chip: TestChip, amount: Msat, behaviour: Behaviour = "settle", pin?: string): Promise<void> {
    const serial = ++this.#serial;
    this.node.set(serial, behaviour);
    return this.chips.tap(0, chip, serial, amount, pin);
  }

  async card(credit: Msat = sat(20_000), policy: unknown = {}): Promise<SigningCard> {
    const card = new SigningCard(this.notebook.cards.size + 1, SEAL_KEY, credit);
    await this.struck.register(card, policy);
    this.notebook.enter(card, "active");
    return card;
  }

  /** A card that is entered and put into use by two orders, either of which may fail. */
  async newCard(service: Service): Promise<SigningCard> {
    const card = new SigningCard(this.notebook.cards.size + 1, SEAL_KEY, sat(500));
    const now = this.clocks[0].now;
    await this.order(
      () => registerCard(service.store, card.registration(), now),
      () => this.notebook.enter(card, "pending"),
    );
    if (this.notebook.cards.has(bytesToHex(card.cardId)))
      await this.order(
        () => activateCard(service.store, card.cardId),
        () => this.notebook.confirm(card, "active"),
      );
    return card;
  }

  sign(card: SigningCard, amount: Msat, behaviour: Behaviour = "settle"): Made {
    const serial = ++this.#serial;
    this.node.set(serial, behaviour);
    const invoice = this.struck.invoice(serial, amount);
    const token = card.authorize(invoice, amount);
    const paymentHash = bytesToHex(decodeInvoice(invoice).paymentHash);
    const notes = { card, amount, paymentHash, isRejected: false };
    this.notebook.tokens.push(notes);
    const made = { serial, token, invoice, notes };
    this.made.push(made);
    return made;
  }

  /** A token under a counter that was used before, as only a clone of the card signs it. */
  clone(card: SigningCard, counter: number): Made {
    const made = this.sign(card, sat(7));
    this.made.pop();
    card.counter--;
    card.total = msat(card.total - sat(7));
    const token = card.token({
      counter,
      amount: sat(7),
      authorizedTotal: msat(card.total + sat(7)),
      invoiceHash: invoiceHash(made.invoice),
    });
    return { ...made, token, isClone: true };
  }

  async present(service: Service, made: Made): Promise<Answered> {
    const { notes } = made;
    const outcome = await service.present(made.token, made.invoice);
    notes.isRejected = outcome.outcome === "rejected";
    if (notes.isRejected && this.node.sent.has(notes.paymentHash))
      this.notebook.problems.push(`a token was rejected (${outcome.reason}) that is paid`);
    if (outcome.reason === REASON.CARD_CONTRADICTS && !made.isClone)
      this.notebook.problems.push("a genuine token is called a contradiction");
    if (outcome.reason === REASON.CARD_CONTRADICTS) this.notebook.confirm(notes.card, "blocked");
    if (outcome.cardUpdate) notes.card.update(outcome.cardUpdate);
    return outcome;
  }

  /** A merchant asks for a refund. @returns the invoice; undefined for silence or a refusal: nothing is paid then */
  async askRefund(service: Service, { serial }: Made, amount: Msat): Promise<string | undefined> {
    return (await service.refund(serial, amount))?.invoice;
  }

  /**
   * The merchant pays the invoice of a refund: from now on the money is the card's.
   * @param quietly no service hears of it
   */
  payRefund(invoice: string | undefined, card: SigningCard, quietly = false): void {
    if (invoice === undefined || !this.other.pay(invoice, quietly)) return;
    this.notebook.of(card).funded += decodeInvoice(invoice).amount ?? 0n;
  }

  /** Every refund that was paid is credited, every other one given up or left open. */
  async resolveRefunds(service: Service): Promise<void> {
    await this.order(() => service.refunds.resolve());
  }

  async identify(
    service: Service,
    card: SigningCard,
    fields: Parameters<Service["identify"]>[1] = {},
  ): Promise<void> {
    const update = await service.identify(card, fields);
    // A status that contradicts is answered with the update that blocks the card.
    if (update && Object.keys(fields).length > 0) this.notebook.confirm(card, "blocked");
  }

  /** An order of the issuer's people. Confirmed, it is done; refused with an error, nothing of it is. */
  async order<T>(order: () => Promise<T>, onDone: (result: T) => void = () => undefined): Promise<void> {
    let result: T;
    try {
      result = await order();
    } catch (error) {
      if (!(error instanceof ChequecardError)) {
        const words = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
        this.notebook.problems.push(`an order ended with a fault of its own: ${words}`);
      }
      this.notebook.refused++;
      return;
    }
    onDone(result);
  }

  /** An order of the desk under a reference of its own; `onDone` is called once, whichever try books it. */
  async place(service: Service, order: Order, onDone: (amount: bigint) => void): Promise<void> {
    const reference = `order-${++this.#orders}`;
    let booked: OrderDone | undefined;
    const attempt = (by: Service) =>
      this.order(
        () => placeOrder(by.store, reference, order, this.clocks[0].now),
        (done) => {
          if (done.repeated !== (booked !== undefined))
            this.notebook.problems.push(
              booked ? `${order.kind} was booked twice` : `${order.kind} failed and was booked all the same`,
            );
          if (!booked) onDone(done.amount);
          booked ??= done;
        },
      );
    await attempt(service);
    this.#placed.push(() => attempt(this.other));
  }

  /** Every order of the desk again, as after a lost answer. */
  async placeAgain(): Promise<void> {
    for (const again of this.#placed.splice(0)) await again();
  }

  fund(service: Service, card: SigningCard, amount: Msat): Promise<void> {
    const notes = this.notebook.of(card);
    return this.place(service, { kind: "top-up", cardId: card.cardId, amount, note: "cash" }, (paidIn) => {
      notes.funded += paidIn;
    });
  }

  cashOut(service: Service, card: SigningCard): Promise<void> {
    const notes = this.notebook.of(card);
    return this.place(service, { kind: "cash-out", cardId: card.cardId, note: "cash" }, (amount) => {
      notes.funded -= amount;
      notes.paidOut += amount;
      this.notebook.confirm(card, notes.states.has("retired") ? "retired" : "blocked");
    });
  }

  /** @param operation number of a top-up of the card */
  reverse(service: Service, card: SigningCard, operation: bigint): Promise<void> {
    const notes = this.notebook.of(card);
    return this.place(
      service,
      { kind: "reverse", cardId: card.cardId, operation, note: "mistaken" },
      (amount) => {
        notes.funded -= amount;
      },
    );
  }

  block(service: Service, card: SigningCard): Promise<void> {
    return this.order(
      () => blockCard(service.store, card.cardId, this.clocks[0].now),
      () => this.notebook.confirm(card, "blocked"),
    );
  }

  unblock(service: Service, card: SigningCard): Promise<void> {
    return this.order(
      () => unblockCard(service.store, card.cardId, this.clocks[0].now),
      () => this.notebook.confirm(card, "active"),
    );
  }

  retire(service: Service, card: SigningCard): Promise<void> {
    return this.order(
      () => retireCard(service.store, card.cardId, this.clocks[0].now),
      () => this.notebook.confirm(card, "retired"),
    );
  }

  replace(service: Service, old: SigningCard, fresh: SigningCard): Promise<void> {
    const [from, to] = [this.notebook.of(old), this.notebook.of(fresh)];
    return this.place(
      service,
      { kind: "replace", cardId: old.cardId, replacement: fresh.cardId },
      (amount) => {
        from.funded -= amount;
        to.funded += amount;
        this.notebook.confirm(old, "retired");
      },
    );
  }

  limits(service: Service, card: SigningCard): Promise<void> {
    return this.order(() =>
      setLimits(
        service.store,
        card.cardId,
        { resetPinTries: true, noPinBudget: sat(9_000) },
        this.clocks[0].now,
      ),
    );
  }

  policy(service: Service, card: SigningCard): Promise<void> {
    const policy = parsePolicy({ maxPerTransaction: "18000sat" });
    return this.order(() => setPolicy(service.store, card.cardId, policy));
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.close();
  }
}
