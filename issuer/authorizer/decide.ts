import { msat } from "../../common/msat.js";
import { REASON } from "../../lightning/api/reason-codes.js";
import { remaining } from "../ledger/accounts.js";
import type { Decision } from "../ledger/decision.js";
import type { Facts } from "../ledger/facts.js";
import { cardFeesLeft, least } from "../ledger/fees.js";
import { placementProblem } from "../ledger/place.js";
import { evaluatePolicy, maxFee, type PolicyRefusal } from "../policy/evaluate.js";
import type { Policy } from "../policy/schema.js";
import { milliseconds } from "../store/values.js";
import type { VerifiedAuthorization } from "../verify.js";
import { guaranteeCause } from "./guarantee.js";
import type { World } from "./world.js";

const REASON_OF: Readonly<Record<PolicyRefusal, number>> = {
  amountless: REASON.INVOICE_AMOUNTLESS,
  "expires-soon": REASON.INVOICE_EXPIRED,
  "payee-not-allowed": REASON.PAYEE_NOT_ALLOWED,
  "outside-hours": REASON.OUTSIDE_HOURS,
  "below-min-per-transaction": REASON.BELOW_MIN_PER_TRANSACTION,
  "above-max-per-transaction": REASON.ABOVE_MAX_PER_TRANSACTION,
  "pin-required": REASON.PIN_REQUIRED,
  "above-24h": REASON.ABOVE_PERIOD_LIMIT,
  "above-30d": REASON.ABOVE_PERIOD_LIMIT,
  "cltv-too-long": REASON.PAYMENT_FAILED,
};

/**
 * Decides about one genuine token (specs/03 §3). Pure: the facts were read, and the decision is recorded, in one
 * transaction. In order: seen before, given up, contradiction, state of the card, invoice, policy, money, load.
 */
export function decide(authorization: VerifiedAuthorization, facts: Facts, world: World): Decision {
  // 1. The counter was seen: what was decided then counts, unless this is another authorization under it.
  if (facts.known) {
    const words = differentAuthorization(authorization, facts);
    if (words && authorization.kind === "sun") return { kind: "refuse", reason: REASON.TOKEN_OTHER_INVOICE };
    return words ? contradiction(words) : { kind: "known", known: facts.known };
  }
  // Readings of a Bolt Card are paid in their order: one that is older than the last payment is worth nothing any more.
  if (authorization.kind === "sun" && authorization.counter <= facts.account.top_counter)
    return { kind: "refuse", reason: REASON.TOKEN_VOID };
  // 2. The counter was given up and its amount released: refused for ever.
  if (facts.gap && facts.gap.voided_at !== null) return { kind: "refuse", reason: REASON.TOKEN_VOID };
  // 3. The authorization must fit what the card signed before, and what was signed for the card.
  const words = contradictionOf(authorization, facts);
  // A ledger that was restored makes that update later: then the same token is good, so the refusal is not final.
  if (words) return contradiction(words, facts.acknowledged === undefined ? REASON.CARD_ON_HOLD : undefined);
  // What would be refused for the card alone the issuer may have promised to pay. That is decided before anybody hears of
  // a refusal, since a final one is never paid later.
  const guaranteed = guaranteeCause(authorization, facts, world, isPayable(authorization, facts, world));
  // 4. A card out of use. Nothing is recorded: the token of a card that is blocked, or not in use yet, may be presented
  // again, and then it is paid. So nothing final may be said of it.
  if (!guaranteed) {
    if (facts.account.state === "retired") return { kind: "refuse", reason: REASON.CARD_BLOCKED };
    if (facts.account.state !== "active") return { kind: "refuse", reason: REASON.CARD_ON_HOLD };
  }
  // 5. to 7. From here on a refusal is for good.
  const reason = guaranteed
    ? undefined
    : (invoiceReason(authorization, facts, world) ?? moneyReason(authorization, facts));
  if (reason !== undefined) return { kind: "void", reason };
  // 8. Too much at once: the same token may be presented again in a moment.
  if (isFull(facts, world)) return { kind: "refuse", reason: REASON.BUSY };
  // What another node has paid already is that node's to settle: here it would be paid a second time.
  const node = facts.paidUnmatched?.node ?? world.node;
  return {
    kind: "reserve",
    node,
    ...feeTerms(authorization, facts, world, guaranteed !== undefined),
    maxCltv: facts.policy.maxTotalCltv,
    // Nobody hands goods out for a reading before it is paid.
    isRetried: facts.offline !== undefined && authorization.kind === "token",
    ...(guaranteed ? { guaranteed, owed: world.owed + authorization.amount } : {}),
  };
}

/**
 * Whether a payment has no place now. Some places are kept for cards that have nothing in flight, so that few cards
 * whose payments hang cannot shut the service, or a payee, for the others.
 */
function isFull({ inFlight }: Facts, world: World): boolean {
  const { maxInFlight, maxInFlightPerPayee, maxInFlightPerCard, keptPlacesPercent } = world.limits;
  const open = (places: number) =>
    inFlight === 0 ? places : places - Math.ceil((places * keptPlacesPercent) / 100);
  return (
    inFlight >= maxInFlightPerCard ||
    world.inFlight >= open(maxInFlight) ||
    world.inFlightToPayee >= open(maxInFlightPerPayee)
  );
}

