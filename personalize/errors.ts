import { CardStatusError, formatSw } from "../apdu/index.js";
import { ChequecardError, CodedError, type Failure } from "../common/index.js";

export type PersonalizationErrorCode =
  /** No security domain, no SCP03, no secp256k1, or another major version of the application. */
  | "unsupported-card"
  /** The card application is not on the card. */
  | "no-application"
  /** The card's keys are not ours. */
  | "wrong-keys"
  /** The card opens no channel any more, or was tried too often. */
  | "locked"
  /** The channel would protect responses less than the profile requires. */
  | "unprotected"
  /** The card is personalized, by another batch or another issuer. */
  | "already-personalized"
  /** The card is blocked by its issuer. */
  | "blocked"
  /** The card has no room for what it shall hold. */
  | "no-room"
  /** The card's proof of its new key is wrong. */
  | "bad-proof"
  /** What the card says after personalization is not what was written. */
  | "mismatch"
  /** Every card of the batch has its chip already, or this one is done. */
  | "not-needed"
  /** The certificate would end before it begins, or too late: the profile's date or this computer's clock is wrong. */
  | "date"
  /** The registry has this card id already, or refuses it. */
  | "registry"
  /** The card is not in the registry or the journal. */
  | "unknown-card"
  /** A card of this batch was made on a chip of this name, and this is not it. */
  | "same-chip-name"
  /** The card was torn away while it was made, and its id was given up since. */
  | "given-up"
  /** The card refused a command with a status word that has no meaning here. */
  | "card-refused";

/** A card cannot be personalized. `hint` says what to do with it. */
export class PersonalizationError extends CodedError<PersonalizationErrorCode> {
  override get failure(): Failure {
    return this.code === "card-refused" ? "card" : super.failure;
  }
}

/**
 * Runs something that talks to a card. An unexpected status word keeps its number, with advice for who makes
 * cards: its sentence in the table is for a till.
 * @throws PersonalizationError `card-refused` in place of CardStatusError; whatever else `run` throws
 */
export async function forMakers<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof CardStatusError)) throw cause;
    throw new PersonalizationError(
      "card-refused",
      `${cause.command}: the card answered ${formatSw(cause.sw)}`,
      {
        cause,
        hint: "Lay the card on the reader again. If it gives the same answer, put it aside: it does not do what personalization needs.",
      },
    );
  }
}

export type JournalErrorCode =
  /** There is a journal already where a new one was to be made. */
  | "exists"
  /** There is no journal. */
  | "missing"
  /** Not a journal, or changed by something else. */
  | "damaged"
  /** Written by a newer release. */
  | "newer-version"
  /** Another process uses it. */
  | "locked"
  /** It belongs to another batch: other profile, other list. */
  | "other-batch"
  /** The system refused to read or write: no room, no permission. */
  | "io";

/** The journal of a batch cannot be used. Nothing was sent to a card after it failed. */
export class JournalError extends CodedError<JournalErrorCode> {}

/** The registry failed for a reason of its own (its database is away): nothing more is sent to any card. */
export class RegistryUnavailableError extends ChequecardError {
  override readonly code = "registry-unavailable";
  override get failure(): Failure {
    return "service";
  }
}
