import { UPDATE_FLAG } from "../../apdu/index.js";
import { bytesToHex, formatMsat, msat, sumMsat } from "../../common/index.js";
import { type CardEntry, remaining } from "../../issuer/ledger/index.js";
import type { Policy } from "../../issuer/policy/index.js";
import { printPolicy } from "../../issuer/policy/index.js";
import type { AuthorizationEntry, CardDetails } from "../../issuer/reports/index.js";
import { loadLimit, NO_LIMIT_STORED } from "../../issuer/store/values.js";
import { describeReason } from "../../lightning/api/index.js";
import { renderRecord } from "../output.js";
import { renderTable } from "../table.js";
import { cardText, timeIso, timeText } from "./card-choice.js";

/** A card in `--json`: amounts in msat. */
export const cardData = (card: CardEntry) => ({
  card: cardText(card.card),
  label: card.label,
  state: card.state,
  funded: card.funded,
  spent: card.spent,
  left: remaining(card),
  ...(card.held === 0n ? {} : { heldForFees: card.held }),
  givenBack: card.voided,
  payments: card.top_counter,
  updates: card.sequence,
  updatesTaken: card.acknowledged,
  keySet: bytesToHex(card.key_set),
  publicKey: bytesToHex(card.public_key),
  registeredAt: timeIso(card.registered_at),
  ...(card.replaces === null ? {} : { replaces: cardText(card.replaces) }),
  ...(card.certified_until === 0n
    ? {}
    : { offlineLimit: card.offline_limit, certifiedUntil: timeIso(card.certified_until) }),
});

/** Cards as a table for people. */
export const cardTable = (cards: readonly CardEntry[]): string =>
  renderTable(
    ["CARD", "LABEL", "STATE", "LEFT", "SPENT", "PAYMENTS", "UPDATE"],
    cards.map((card) => [
      cardText(card.card),
      card.label,
      card.state,
      formatMsat(remaining(card)),
      formatMsat(card.spent),
      card.top_counter.toString(),
      card.acknowledged < card.sequence ? "pending" : "",
    ]),
  );

/** An authorization in `--json`. */
export const authorizationData = (one: AuthorizationEntry) => ({
  card: cardText(one.card),
  counter: one.counter,
  state: one.state,
  amount: one.amount,
  totalAfter: one.total_after,
  flags: one.flags,
  payee: bytesToHex(one.payee),
  node: one.node_id === null ? undefined : bytesToHex(one.node_id),
  paymentHash: bytesToHex(one.payment_hash),
  invoiceHash: bytesToHex(one.invoice_hash),
  signature: bytesToHex(one.signature),
  decidedAt: timeIso(one.decided_at),
  resolvedAt: timeIso(one.resolved_at),
  ...(one.fee === null ? {} : { fee: one.fee }),
  ...(one.reason === null ? {} : { reason: reasonName(one.reason) }),
});

const reasonOf = (code: bigint) => describeReason(Number.parseInt(code.toString(), 10));
const reasonName = (code: bigint): string => reasonOf(code).name;

/** Authorizations as a table for people. */
export const authorizationTable = (list: readonly AuthorizationEntry[]): string =>
  renderTable(
    ["TIME", "CARD", "COUNTER", "AMOUNT", "STATE", "PAYEE"],
    list.map((one) => [
      timeText(one.decided_at),
      cardText(one.card),
      one.counter.toString(),
      formatMsat(one.amount),
      one.reason === null ? one.state : `${one.state}: ${reasonName(one.reason)}`,
      `${bytesToHex(one.payee).slice(0, 12)}...`,
    ]),
  );

/** One authorization as a record for people. */
export const authorizationRecord = (one: AuthorizationEntry): string =>
  renderRecord([
    ["Card", cardText(one.card)],
    ["Counter", one.counter.toString()],
    ["State", one.state],
    ["Why", one.reason === null ? undefined : reasonOf(one.reason).log],
    ["Amount", formatMsat(one.amount)],
    ["Routing fee", one.fee === null ? undefined : formatMsat(one.fee)],
    ["Card's total after it", formatMsat(one.total_after)],
    ["Payee", bytesToHex(one.payee)],
    ["Node that pays", one.node_id === null ? undefined : bytesToHex(one.node_id)],
    ["Payment hash", bytesToHex(one.payment_hash)],
    ["Invoice hash", bytesToHex(one.invoice_hash)],
    ["Card's signature", bytesToHex(one.signature)],
    ["Decided", timeText(one.decided_at)],
    ["Resolved", one.resolved_at === null ? undefined : timeText(one.resolved_at)],
  ]);

const policyJson = (policy: Policy): unknown => JSON.parse(printPolicy(policy));
const limitText = (stored: bigint): string => (stored === NO_LIMIT_STORED ? "none" : formatMsat(stored));

