import { CAPABILITY, NO_LIMIT } from "../apdu/index.js";
import { formatMsat, plural, type SchemaMistake } from "../common/index.js";
import { dayOf } from "./certify.js";
import type { Profile } from "./profile-fields.js";

const NO_COUNT = 0xffffffff;

/** Limits that cannot all be meant, empty when there are none (specs/04 §9). */
export function contradictions(profile: Profile): SchemaMistake[] {
  const { limits, credit } = profile;
  const { maxPerTransaction, pinThreshold, noPinBudget, maxTransactions } = limits;
  const found: SchemaMistake[] = [];
  const say = (condition: boolean, field: string, problem: string) => {
    if (condition) found.push({ path: field.split("/"), problem });
  };
  const hasPin = profile.pinLength !== undefined;
  say(maxPerTransaction === 0n, "limits/max-per-transaction", "0 allows no payment at all");
  say(maxTransactions === 0, "limits/max-transactions", "0 allows no payment at all");
  say(
    !hasPin && pinThreshold !== NO_LIMIT,
    "limits/pin-threshold",
    `the cards have no PIN, so payments above ${formatMsat(pinThreshold)} would always fail; set pin: random, or pin-threshold: none`,
  );
  say(
    !hasPin && noPinBudget !== NO_LIMIT,
    "limits/no-pin-budget",
    `the cards have no PIN, so they would stop at ${formatMsat(noPinBudget)} for good; set pin: random, or no-pin-budget: none`,
  );
  say(
    hasPin && pinThreshold === NO_LIMIT && noPinBudget === NO_LIMIT,
    "pin",
    "a random PIN that is never needed; set limits/pin-threshold or limits/no-pin-budget, or pin: none",
  );
  say(
    hasPin &&
      pinThreshold !== NO_LIMIT &&
      maxPerTransaction !== NO_LIMIT &&
      pinThreshold >= maxPerTransaction &&
      noPinBudget === NO_LIMIT,
    "limits/pin-threshold",
    `${formatMsat(pinThreshold)} is never exceeded, since a payment is at most ${formatMsat(maxPerTransaction)}`,
  );
  say(
    noPinBudget !== NO_LIMIT && pinThreshold !== NO_LIMIT && noPinBudget < pinThreshold,
    "limits/no-pin-budget",
    `${formatMsat(noPinBudget)} in all is less than pin-threshold ${formatMsat(pinThreshold)} for one payment`,
  );
  say(
    maxPerTransaction !== NO_LIMIT && credit > 0n && maxPerTransaction > credit,
    "limits/max-per-transaction",
    `${formatMsat(maxPerTransaction)} is more than the credit of ${formatMsat(credit)}`,
  );
  say(
    profile.cardKeys.rotateTo === profile.cardKeys.version,
    "card-keys/rotate-to",
    `the cards have keys of version ${profile.cardKeys.version} already`,
  );
  say(
    profile.cardKeys.rotateTo === 255,
    "card-keys/rotate-to",
    "255 stands for factory keys; rotate to a version of 1 to 127",
  );
  say(
    profile.boltCard?.policy.maxBalance === "0msat",
    "bolt-card/limit",
    "0 allows no payment at all; leave bolt-card out",
  );
  const { offline } = profile;
  if (offline) {
    say(offline.limit === 0n, "offline/limit", "0 lets no terminal accept anything; leave offline out");
    say(
      maxPerTransaction !== NO_LIMIT && offline.limit > maxPerTransaction,
      "offline/limit",
      `${formatMsat(offline.limit)} is more than one payment may be, ${formatMsat(maxPerTransaction)}`,
    );
    say(
      maxPerTransaction === NO_LIMIT && credit > 0n && offline.limit > credit,
      "offline/limit",
      `${formatMsat(offline.limit)} is more than the credit of ${formatMsat(credit)}`,
    );
  }
  return found;
}

const pageSentences = ({ cardPage }: Profile): string[] =>
  cardPage === undefined
    ? []
    : [
        `Holders see what is on their card at ${cardPage}, by the QR code on it and a code in their letter, and can block it there.`,
      ];

const RESPONSES = {
  mac: "authenticated",
  "mac-only": "authenticated and never encrypted",
  encrypted: "authenticated and encrypted",
} as const;

