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
  kind: card.kind,
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
    ["CARD", "KIND", "LABEL", "STATE", "LEFT", "SPENT", "PAYMENTS", "UPDATE"],
    cards.map((card) => [
      cardText(card.card),
      card.kind === "sun" ? "Bolt Card" : "card",
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

const limitsData = (limits: NonNullable<CardDetails["limits"]>) => ({
  credit: limits.credit,
  maxPerTransaction: loadLimit(limits.max_per_transaction),
  pinThreshold: loadLimit(limits.pin_threshold),
  noPinBudget: loadLimit(limits.no_pin_budget),
  maxTransactions: limits.max_transactions,
  blocked: (limits.flags & BigInt(UPDATE_FLAG.BLOCKED)) !== 0n,
  cause: limits.cause,
});

const chipData = (chip: NonNullable<CardDetails["chip"]>) => ({
  uid: bytesToHex(chip.uid),
  version: chip.version,
  batch: bytesToHex(chip.batch),
  counter: chip.counter,
  wiped: chip.live === 0n,
  pin: chip.pin_check !== null,
  pinTries: chip.pin_tries,
  ...(chip.face_of === null ? {} : { faceOf: cardText(chip.face_of) }),
});

/** Everything of one card in `--json`. */
export const detailsData = (details: CardDetails) => ({
  ...cardData(details.entry),
  reserved: details.reserved,
  inGaps: details.inGaps,
  fees: details.fees,
  feesCharged: details.feesCharged,
  ...(details.limits ? { limits: limitsData(details.limits) } : {}),
  ...(details.chip ? { chip: chipData(details.chip) } : {}),
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
  if (!limits) return undefined;
  const shown = limits.credit - entry.top_total;
  const has = entry.funded - entry.spent - inGaps;
  const isReversed = operations.some(({ kind }) => kind === "reverse");
  return (feesCharged > 0n || isReversed) && shown > has
    ? `${formatMsat(msat(shown))}: fees, reversals and payments out do not lower a credit that was signed`
    : undefined;
}

/** Everything of one card for people. */
export function detailsText(details: CardDetails): string {
  const { entry, limits, chip } = details;
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
      [
        "Kind",
        chip ? (chip.face_of === null ? "Bolt Card" : "Bolt Card, the second face of a card") : undefined,
      ],
      ["Second face of", chip && chip.face_of !== null ? cardText(chip.face_of) : undefined],
      [
        "Chip",
        chip &&
          `UID ${bytesToHex(chip.uid)}, version ${chip.version} of its keys${chip.live === 0n ? ", wiped" : ""}`,
      ],
      ["Read", chip && `up to counter ${chip.counter}, paid up to ${entry.top_counter}`],
      [
        "PIN",
        chip && (chip.pin_check === null ? "none" : `${chip.pin_tries} tries since the last right one`),
      ],
      ["Payments", chip ? undefined : entry.top_counter.toString()],
      ["Most at once", limits && limitText(limits.max_per_transaction)],
      ["PIN above", limits && limitText(limits.pin_threshold)],
      ["Without PIN in all", limits && limitText(limits.no_pin_budget)],
      [
        "Without a connection",
        entry.certified_until === 0n
          ? "not accepted: the card has no certificate"
          : `up to ${formatMsat(entry.offline_limit)} at once, until ${timeText(entry.certified_until)}`,
      ],
      [
        "Update",
        limits &&
          (waiting
            ? `number ${entry.sequence} (${limits.cause}) waits for the card's next tap`
            : "the card has the newest"),
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
