import { equalBytes, secp256k1 } from "../common/index.js";
import {
  activateCard,
  cashOutCard,
  LedgerError,
  registerCard,
  retireCard,
  showCard,
} from "../issuer/ledger/index.js";
import { parsePolicy } from "../issuer/policy/index.js";
import type { Store } from "../issuer/store/index.js";
import { type CardRegistry, PersonalizationError, type RegisteredCard } from "../personalize/index.js";

/**
 * The issuer's ledger as personalization sees it: a card is in it, `pending`, before the last block is sent to
 * the card, and `active` once it was read back.
 */
export function ledgerRegistry(store: Store, now: () => number = Date.now): CardRegistry {
  const find = async (cardId: Uint8Array) => {
    try {
      return await showCard(store.db, cardId);
    } catch (error) {
      if (error instanceof LedgerError && error.code === "unknown-card") return undefined;
      throw error;
    }
  };
  const lookup = async (cardId: Uint8Array): Promise<RegisteredCard | undefined> => {
    const found = await find(cardId);
    return found && { state: found.state, publicKey: Uint8Array.from(found.public_key) };
  };
  return {
    lookup,
    checkPolicy: (policy) => void parsePolicy(policy),
    async register(card) {
      try {
        const { certificate, ...rest } = card;
        const kept = certificate && {
          offlineLimit: certificate.offlineLimit,
          validUntil: certificate.validUntilSeconds,
        };
        const policy = parsePolicy(card.policy);
        await registerCard(store, { ...rest, policy, certificate: kept }, now());
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        if (error.code === "unknown-node")
          throw new PersonalizationError("registry", error.message, { cause: error });
        if (error.code !== "card-exists") throw error;
        // The same card again, after an interruption between the row and its journal.
        const known = await lookup(card.cardId);
        const same = known && equalBytes(known.publicKey, secp256k1.convert(card.publicKey, true));
        if (known?.state !== "pending" || !same)
          throw new PersonalizationError("registry", error.message, { cause: error });
      }
    },
    async activate(cardId) {
      try {
        await activateCard(store, cardId);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        throw new PersonalizationError("registry", error.message, { cause: error });
      }
    },
    async retire(cardId) {
      const known = await find(cardId);
      if (!known || known.state === "retired") return;
      // A card that was never handed out has no holder to pay its money out to: the booking is reversed.
      if (known.state === "pending" && known.funded > known.spent)
        await cashOutCard(store, cardId, "personalization given up", now());
      try {
        await retireCard(store, cardId, now());
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        // There is money on a card that was handed out: that is for people to decide.
        throw new PersonalizationError("registry", error.message, {
          cause: error,
          ...(error.hint ? { hint: error.hint } : {}),
        });
      }
    },
  };
}
