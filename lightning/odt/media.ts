import type { Profile } from "../bolt11/index.js";
import { FEATURE, type FeatureBits, hasFeature } from "../features.js";

/** How two devices that stand face to face pass a message. */
export type OdtMedium = "qr" | "nfc";

/** All media, in the order in which they are listed. */
export const ODT_MEDIA: readonly OdtMedium[] = ["nfc", "qr"];

/** Even bit of each medium; what is set is the odd one above it (specs/06 §4). */
const MEDIUM_FEATURE: Readonly<Record<Profile, Readonly<Record<OdtMedium, number>>>> = {
  modern: { qr: FEATURE.qr, nfc: FEATURE.nfc },
  "draft-819": { qr: FEATURE.draftQr, nfc: FEATURE.draftNfc },
};

/** The odd feature bits with which an invoice announces these media. */
export function mediumBits(media: readonly OdtMedium[], profile: Profile): number[] {
  return media.map((medium) => MEDIUM_FEATURE[profile][medium] + 1).sort((a, b) => a - b);
}

/**
 * The media that an invoice announces. An even bit announces too: the draft only recommends odd ones.
 * The other profile's bits mean nothing here; the profiles are never mixed.
 */
export function announcedMedia(features: FeatureBits, profile: Profile): OdtMedium[] {
  return ODT_MEDIA.filter((medium) => hasFeature(features, MEDIUM_FEATURE[profile][medium]));
}

/** What a payer that will have to show the preimage learns from an invoice before it pays. */
export interface MediaChoice {
  /** The first of the payer's own media that the invoice announces; undefined when there is none. */
  readonly medium: OdtMedium | undefined;
  /** False: do not pay, the proof of payment could not be shown (specs/06 §4). */
  readonly mayPay: boolean;
}

/**
 * Chooses the medium for a message to the recipient's device. An invoice of the modern profile that announces none
 * says nothing about media: the payer may pay and uses its own first medium.
 * @param own media of the payer's device, in its order of preference
 */
export function chooseMedium(
  features: FeatureBits,
  own: readonly OdtMedium[],
  profile: Profile,
): MediaChoice {
  const announced = announcedMedia(features, profile);
  const silent = announced.length === 0 && profile === "modern";
  const medium = own.find((candidate) => silent || announced.includes(candidate));
  return { medium, mayPay: medium !== undefined };
}