/**
 * The allowance of the policy, or what the budgets of fees have left where that is less: a route without a fee costs
 * nothing, so an empty budget is no reason to refuse. A card that bears the fee must have it besides the amount; that of
 * a payment which the issuer lends to it bears the issuer.
 */
function feeTerms(
  { amount }: VerifiedAuthorization,
  { policy, account, fees }: Facts,
  { feesLeft }: World,
  isGuaranteed: boolean,
) {
  const allowance = maxFee(policy, amount);
  const byCard = policy.feesBorneBy === "card" && !isGuaranteed;
  const onCard = byCard ? [remaining(account) - amount] : [];
  const ofCard = least(allowance, cardFeesLeft(policy, fees), ...onCard);
  const allowed = msat(least(ofCard, feesLeft));
  const feeShortOf = allowed < ofCard ? "issuer" : allowed < allowance ? "card" : undefined;
  return { maxFee: allowed, held: byCard ? allowed : msat(0n), feeShortOf } as const;
}

const contradiction = (words: string, reason: number = REASON.CARD_CONTRADICTS): Decision => ({
  kind: "contradiction",
  words,
  reason,
});

/**
 * Two tokens of one counter must say the same. The acknowledged sequence is left out: a card answers a repeated
 * AUTHORIZE after an update with the new one.
 */
function differentAuthorization(authorization: VerifiedAuthorization, { known }: Facts): string | undefined {
  if (!known) return undefined;
  if (authorization.kind === "sun")
    return known.invoice_hash.equals(authorization.invoiceHash)
      ? undefined
      : "another invoice for one reading";
  const same =
    known.amount === authorization.amount &&
    known.total_after === authorization.total &&
    known.flags === authorization.flags &&
    known.invoice_hash.equals(authorization.invoiceHash);
  return same ? undefined : `two different authorizations under counter ${authorization.counter}`;
}

function contradictionOf(authorization: VerifiedAuthorization, facts: Facts): string | undefined {
  const { account, gap } = facts;
  if (authorization.counter < 1n || authorization.amount < 1n) return "a counter or an amount of 0";
  if (facts.acknowledged === undefined) return "it acknowledges an update that was never made";
  if (!facts.permitted) return "no limits that were signed for the card allow it";
  if (!gap && authorization.counter <= account.top_counter)
    throw new Error(`counter ${authorization.counter} is neither seen nor in a gap`);
  return authorization.kind === "sun" ? undefined : placementProblem(account, gap, authorization);
}

/**
 * A payment that the node has made already, under a reservation that the ledger lost, is only booked: neither an expired
 * invoice nor a rule can stop it any more.
 */
function invoiceReason(authorization: VerifiedAuthorization, facts: Facts, world: World): number | undefined {
  const { paidUnmatched } = facts;
  if (paidUnmatched === undefined)
    return (
      authorization.problem?.reason ??
      expiryReason(authorization, facts, world) ??
      policyReason(policyFor(facts, world), authorization, facts, world)
    );
  if (authorization.problem?.code === "wrong-amount") return authorization.problem.reason;
  return paidUnmatched.amount === authorization.amount ? undefined : REASON.INVOICE_TAKEN;
}

/** The invoice of a terminal that accepts offline lives as long as the terminal has time to forward. */
function expiryReason(
  { expiresAt }: VerifiedAuthorization,
  { offline }: Facts,
  { now, limits }: World,
): number | undefined {
  const { maxExpirySeconds, statusSkewSeconds } = limits;
  const window = milliseconds(offline?.windowSeconds ?? 0n);
  const longest = Math.max(maxExpirySeconds, window) + statusSkewSeconds;
  return expiresAt > now + 1000 * longest ? REASON.INVOICE_EXPIRES_LATE : undefined;
}

function withoutPeriods({ maxPer24h: _, maxPer30d: __, ...policy }: Policy): Policy {
  return policy;
}

/** The card's rules; sales that were accepted over days come at once, so its limits of a period may not hold for them. */
const policyFor = ({ policy, offline }: Facts, { limits }: World): Policy =>
  offline && limits.offline?.periodLimits === false ? withoutPeriods(policy) : policy;

/** Whether invoice and rules allow the payment, leaving aside what the card may spend in a period, its money and state. */
function isPayable(authorization: VerifiedAuthorization, facts: Facts, world: World): boolean {
  const problem =
    authorization.problem?.reason ??
    expiryReason(authorization, facts, world) ??
    policyReason(withoutPeriods(facts.policy), authorization, facts, world);
  return problem === undefined && !facts.paymentTaken && facts.paidUnmatched === undefined;
}

function policyReason(
  policy: Policy,
  authorization: VerifiedAuthorization,
  facts: Facts,
  world: World,
): number | undefined {
  const refusal = evaluatePolicy(policy, {
    amount: authorization.amount,
    pinVerified: authorization.pinVerified,
    payee: authorization.payee,
    amountless: authorization.amountless,
    expiresAt: authorization.expiresAt,
    minFinalCltv: authorization.minFinalCltv,
    now: world.now,
    spent24h: facts.spent24h,
    spent30d: facts.spent30d,
  });
  return refusal && REASON_OF[refusal];
}

function moneyReason(
  authorization: VerifiedAuthorization,
  { account, paymentTaken }: Facts,
): number | undefined {
  if (paymentTaken) return REASON.INVOICE_TAKEN;
  return authorization.amount > remaining(account) ? REASON.NOT_FUNDED : undefined;
}