/** What a profile means, in sentences for the people who hand the cards out. */
export function describeProfile(profile: Profile): string[] {
  const { limits, credit } = profile;
  const { maxPerTransaction, pinThreshold, noPinBudget, maxTransactions } = limits;
  const shown = [
    profile.publish & CAPABILITY.AVAILABLE_PUBLISHED ? "what is left on it" : "",
    profile.publish & CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED ? "its limit for one payment" : "",
    profile.publish & CAPABILITY.PIN_THRESHOLD_PUBLISHED ? "from which amount it needs the PIN" : "",
  ].filter(Boolean);
  return [
    credit > 0n
      ? `A new card can spend ${formatMsat(credit)}.`
      : "A new card is empty until it is topped up.",
    maxPerTransaction === NO_LIMIT
      ? "One payment may be as large as what is left."
      : `One payment is at most ${formatMsat(maxPerTransaction)}.`,
    maxTransactions === NO_COUNT
      ? "The number of payments is not limited."
      : `A card makes at most ${plural(maxTransactions, "payment")}.`,
    withoutPin(profile, pinThreshold, noPinBudget),
    shown.length
      ? `A card tells everybody who holds a reader to it ${listed(shown)}.`
      : "A card does not tell what is on it.",
    ...(profile.publish & CAPABILITY.AVAILABLE_PUBLISHED
      ? ["Two taps of one card can be linked by the amount that it shows."]
      : []),
    `Payments are asked for at ${profile.nodeUri}.`,
    offlineSentence(profile),
    ...faceSentences(profile),
    ...pageSentences(profile),
    ...(profile.cardKeys.responses === undefined
      ? []
      : [
          `A card is written only through a channel whose responses are ${RESPONSES[profile.cardKeys.responses]}.`,
        ]),
    profile.cardKeys.rotateTo === undefined
      ? `The cards keep their keys of version ${profile.cardKeys.version}.`
      : `The cards come with keys of version ${profile.cardKeys.version} and leave with keys of version ${profile.cardKeys.rotateTo}.`,
    ...keyVersionAdvice(profile.cardKeys.rotateTo),
  ];
}

/** What a certificate means for people (specs/09). */
function offlineSentence({ offline }: Profile): string {
  if (!offline) return "Terminals without a connection do not accept the cards: they get no certificate.";
  const end =
    "validUntilSeconds" in offline
      ? `until the end of ${dayOf(offline.validUntilSeconds)} (UTC)`
      : `for ${plural(offline.validForDays, "day")} after a card was made`;
  return `Terminals without a connection that have your acceptance pack accept up to ${formatMsat(offline.limit)} at once, ${end}; afterwards the cards pay with a connection as before.`;
}

/** What a second face means for people (specs/10 §8.5). */
function faceSentences({ boltCard }: Profile): string[] {
  if (!boltCard) return [];
  return [
    `The cards are Bolt Cards too: tills that know only those read ${boltCard.base.replace(/\?p=$/, "")}, and take from an account of its own that is brought to at most ${boltCard.policy.maxBalance}; money gets there at the desk, with cards move.`,
  ];
}

/** Some cards take AES keys under these versions only (specs/04 §3). */
const AES_VERSIONS = { first: 48, last: 63 } as const;

const keyVersionAdvice = (version: number | undefined): string[] =>
  version === undefined || (version >= AES_VERSIONS.first && version <= AES_VERSIONS.last)
    ? []
    : [
        `Some cards take new keys under versions ${AES_VERSIONS.first} to ${AES_VERSIONS.last} only, not under ${version}.`,
      ];

function withoutPin(profile: Profile, threshold: bigint, budget: bigint): string {
  if (profile.pinLength === undefined) return "The cards have no PIN: who holds a card can spend it.";
  const each = threshold === NO_LIMIT ? "any amount a time" : `up to ${formatMsat(threshold)} a time`;
  const all = budget === NO_LIMIT ? "without an end" : `${formatMsat(budget)} in all`;
  return `Without PIN ${each} and ${all}; with the random PIN of ${profile.pinLength} digits up to the other limits.`;
}

const listed = (parts: readonly string[]): string =>
  parts.length === 1 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
