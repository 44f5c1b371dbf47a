import { timingSafeEqual } from "node:crypto";
import { decryptPicc, type PiccData, sunMac } from "../../bolt-card/sun.js";
import { equalBytes } from "../../common/bytes.js";
import { GroupCommit } from "../authorizer/group-commit.js";
import { type FoundSunCard, newestOfChip, SUN_CARD } from "../ledger/sun-cards.js";
import type { Store } from "../store/types.js";
import { blob } from "../store/values.js";
import type { Batch, Batches } from "./batches.js";

/** A reading that the keys of a card made. */
export interface GenuineReading {
  readonly card: bigint;
  readonly batch: Batch;
  readonly uid: Uint8Array;
  readonly version: bigint;
  readonly counter: bigint;
  /** Not above the highest counter read: somebody has kept it, or repeats it. */
  readonly isUsed: boolean;
}

/** Stands for what did not decrypt: no chip has this UID, the first byte names a maker. */
const NOBODY: PiccData = { uid: new Uint8Array(7), counter: 0 };
/** Queries at once on a server, when one before waits for long. */
const MAX_GROUPS = 2;

/**
 * Finds the card of a reading by as many decryptions as there are batch keys in use, whatever the number of cards
 * (specs/10 §7.1). A card that is not known, and one whose MAC is wrong, cost the same.
 */
export class CardFinder {
  /** Decryptions so far. */
  decryptions = 0;
  readonly #batches: Batches;
  readonly #store: Store;
  readonly #cards: GroupCommit<Uint8Array, FoundSunCard | undefined>;

  constructor(store: Store, batches: Batches, maxBatch: number) {
    this.#batches = batches;
    this.#store = store;
    this.#cards = new GroupCommit({
      keys: () => [],
      maxBatch,
      maxGroups: store.kind === "postgres" ? MAX_GROUPS : 1,
      retryAlone: () => false,
      run: async (uids) =>
        await store.many.find(
          store.db,
          SUN_CARD,
          uids.map((uid) => ({ uid: blob(uid) })),
        ),
    });
  }

  /**
   * @param p 16 bytes; @param c 8 bytes
   * @returns undefined when no card of this issuer made it @throws StoreError, KeyError
   */
  find(p: Uint8Array, c: Uint8Array): Promise<GenuineReading | undefined> {
    return this.#find(p, c, (uid) => this.#cards.submit(uid));
  }

  /** The same for what a chip was last, also after its keys were shown for wiping. @throws StoreError, KeyError */
  findChip(p: Uint8Array, c: Uint8Array): Promise<GenuineReading | undefined> {
    return this.#find(p, c, (uid) => newestOfChip(this.#store.db, uid));
  }

  async #find(
    p: Uint8Array,
    c: Uint8Array,
    rowOf: (uid: Uint8Array) => Promise<FoundSunCard | undefined>,
  ): Promise<GenuineReading | undefined> {
    const { list } = this.#batches;
    const opened = list.map(({ piccKey }) => {
      this.decryptions++;
      return decryptPicc(piccKey, p) ?? NOBODY;
    });
    const rows = await Promise.all(opened.map(({ uid }) => rowOf(uid)));
    const at = list.findIndex(({ id }, i) => equalBytes(id, rows[i]?.batch ?? NO_ID));
    const row = rows[at];
    const batch = list[at] ?? this.#batches.current;
    const { uid, counter } = opened[at] ?? NOBODY;
    const macKey = await this.#batches.macKey(batch, uid, Number.parseInt(`${row?.version ?? 0n}`, 10));
    const isGenuine = timingSafeEqual(sunMac(macKey, uid, counter), c);
    if (!row || !isGenuine || counter === 0) return undefined;
    const isUsed = BigInt(counter) <= row.counter;
    return { card: row.card, batch, uid, version: row.version, counter: BigInt(counter), isUsed };
  }
}

const NO_ID = new Uint8Array(4);

/** A reading as the ledger keeps it, 24 bytes. */
export const readingBytes = (p: Uint8Array, c: Uint8Array): Buffer => Buffer.concat([p, c]);
