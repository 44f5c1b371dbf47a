/** Turns blank cards into prepaid cards: profiles, one card, batches that survive anything. */
export type { DataGroup } from "../apdu/commands/store-data.js";
export type { Scp03Mode } from "../apdu/secure-channel/initialize-update.js";
export * from "./batch.js";
export * from "./batch-status.js";
export { type CardData, type CardLimits, dataGroups, NO_CARD_LIMIT, packBlocks } from "./card-data.js";
export * from "./card-list.js";
export { makeCardPage, type NewPage, pageBaseProblem } from "./card-page.js";
export * from "./card-registry.js";
export type { CertificateTerms } from "./certify.js";
export { type Probe, probeCard } from "./chip.js";
export { channelTarget } from "./conformance-target.js";
export * from "./errors.js";
export type { FaceStage } from "./face-reading.js";
export type { FaceKeys, FaceReading, FaceRegistry, PendingFace } from "./face-registry.js";
export { type InspectedCard, type InspectedCertificate, inspectCard } from "./inspect-card.js";
export {
  type ChipState,
  type FaceState,
  type ItemStage,
  type ItemState,
  Journal,
  type Renewal,
} from "./journal.js";
export { isBegun, type JournalFileOptions } from "./journal-file.js";
export type { KeyInformation } from "./key-information.js";
export { type CardLabel, cardLabels, exportLabels, holdsSecrets, labelCsv, withPages } from "./labels.js";
export {
  type CardStep,
  type PersonalizationContext,
  type PersonalizedCard,
  personalizeCard,
} from "./personalize-card.js";
export { type LetterPage, type PinLetter, PinLetters, randomPin, readPinLetters } from "./pin-letters.js";
export { labelSheet, letterPages } from "./printable.js";
export { nodeUriProblem, parseProfile } from "./profile.js";
export { describeProfile } from "./profile-check.js";
export { type FaceTerms, hasLetters, type OfflineTerms, type Profile } from "./profile-fields.js";
export {
  type RenewableCard,
  type RenewalContext,
  type RenewedCard,
  recogniseChip,
  renewCard,
} from "./renew-card.js";
export { type ResetCard, type ResetContext, resetCard } from "./reset-card.js";
export { FACTORY_KEYS_KEPT } from "./rotate-keys.js";
