import { NO_LIMIT } from "../../apdu/index.js";
import { msat, secp256k1 } from "../../common/index.js";
import { activateCard, registerCard } from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { SeededRandom } from "../random.js";

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
  await registerCard(
    store,
    {
      cardId,
      publicKey: secp256k1.publicKey(random.bytes(32)),
      keySetId: KEY_SET_ID,
      label,
      credit,
      limits: {
        maxPerTransaction: NO_LIMIT,
        pinThreshold: NO_LIMIT,
        noPinBudget: NO_LIMIT,
        maxTransactions: 1000,
      },
      policy: parsePolicy({}),
    },
    FIRST_MADE + number,
  );
  await activateCard(store, cardId);
  return { cardId, label, paidIn: credit };
}
