import { type CardUpdate, keyCheck, NO_LIMIT, seal, signMessage, updateMessage } from "../../apdu/index.js";
import type { Msat } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import {
  apdu,
  CARD_ID,
  CARD_POINT,
  type Exchange,
  hash,
  ISSUER_SECRET,
  KEY_SET_ID,
  SEAL_KEY,
  send,
} from "./fixture.js";

export interface UpdateOverrides extends Partial<CardUpdate> {
  readonly signer?: Uint8Array;
  readonly keySetId?: Uint8Array;
  readonly type?: 1 | 2 | 3;
}

/** The update that raises the fixture card's credit and leaves its limits. */
function updateFields(overrides: UpdateOverrides = {}): CardUpdate {
  return {
    cardId: CARD_ID,
    sequence: 1,
    flags: 0,
    credit: 200_000n as Msat,
    maxPerTransaction: 50_000n,
    pinThreshold: 10_000n,
    noPinBudget: 20_000n,
    maxTransactions: 1000,
    keyCheck: keyCheck(CARD_POINT),
    ...overrides,
  };
}

/** A sealed update, 149 bytes. */
export function sealedUpdate(overrides: UpdateOverrides = {}): Uint8Array {
  const { keySetId = KEY_SET_ID, signer = ISSUER_SECRET, type = 3 } = overrides;
  const body = signMessage(updateMessage, updateFields(overrides), keySetId, signer);
  return seal(type, keySetId, SEAL_KEY, hash("iv").slice(0, 16), body);
}

export const update = (card: SimulatedCard, overrides: UpdateOverrides = {}): Exchange =>
  send(card, apdu("80340000", sealedUpdate(overrides)));

export { NO_LIMIT };