/** Everything of one card in `--json`. */
export const detailsData = (details: CardDetails) => ({
  ...cardData(details.entry),
  reserved: details.reserved,
  inGaps: details.inGaps,
  fees: details.fees,
  feesCharged: details.feesCharged,
  limits: {
    credit: details.limits.credit,
    maxPerTransaction: loadLimit(details.limits.max_per_transaction),
    pinThreshold: loadLimit(details.limits.pin_threshold),
    noPinBudget: loadLimit(details.limits.no_pin_budget),
    maxTransactions: details.limits.max_transactions,
    blocked: (details.limits.flags & BigInt(UPDATE_FLAG.BLOCKED)) !== 0n,
    cause: details.limits.cause,
  },
  policy: policyJson(details.entry.policyOf),
  operations: details.operations.map(({ operation, kind, amount, at, note, reverses, reference }) => ({
    operation,
    kind,
    amount,
    at: timeIso(at),
    note,
    ...(reverses === null ? {} : { reverses }),
    ...(reference === null ? {} : { reference }),
  })),
  evidence: details.evidence.map(({ at, contradiction, message, times }) => ({
    at: timeIso(at),
    contradiction,
    times,
    message: bytesToHex(message),
  })),
  authorizations: details.authorizations.map(authorizationData),
});

const feesText = ({ fees, feesCharged }: CardDetails): string =>
  feesCharged === 0n
    ? `${formatMsat(fees)}, borne by the issuer`
    : `${formatMsat(fees)}, of which the card bore ${formatMsat(feesCharged)}`;

function refundedText({ operations }: CardDetails): string | undefined {
  const refunded = operations.filter(({ kind }) => kind === "refund").map(({ amount }) => msat(amount));
  return refunded.length === 0 ? undefined : formatMsat(sumMsat(refunded));
}

/** A credit once signed is never lowered: a card that bears fees, or whose top-up was reversed, may show more than it has. */
function showsMore({ entry, limits, feesCharged, inGaps, operations }: CardDetails): string | undefined {
  const shown = limits.credit - entry.top_total;
  const has = entry.funded - entry.spent - inGaps;
  const isReversed = operations.some(({ kind }) => kind === "reverse");
  return (feesCharged > 0n || isReversed) && shown > has
    ? `${formatMsat(msat(shown))}: fees, reversals and payments out do not lower a credit that was signed`
    : undefined;
}

/** Everything of one card for people. */
export function detailsText(details: CardDetails): string {
  const { entry, limits } = details;
  const waiting = entry.acknowledged < entry.sequence;
  return [
    renderRecord([
      ["Card", cardText(entry.card)],
      ["Label", entry.label || undefined],
      ["State", entry.state],
      ["Replaces", entry.replaces === null ? undefined : cardText(entry.replaces)],
      ["Left", formatMsat(details.left)],
      [
        details.feesCharged === 0n ? "Paid in, less paid out" : "Paid in, less paid out and fees",
        formatMsat(entry.funded),
      ],
      ["Of it refunded by merchants", refundedText(details)],
      ["In flight", details.reserved === 0n ? undefined : formatMsat(details.reserved)],
      ["Held for routing fees", entry.held === 0n ? undefined : formatMsat(entry.held)],
      ["Routing fees", details.fees === 0n ? undefined : feesText(details)],
      ["The card itself shows", showsMore(details)],
      ["Released", entry.voided === 0n ? undefined : formatMsat(entry.voided)],
      ["Skipped", details.inGaps === 0n ? undefined : formatMsat(details.inGaps)],
      ["Payments", entry.top_counter.toString()],
      ["Most at once", limitText(limits.max_per_transaction)],
      ["PIN above", limitText(limits.pin_threshold)],
      ["Without PIN in all", limitText(limits.no_pin_budget)],
      [
        "Without a connection",
        entry.certified_until === 0n
          ? "not accepted: the card has no certificate"
          : `up to ${formatMsat(entry.offline_limit)} at once, until ${timeText(entry.certified_until)}`,
      ],
      [
        "Update",
        waiting
          ? `number ${entry.sequence} (${limits.cause}) waits for the card's next tap`
          : "the card has the newest",
      ],
      ["Policy", printPolicy(entry.policyOf)],
    ]),
    details.evidence.length > 0
      ? `This card, or a copy of it, signed what cannot be true:\n${details.evidence.map(({ at, contradiction, times }) => `  ${timeText(at)}  ${contradiction}${times > 1n ? ` (presented ${times} times)` : ""}`).join("\n")}`
      : "",
    details.operations.length > 0
      ? renderTable(
          ["NUMBER", "TIME", "BOOKED", "AMOUNT", "REFERENCE", "NOTE"],
          details.operations.map(({ operation, at, kind, amount, note, reverses, reference }) => [
            operation.toString(),
            timeText(at),
            reverses === null ? kind : `${kind} of ${reverses}`,
            formatMsat(amount),
            reference ?? "",
            note,
          ]),
        )
      : "",
    details.authorizations.length > 0 ? authorizationTable(details.authorizations) : "",
  ]
    .filter(Boolean)
    .join("\n\n");
}
