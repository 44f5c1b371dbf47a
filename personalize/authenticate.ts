import {
  LEVEL,
  openSecureChannel,
  type SecureChannel,
  SecureChannelError,
  type SecureChannelErrorCode,
  type Transport,
} from "../apdu/index.js";
import { type CardStaticKeys, KeyError, type KeySource, wipeCardKeys } from "../keys/index.js";
import { PersonalizationError } from "./errors.js";
import type { Journal } from "./journal.js";
import type { Profile, ResponseProtection } from "./profile-fields.js";

/** What opening a channel needs besides the card. */
export interface AuthenticationContext {
  readonly keys: KeySource;
  /** Counts attempts; a card that failed is not tried again with the same keys. */
  readonly journal: Journal;
  /** The system's generator when absent. */
  readonly random?: ((length: number) => Uint8Array) | undefined;
  /** What the profile requires of a channel. */
  readonly profile: Pick<Profile, "cardKeys">;
}

/** Bits of {@link LEVEL} that a profile requires. */
const REQUIRED: Readonly<Record<ResponseProtection, number>> = {
  "as-offered": 0,
  mac: LEVEL.R_MAC,
  "mac-only": LEVEL.R_MAC,
  encrypted: LEVEL.R_MAC | LEVEL.R_ENCRYPTION,
};

/**
 * Opens a channel to the selected applet, once for each key version (specs/04 §4.5): the attempt is in the journal
 * before it is made, and what it came to after it.
 * @throws PersonalizationError `wrong-keys`, `locked`, `unsupported-card`; SecureChannelError `unknown-key-version`;
 * KeyError; JournalError; TransportError
 */
export async function authenticate(
  transport: Transport,
  chip: string,
  version: number,
  { keys, journal, random, profile }: AuthenticationContext,
): Promise<SecureChannel> {
  if (!journal.mayAttempt(chip, version)) {
    const reason = journal.chips.get(chip)?.refused.get(version) ?? "no attempt came to an end";
    throw new PersonalizationError(
      "locked",
      `keys of version ${version} were tried on this card before: ${reason}`,
      {
        hint: "Put the card aside. If you know why it failed, allow another attempt with: personalize retry",
      },
    );
  }
  journal.append({ step: "attempt", chip, version });
  const state = journal.chip(chip);
  let used: CardStaticKeys | undefined;
  const responses = profile.cardKeys.responses ?? "as-offered";
  try {
    const channel = await openSecureChannel(transport, {
      keyVersion: version,
      level: "best",
      required: REQUIRED[responses],
      avoid: responses === "mac-only" ? LEVEL.R_ENCRYPTION : 0,
      staticKeys: async ({ diversification }) => {
        used = await keys.cardKeys(version, diversification);
        return used;
      },
      ...(random ? { random } : {}),
      ...(state.mode ? { mode: state.mode } : {}),
    });
    state.mode = channel.card.mode;
    journal.append({ step: "ended", chip, version, level: channel.level });
    return channel;
  } catch (cause) {
    if (
      cause instanceof KeyError ||
      (cause instanceof SecureChannelError && NOTHING_TRIED.includes(cause.code))
    )
      journal.append({ step: "ended", chip, version });
    throw cause instanceof SecureChannelError ? explain(cause, chip, version, journal) : cause;
  } finally {
    if (used) wipeCardKeys(used);
  }
}

/** The card was not asked to compare anything: it loses nothing by another attempt. */
const NOTHING_TRIED: readonly SecureChannelErrorCode[] = ["unknown-key-version", "unprotected-responses"];

/** A refusal that will not go away is kept, so that the next tap does not try the same again. */
function explain(cause: SecureChannelError, chip: string, version: number, journal: Journal): Error {
  const { code } = cause;
  if (code === "unprotected-responses")
    return new PersonalizationError("unprotected", cause.message, {
      cause,
      ...(cause.hint ? { hint: cause.hint } : {}),
    });
  if (code === "wrong-keys" || code === "not-authenticated" || code === "locked" || code === "used-up") {
    journal.append({ step: "refused", chip, version, reason: code });
    return new PersonalizationError(code === "wrong-keys" ? "wrong-keys" : "locked", cause.message, {
      cause,
      ...(cause.hint ? { hint: cause.hint } : {}),
    });
  }
  if (code === "unsupported") {
    journal.append({ step: "refused", chip, version, reason: code });
    return new PersonalizationError("unsupported-card", cause.message, {
      cause,
      hint: cause.hint ?? "Put the card aside and use cards with SCP03.",
    });
  }
  return cause;
}
