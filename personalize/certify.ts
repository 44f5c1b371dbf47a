import { type CardCertificate, certificateMessage } from "../apdu/index.js";
import { concatBytes, type Msat, secp256k1 } from "../common/index.js";
import type { KeySource } from "../keys/index.js";
import { PersonalizationError } from "./errors.js";
import type { OfflineTerms, Profile } from "./profile-fields.js";

const DAY_SECONDS = 86_400;
/** Longest that a certificate is valid (specs/09 §2). */
export const MAX_VALID_DAYS = 3650;

/** What the certificate of one card shall say, but for the card. */
export interface CertificateTerms {
  /** Most for one authorization that is accepted offline. */
  readonly offlineLimit: Msat;
  /** Last second in which it is valid, Unix time. */
  readonly validUntilSeconds: number;
}

/** When a certificate ends that is made at `now`, both in Unix seconds. */
const endOf = (terms: OfflineTerms, now: number): number =>
  "validUntilSeconds" in terms ? terms.validUntilSeconds : now + terms.validForDays * DAY_SECONDS;

/** Why no certificate can be made now; undefined when one can (specs/09 §2). @param now Unix seconds */
function certificateDateProblem(terms: OfflineTerms, now: number): string | undefined {
  const end = endOf(terms, now);
  if (end <= now)
    return `offline/valid-until: ${dayOf(end)} is over, by this computer's clock it is ${dayOf(now)}`;
  return end > now + MAX_VALID_DAYS * DAY_SECONDS
    ? `offline/valid-until: ${dayOf(end)} is more than ten years from ${dayOf(now)}, which it is by this computer's clock`
    : undefined;
}

/**
 * The terms of a card that is made now; undefined when its profile has none. A card whose limit for one payment is lower
 * than its profile's gets that.
 * @param now Unix seconds @throws PersonalizationError `date`
 */
export function certificateTerms(profile: Profile, now: number): CertificateTerms | undefined {
  const { offline, limits } = profile;
  if (!offline) return undefined;
  const problem = certificateDateProblem(offline, now);
  if (problem)
    throw new PersonalizationError("date", problem, {
      hint: "Correct this computer's clock, or the date in the profile. No card was written.",
    });
  const offlineLimit =
    offline.limit < limits.maxPerTransaction ? offline.limit : (limits.maxPerTransaction as Msat);
  return { offlineLimit, validUntilSeconds: endOf(offline, now) };
}

/**
 * Has the issuer key sign a card's certificate, wherever that key is.
 * @param card cardId 8 bytes, publicKey 65 bytes, keySetId 4 bytes
 * @returns the clear body, 128 bytes
 * @throws KeyError
 */
export async function signCertificate(
  keys: KeySource,
  card: { readonly cardId: Uint8Array; readonly publicKey: Uint8Array; readonly keySetId: Uint8Array },
  terms: CertificateTerms,
): Promise<Uint8Array> {
  const fields: CardCertificate = {
    cardId: card.cardId,
    cardPoint: secp256k1.convert(card.publicKey, true),
    flags: 0,
    ...terms,
  };
  const { digest, unsigned } = certificateMessage.digest(fields, card.keySetId);
  return concatBytes(unsigned, await keys.signUpdate(card.keySetId, digest));
}

/** A day as profiles write it, UTC. @param seconds Unix time */
export const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
