import { msat, secp256k1 } from "../../common/index.js";
import type { Store } from "../../issuer/store/index.js";
import { issueCard } from "../issuer/issue-card.js";
import type { SeededRandom } from "../random.js";
import { UNLIMITED } from "./test-card.js";

/** Of every card that is made here. */
const KEY_SET_ID = Uint8Array.of(1, 2, 3, 4);
const FIRST_MADE = 1_800_000_000_000;

/** A card of a ledger, as it was made. */
export interface LedgerCard {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  readonly label: string;
  /** In msat. */
  readonly paidIn: bigint;
}

/** Enters an active card with an amount of its own. @param number counted from 1 */
export async function makeCard(store: Store, random: SeededRandom, number: number): Promise<LedgerCard> {
  const cardId = random.bytes(8);
  const label = String(number).padStart(4, "0");
  const credit = msat(BigInt(1 + random.below(50_000_000)));
  const limits = { ...UNLIMITED, credit, maxTransactions: 1000 };
  const publicKey = secp256k1.publicKey(random.bytes(32));
  await issueCard(store, { cardId, publicKey, keySetId: KEY_SET_ID, label, limits }, FIRST_MADE + number);
  return { cardId, label, paidIn: credit };
}
