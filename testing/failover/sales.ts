import { setTimeout as sleep } from "node:timers/promises";
import { bytesToHex, type Msat, sat } from "../../common/index.js";
import { isTemporaryReason } from "../../lightning/api/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import type { SigningCard } from "../cards/signing-card.js";
import { type ScriptedNode, testInvoice } from "../nodes/scripted-node.js";
import type { IssuerChild } from "../processes/issuer-child.js";

/** One sale, as the merchant knows it. */
export interface Tap {
  readonly card: SigningCard;
  readonly counter: number;
  readonly amount: Msat;
  /** Payment hash, hex. */
  readonly hash: string;
  readonly invoice: string;
  readonly token: Uint8Array;
  /** Reason with which it was refused for good. */
  refused?: number;
}

/** A merchant asks again, elsewhere, when there was no answer for so long. */
const PATIENCE_MS = 2500;
/** Of so many sales one does not find a route at first. */
const FAIL_EVERY = 15;
const AMOUNT = sat(10);
/** Long against a failover; then nothing can be sent any more, and what was not paid is released. */
const EXPIRY_SECONDS = 120;
/** Between two sales of a merchant. */
const PAUSE_MS = 30;

/** Merchants: each sells one thing after the other to cards of its own. */
export class Sales {
  readonly taps: Tap[] = [];
  /** When sales were paid, with the time at which their last try began; `performance.now()`. */
  readonly paid: { at: number; begun: number }[] = [];
  readonly #services: readonly IssuerChild[];
  readonly #node: ScriptedNode;
  #serial: number;
  #isOpen = true;
  #work: Promise<unknown> = Promise.resolve();

  /** @param serial of the first invoice */
  constructor(services: readonly IssuerChild[], node: ScriptedNode, serial: number) {
    this.#services = services;
    this.#node = node;
    this.#serial = serial;
  }

  get serial(): number {
    return this.#serial;
  }

  open(cards: readonly SigningCard[], merchants: number): void {
    const sell = async (merchant: number): Promise<void> => {
      const own = cards.filter((_, i) => i % merchants === merchant);
      for (let i = 0; this.#isOpen; i++) {
        await this.#sell(own[i % own.length] as SigningCard, merchant);
        await sleep(PAUSE_MS);
      }
    };
    this.#work = Promise.all(Array.from({ length: merchants }, (_, merchant) => sell(merchant)));
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#work;
  }

  /** What was neither paid nor refused for good. */
  get unended(): Tap[] {
    return this.taps.filter((tap) => tap.refused === undefined && !this.isPaid(tap));
  }

  isPaid = ({ hash }: Tap): boolean => this.#node.sent.has(hash);

  /** Presents a token once. Resolves with the answer, or when the merchant has lost patience. */
  async present(tap: Tap, service: number): Promise<void> {
    const begun = performance.now();
    const child = this.#services[service % this.#services.length] as IssuerChild;
    const asked = child.present(tap.token, tap.invoice).then(({ reason, cardUpdate }) => {
      if (cardUpdate) tap.card.update(cardUpdate);
      if (reason !== undefined && !isTemporaryReason(reason)) tap.refused = reason;
      if (this.isPaid(tap)) this.paid.push({ at: performance.now(), begun });
    });
    await Promise.race([asked, sleep(PATIENCE_MS)]);
  }

  async #sell(card: SigningCard, merchant: number): Promise<void> {
    const serial = this.#serial++;
    this.#node.learn([serial]);
    const invoice = testInvoice(serial, AMOUNT, Math.floor(Date.now() / 1000) - 5, {
      expirySeconds: EXPIRY_SECONDS,
    });
    if (serial % FAIL_EVERY === 0) this.#node.set(serial, "fail");
    const token = card.authorize(invoice, AMOUNT);
    const hash = bytesToHex(decodeInvoice(invoice).paymentHash);
    const tap: Tap = { card, counter: card.counter, amount: AMOUNT, hash, invoice, token };
    this.taps.push(tap);
    for (let attempt = 0; attempt < 3; attempt++) {
      await this.present(tap, merchant + attempt);
      if (this.isPaid(tap) || tap.refused !== undefined || !this.#isOpen) return;
      this.#node.set(serial, "settle");
      await sleep(50);
    }
  }
}
