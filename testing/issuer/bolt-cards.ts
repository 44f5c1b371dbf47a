import { randomBytes } from "node:crypto";
import { type Msat, sat } from "../../common/index.js";
import { Batches, pinCheckOf } from "../../issuer/bolt-cards/batches.js";
import { type BoltCardsOptions, boltCardsConfigSchema } from "../../issuer/bolt-cards/config.js";
import { BoltCardDesk, type Offer } from "../../issuer/bolt-cards/desk.js";
import type { BoltCardObserver } from "../../issuer/bolt-cards/figures.js";
import { activateCard, fundCard } from "../../issuer/ledger/index.js";
import { registerSunCard } from "../../issuer/ledger/sun-cards.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import type { KeySource } from "../../keys/index.js";
import { BATCH_ID, TestChip } from "../cards/test-chip.js";
import type { Service } from "./service.js";

/** Rates that no test comes near. */
const NO_RATE = { perSecond: 1e6, burst: 1e6 };

/** What a test sets of a Bolt Card. */
interface ChipOptions {
  readonly credit?: Msat;
  readonly policy?: unknown;
  readonly pin?: string;
  readonly version?: number;
  /** The card whose second face it is. */
  readonly faceOf?: Uint8Array;
}

/** Bolt Cards beside the cards of a service, by the same authorizer. */
export class BoltCards {
  readonly desk: BoltCardDesk;
  readonly #service: Service;
  readonly #keys: KeySource;

  private constructor(
    service: Service,
    keys: KeySource,
    batches: Batches,
    options: Partial<BoltCardsOptions>,
    observer?: BoltCardObserver,
  ) {
    this.#service = service;
    this.#keys = keys;
    const config = boltCardsConfigSchema.parse({
      address: "https://cards.example",
      cardRate: NO_RATE,
      rate: NO_RATE,
      addressRate: NO_RATE,
      ...options,
    });
    const { ports, authorizer, config: authorization } = service;
    this.desk = new BoltCardDesk(ports, authorizer, authorization, config, batches, observer);
  }

  static async open(
    service: Service,
    keys: KeySource,
    options: Partial<BoltCardsOptions> = {},
    observer?: BoltCardObserver,
  ): Promise<BoltCards> {
    return new BoltCards(service, keys, await Batches.open(keys), options, observer);
  }

  /** Registers a chip's card, puts it into use and pays money in for it. */
  async chip(number: number, options: ChipOptions = {}): Promise<TestChip> {
    const { store, clock } = this.#service;
    const { credit = sat(20_000), policy = {}, pin, version = 0, faceOf } = options;
    const chip = new TestChip(number, version);
    const { cardId, uid } = chip;
    const pinCheck =
      pin === undefined ? undefined : await pinCheckOf(this.#keys, BATCH_ID, randomBytes(8), pin);
    const card = { cardId, uid, batch: BATCH_ID, label: `chip ${number}`, policy: parsePolicy(policy) };
    await registerSunCard(store, { ...card, version, pinCheck, faceOf }, clock.now);
    await activateCard(store, cardId);
    if (credit > 0n) await fundCard(store, cardId, credit, "", clock.now);
    return chip;
  }

  /** Reads a chip. @throws Error with the sentence where there is no offer */
  async read(chip: TestChip): Promise<Offer> {
    const { p, c } = chip.read();
    const answer = await this.desk.read(p, c);
    if (typeof answer === "string") throw new Error(answer);
    return answer;
  }

  /** A tap: a reading, a new invoice, the callback. @returns the sentence, or undefined for OK */
  async tap(chip: TestChip, serial: number, amount: Msat, pin?: string): Promise<string | undefined> {
    const { k1 } = await this.read(chip);
    return await this.desk.withdraw({ k1, pr: this.#service.invoice(serial, amount), pin });
  }
}
