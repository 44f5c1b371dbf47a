import { equalBytes } from "../common/index.js";
import { Batches, keysOf } from "../issuer/bolt-cards/batches.js";
import { LedgerError } from "../issuer/ledger/index.js";
import { PolicyCache } from "../issuer/ledger/policies.js";
import { takeReadings } from "../issuer/ledger/readings.js";
import { registerSunCard, showSunCard } from "../issuer/ledger/sun-cards.js";
import { parsePolicy } from "../issuer/policy/index.js";
import type { Store } from "../issuer/store/index.js";
import { blob, cardKey } from "../issuer/store/values.js";
import type { KeySource } from "../keys/index.js";
import { type FaceRegistry, type PendingFace, PersonalizationError } from "../personalize/index.js";

/** Every face has an identity of its own, so its keys never need another version. */
const VERSION = 0;

/**
 * The issuer's ledger and its keys as personalization needs them for second faces (specs/10 §8.5): a face is in the ledger,
 * `pending`, before its data are sent to the card, and in use once it was read back.
 * @param batches ids of the batch keys in use, hex, the one of new cards first; absent: the newest two
 */
export function ledgerFaces(
  store: Store,
  keys: Pick<KeySource, "batchKeys" | "batchMac">,
  batches?: readonly string[],
  now: () => number = Date.now,
): FaceRegistry {
  return {
    checkPolicy: (policy) => void parsePolicy(policy),
    async keysOf(uid) {
      const { current } = await Batches.open(keys, batches);
      const { k1, k2 } = await keysOf(keys, current.id, uid, VERSION);
      return { batch: current.id, piccKey: k1, macKey: k2 };
    },
    async register(face) {
      try {
        const { label, policy, ...rest } = face;
        const entry = {
          ...rest,
          label: `Bolt Card of ${label}`,
          policy: parsePolicy(policy),
          version: VERSION,
        };
        await registerSunCard(store, entry, now());
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        // The same face again, after an interruption between the row and its journal.
        if (error.code === "card-exists" && (await isSame(store, face))) return;
        throw new PersonalizationError("registry", error.message, { cause: error });
      }
    },
    async activate(cardId, { counter, p, c }) {
      const reading = { card: cardKey(cardId), counter: BigInt(counter), bytes: Buffer.concat([p, c]) };
      const rules = { clone: false, older: false };
      const [taken] = await store.write((tx) =>
        takeReadings(store, tx, new PolicyCache(), [reading], rules, BigInt(now())),
      );
      if (taken?.kind === "taken" && taken.account.state === "active") return;
      throw new PersonalizationError(
        "registry",
        taken?.kind === "taken"
          ? `the second face is ${taken.account.state} in the ledger`
          : "the ledger has a later reading of this second face",
        { hint: "Reset the card and make it again: personalize reset" },
      );
    },
  };
}

async function isSame(store: Store, face: PendingFace): Promise<boolean> {
  try {
    const row = await showSunCard(store.db, face.cardId);
    return equalBytes(row.uid, face.uid) && equalBytes(row.batch, blob(face.batch));
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}
