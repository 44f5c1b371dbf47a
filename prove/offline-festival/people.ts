import { readFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, msat, sat } from "../../common/index.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { blockCard, cashOutCard, fundCard, LedgerError, unblockCard } from "../../issuer/ledger/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { readBundle } from "../../offline/bundle.js";
import { PackError } from "../../offline/pack-error.js";
import { PIN } from "../../testing/cards/test-card.js";
import type { Field, HeldCard } from "./field.js";
import { invoicePaymentHash } from "./hashes.js";
import type { Stall } from "./stall.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A bundle that comes so long after it was written comes late. */
const LATE_MS = 24 * HOUR;
/** A customer who is not served by then goes on. */
const PATIENCE_MS = 3 * MINUTE;

/** A sale that the stall's people saw accepted. */
export interface SeenSale {
  readonly stall: Stall;
  readonly number: number;
  readonly card: string;
  readonly amount: bigint;
  readonly from: number;
}

/** A stick with one bundle on it. */
interface Stick {
  readonly stall: Stall;
  readonly bundle: Uint8Array;
  readonly writtenAt: number;
  /** Which bundle of its stall it is. */
  readonly serial: number;
}

/** What people did with sticks, as they tell it. */
export class Carriers {
  readonly sticks: Stick[] = [];
  readonly #delivered = new Set<string>();
  readonly #newest = new Map<Stall, number>();
  /** Who brought each sale first, by payment hash. */
  readonly #bringers = new Map<string, string>();
  readonly #field: Field;
  #serial = 0;

  constructor(field: Field) {
    this.#field = field;
  }

