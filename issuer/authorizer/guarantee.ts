import { remaining } from "../ledger/accounts.js";
import type { Facts } from "../ledger/facts.js";
import type { GuaranteeCause } from "../store/schema.js";
import type { VerifiedAuthorization } from "../verify.js";
import type { World } from "./world.js";

/**
 * Why the issuer lends a card what it authorized for an offline payee (specs/09 §9): the card is out of use, has not got
 * the money, or spent too much in a period, and nothing else speaks against the payment. Undefined where the card pays
 * by itself, or nobody does.
 * @param isPayable whether invoice and all other rules allow it
 */
export function guaranteeCause(
  { amount }: VerifiedAuthorization,
  facts: Facts,
  { now, owed, limits }: Pick<World, "now" | "owed" | "limits">,
  isPayable: boolean,
): GuaranteeCause | undefined {
  const { account, offline } = facts;
  const terms = limits.offline?.guarantee;
  if (!terms || !offline?.isGuaranteed || !isPayable) return undefined;
  // A card that never was in use, and one whose clone is about, are promised to nobody.
  if (account.activated !== 1n || (offline.hasContradicted && !offline.coversContradictions))
    return undefined;
  // The terminal has verified a certificate that was valid when it accepted the token.
  const isCertified = offline.certifiedUntil + 1000n * offline.windowSeconds >= BigInt(now);
  if (!isCertified || amount > offline.offlineLimit) return undefined;
  const cause = causeOf(amount, facts);
  const isWithin = account.owed + amount <= terms.perCard && owed + amount <= terms.total;
  return isWithin ? cause : undefined;
}

function causeOf(amount: bigint, { account, policy, spent24h, spent30d }: Facts): GuaranteeCause | undefined {
  if (account.state === "blocked" || account.state === "retired") return "card-blocked";
  if (account.state !== "active") return undefined;
  if (amount > remaining(account)) return "not-funded";
  const isAbove = (spent: bigint, most: bigint | undefined) => most !== undefined && spent + amount > most;
  const isOver = isAbove(spent24h, policy.maxPer24h) || isAbove(spent30d, policy.maxPer30d);
  return isOver ? "period-limit" : undefined;
}
