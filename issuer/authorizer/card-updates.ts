import { MESSAGE_TYPE, UPDATE_FLAG } from "../../apdu/constants.js";
import { seal } from "../../apdu/sealed/message.js";
import { keyCheck, updateMessage } from "../../apdu/sealed/update.js";
import { concatBytes } from "../../common/bytes.js";
import { msat } from "../../common/msat.js";
import type { LimitsRow } from "../ledger/limits.js";
import { loadLimit } from "../store/values.js";
import type { CardRecord } from "../verify.js";
import type { IssuerPorts } from "./ports.js";

const FLAGS = UPDATE_FLAG.BLOCKED | UPDATE_FLAG.RESET_PIN_TRIES | UPDATE_FLAG.RESET_NO_PIN_SPENT;

/**
 * The update for a card, signed and sealed under a fresh IV, so that two deliveries of it cannot be seen to be
 * the same (specs/02 §3.3). @returns 149 bytes @throws KeyError
 */
export async function sealUpdate(
  { keys, randomBytes, secp256k1 }: Pick<IssuerPorts, "keys" | "randomBytes" | "secp256k1">,
  card: CardRecord,
  limits: LimitsRow,
): Promise<Uint8Array> {
  const sealKey = keys.sealKey(card.keySetId);
  if (!sealKey) throw new Error("the key set of a known card is not there");
  const { digest, unsigned } = updateMessage.digest(
    {
      cardId: card.cardId,
      sequence: small(limits.sequence),
      flags: small(limits.flags) & FLAGS,
      credit: msat(limits.credit, "credit"),
      maxPerTransaction: loadLimit(limits.max_per_transaction),
      pinThreshold: loadLimit(limits.pin_threshold),
      noPinBudget: loadLimit(limits.no_pin_budget),
      maxTransactions: small(limits.max_transactions),
      keyCheck: keyCheck(secp256k1.convert(card.publicKey, false)),
    },
    card.keySetId,
  );
  const signature = await keys.signUpdate(card.keySetId, digest);
  return seal(MESSAGE_TYPE.UPDATE, card.keySetId, sealKey, randomBytes(16), concatBytes(unsigned, signature));
}

/** A sequence, counter or flags column: at most 32 bits. */
const small = (value: bigint): number => Number.parseInt(value.toString(), 10);