  /** A stick is filled at a stall. */
  pickUp(stall: Stall): void {
    const file = this.#field.file("bundle");
    if (stall.writeBundle(file) === 0) return;
    const bundle = Uint8Array.from(readFileSync(file));
    this.sticks.push({ stall, bundle, writtenAt: this.#field.now(), serial: ++this.#serial });
    this.#field.count("bundles written");
  }

  /** The newest stick of each stall. */
  lastSticks(): readonly Stick[] {
    return [...new Map(this.sticks.map((stick) => [stick.stall, stick])).values()];
  }

  /** Somebody brings a stick to the shop. @returns results to carry back */
  bring({ stall, bundle, writtenAt, serial }: Stick, by: string): string {
    const { shop, now } = this.#field;
    const count = (what: string) => this.#field.count(`bundles carried${what}`);
    count("");
    const id = bytesToHex(sha256(bundle));
    if (this.#delivered.has(id)) count(" twice");
    this.#delivered.add(id);
    if (now() - writtenAt >= LATE_MS) count(" late");
    const newest = this.#newest.get(stall) ?? 0;
    if (serial < newest) count(" in the wrong order");
    this.#newest.set(stall, Math.max(serial, newest));
    const { profile } = stall.ground;
    const { sales } = readBundle(bundle, "bcrt", () => profile.terminalKey);
    const hashes = sales.map(({ invoice }) => invoicePaymentHash(invoice));
    if (hashes.some((hash) => (this.#bringers.get(hash) ?? by) !== by)) count(" by two people");
    for (const hash of hashes) if (!this.#bringers.has(hash)) this.#bringers.set(hash, by);
    const { head } = shop.take(bundle);
    return this.#field.writeResults(head, stall);
  }
}

/** Sells one thing. @param comesBack the network does, before the tap @returns the sale where it was accepted */
export async function sell(
  field: Field,
  stall: Stall,
  held: HeldCard,
  comesBack = false,
): Promise<SeenSale | undefined> {
  const { random, time } = field;
  const amount = msat(BigInt(1 + random.below(3_400)) * 1_000n - BigInt(random.below(1_000)));
  const giveUp = new AbortController();
  const patience = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  held.isBusy = true;
  stall.reader = field.readerOf(held);
  const { terminal } = stall.life;
  try {
    const sale = await terminal.charge(
      { amount, description: "beer" },
      {
        askPin: async () => PIN,
        onOpen() {
          // The network comes back while the customer looks for the card.
          if (!comesBack) return;
          stall.line.isCut = false;
          stall.probe();
        },
        onNotice(sentence) {
          const refusal = Object.entries(SENTENCES.offline.refusal).find(([, words]) =>
            sentence.includes(words),
          );
          if (refusal) field.count(`not accepted: ${refusal[0]}`);
          if (refusal?.[0] === "card-contradicts") stall.maySignInVain = true;
          if (sentence === SENTENCES.offline.wentOffline) field.count("sales that went on offline");
          else giveUp.abort();
        },
      },
      giveUp.signal,
    );
    if (sale.state !== "accepted") {
      field.count(`online sales ${sale.state}`);
      return undefined;
    }
    field.count("sales accepted");
    return { stall, number: sale.number, card: held.id, amount, from: field.event() };
  } catch (error) {
    // The node went away while the sale was being given up: the next start finishes it.
    if (!(error instanceof NodeError)) throw error;
    return undefined;
  } finally {
    clearTimeout(patience);
    held.isBusy = false;
    await time.sleep(MINUTE);
  }
}

/** Finishes what is unfinished, looks for the network, and forwards. */
export async function mind(stall: Stall): Promise<void> {
  stall.probe();
  const { store, terminal, forwarder } = stall.life;
  const given = AbortSignal.abort();
  for (const sale of store.unfinished())
    await terminal.finish(sale, {}, given).catch((error) => {
      if (!(error instanceof NodeError)) throw error;
    });
  if (!stall.line.isCut) await forwarder.round();
}

/** A merchant at a stall. */
export async function merchant(field: Field, stall: Stall, sales: number, seen: SeenSale[]): Promise<void> {
  const { random, time } = field;
  for (let i = 0; i < sales; i++) {
    await time.sleep(random.below(4 * HOUR));
    if (random.oneIn(3)) stall.line.isCut = !stall.line.isCut;
    if (random.oneIn(8)) {
      stall.close();
      await stall.start();
      field.count("terminals started again");
    }
    if (random.oneIn(3)) await mind(stall);
    const free = field.cards.filter(({ isBusy }) => !isBusy);
    if (free.length === 0) continue;
    const sale = await sell(field, stall, random.pick(free), random.oneIn(4));
    if (sale) seen.push(sale);
  }
}

/** Somebody with sticks in all pockets. */
export async function carrier(field: Field, carriers: Carriers, name: string, walks: number): Promise<void> {
  const { random, time } = field;
  const results: { readonly stall: Stall; readonly file: string }[] = [];
  for (let i = 0; i < walks; i++) {
    await time.sleep(random.below(5 * HOUR));
    const errand = random.below(5);
    if (errand < 2) carriers.pickUp(random.pick(field.stalls));
    else if (errand < 4 && carriers.sticks.length > 0) {
      const stick = random.pick(carriers.sticks);
      const file = carriers.bring(stick, name);
      results.push({ stall: stick.stall, file });
    } else if (results.length > 0) {
      // Old ones come back, too.
      const { stall, file } = random.pick(results);
      stall.takeResults(file);
      field.count("results brought back");
    }
  }
}

/** The shop forwards what it was brought, when its own connection is there. */
export async function shopkeeper(field: Field, rounds: number): Promise<void> {
  const { random, time, uplink } = field;
  for (let i = 0; i < rounds; i++) {
    await time.sleep(random.below(2 * HOUR));
    if (random.oneIn(3)) uplink.isCut = !uplink.isCut;
    field.isRouted = !random.oneIn(6);
    await field.shop.forwarder.round();
    await field.issuer.reconciler.run();
  }
  uplink.isCut = false;
  field.isRouted = true;
}

/** The issuer's desk: cards are blocked, paid out and topped up, a chip is copied, packs are renewed, also with old ones. */
export async function desk(field: Field, visits: number): Promise<void> {
  const { random, time, issuer, cards } = field;
  const packs: { readonly stall: Stall; readonly file: string }[] = [];
  for (let i = 0; i < visits; i++) {
    await time.sleep(random.below(5 * HOUR));
    const { card } = random.pick(cards);
    const { cardId } = card.record;
    switch (random.below(7)) {
      case 0:
        await blockCard(issuer.store, cardId, field.now());
        field.count("cards blocked");
        break;
      case 1:
        await unblockCard(issuer.store, cardId, field.now());
        break;
      case 2:
        try {
          field.desk.paidOut += await cashOutCard(issuer.store, cardId, "", field.now());
          field.count("cards cashed out");
        } catch (error) {
          if (!(error instanceof LedgerError)) throw error;
        }
        break;
      case 3: {
        const amount = sat(1 + random.below(5_000));
        await fundCard(issuer.store, cardId, amount, "", field.now());
        field.desk.paidIn += amount;
        field.count("top-ups");
        break;
      }
      case 4:
        if (cards.length < 8) {
          const free = cards.filter(({ isBusy }) => !isBusy);
          if (free.length > 0) field.clone(random.pick(free));
          field.count("cards cloned");
        }
        break;
      default: {
        const stall = random.pick(field.stalls);
        packs.push({ stall, file: await field.packFor(stall) });
        const chosen = random.oneIn(3) ? random.pick(packs) : packs.at(-1);
        if (chosen) await renew(field, chosen.stall, chosen.file);
      }
    }
  }
}

/** A pack is brought to a stall; one that is older than what is there changes nothing. */
export async function renew(field: Field, stall: Stall, file: string): Promise<void> {
  try {
    await stall.install(file);
    field.count("packs renewed");
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    field.count(`packs not taken: ${error.code}`);
  }
}
