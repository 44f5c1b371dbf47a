import { formatMsat } from "../../common/msat.js";
import type { AllowedHours, Policy } from "./schema.js";

const hoursText = ({ days, from, to }: AllowedHours): string =>
  `${days ? `${days.join(", ")} ` : ""}${from} to ${to}`;

/** What a policy means, in sentences for the issuer's people. */
export function describePolicy(policy: Policy): string[] {
  const { maxFee, feesBorneBy, allowedHours, allowedPayees, timeZone } = policy;
  const periods = [
    policy.maxPer24h === undefined ? "" : `${formatMsat(policy.maxPer24h)} in any 24 hours`,
    policy.maxPer30d === undefined ? "" : `${formatMsat(policy.maxPer30d)} in any 30 days`,
  ].filter(Boolean);
  const most =
    policy.maxPerTransaction === undefined ? "" : `, at most ${formatMsat(policy.maxPerTransaction)}`;
  return [
    `The issuer pays at least ${formatMsat(policy.minPerTransaction)} at once${most}.`,
    ...(periods.length > 0 ? [`The issuer pays at most ${periods.join(" and ")}.`] : []),
    ...(policy.maxBalance === undefined
      ? []
      : [`Its account is brought to at most ${formatMsat(policy.maxBalance)}.`]),
    `Routing one payment may cost ${formatMsat(maxFee.base)} and ${maxFee.ppm} millionths of the amount; all payments of a card ${formatMsat(policy.maxFeesPer24h)} in any 24 hours and ${formatMsat(policy.maxFeesPer30d)} in any 30 days.`,
    feesBorneBy === "card"
      ? "The card bears routing fees: it needs money for the highest one beside the amount, and may show more than it has."
      : "The issuer bears routing fees.",
    ...(policy.pinRequiredAbove === undefined
      ? []
      : [`The issuer wants the PIN above ${formatMsat(policy.pinRequiredAbove)}.`]),
    ...(allowedPayees ? [`The issuer pays ${allowedPayees.length} listed payees alone.`] : []),
    ...(allowedHours ? [`The issuer pays ${allowedHours.map(hoursText).join("; ")} (${timeZone}).`] : []),
    ...(policy.tellsBalance
      ? [
          "The issuer tells holders and merchants who have the card on a reader what is left; receipts show it.",
        ]
      : []),
    `The issuer ${policy.allowAmountless ? "also pays" : "refuses"} invoices without an amount.`,
  ];
}
