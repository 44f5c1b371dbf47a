import { bytesToHex } from "../../common/index.js";
import { activateCard, registerCard } from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CardLimits } from "../../simulator/index.js";

/** A card as the ledger knows it, its numbers as personalization writes them. */
export interface CardToIssue {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly keySetId: Uint8Array;
  readonly limits: CardLimits;
  /** The issuer's, as in a settings file. */
  readonly policy?: unknown;
  readonly label?: string;
}

/** Enters a card into a ledger and puts it into use. @param now Unix milliseconds */
export async function issueCard(
  store: Store,
  { cardId, publicKey, keySetId, limits: { credit, ...limits }, policy = {}, label }: CardToIssue,
  now = Date.now(),
): Promise<void> {
  const entry = { cardId, publicKey, keySetId, credit, limits };
  await registerCard(
    store,
    { ...entry, label: label ?? bytesToHex(cardId), policy: parsePolicy(policy) },
    now,
  );
  await activateCard(store, cardId);
}
