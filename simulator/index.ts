/**
 * A card in software, for tests, demonstrations and development. Make one with {@link provisionCard} (personalized)
 * or {@link blankCard} (as from the factory); talk to it with {@link connectCard}, lay it on a
 * {@link SimulatedReader} for code that expects readers, or on PC/SC's virtual reader with {@link connectVpcd}.
 * {@link createCardFile} and {@link openCardFile} keep it between runs; `card.tearAt` takes its power away.
 */

export { AppletBridge, AppletError, appletFolder, type BridgeAnswer } from "./applet/bridge.js";
export { AppletCard, type AppletHardware, type AppletImage } from "./applet/card.js";
export {
  type BlankCardOptions,
  blankCard,
  type DomainOptions,
  hasSecurityDomain,
  type VersionedKeys,
} from "./blank-card.js";
export {
  createCardFile,
  type OpenCardFile,
  openAppletFile,
  openCardFile,
  readCardFile,
} from "./card-file/card-file.js";
export { CardFileError, type CardFileErrorCode } from "./card-file/card-file-error.js";
export type { StoredCard } from "./card-file/card-file-format.js";
export { type BoltCardSummary, type CardSummary, summarizeCardFile } from "./card-file/card-summary.js";
export { isNtag, type NtagPersonalization, provisionNtag } from "./ntag/make.js";
export { type NtagSummary, summarizeNtag } from "./ntag/summary.js";
export {
  type CardLimits,
  type CardPersonalization,
  DEFAULT_PUBLISHED,
  type FacePersonalizationData,
} from "./personalization.js";
export { type PhoneWalletPorts, simulatedPhone } from "./phone/wallet.js";
export { makeCard, type ProvisionedCard, provisionCard } from "./provision.js";
export { type CardHardware, SimulatedCard } from "./runtime/card.js";
export type { CardPort, ProvableCard, TearableCard } from "./runtime/card-port.js";
export { type TearPoint, TornError } from "./runtime/errors.js";
export type { JournalEntry, MemoryImage } from "./runtime/persistent-memory.js";
export type { CardProtocol } from "./runtime/protocol.js";
export { diversificationData, SERIAL_LENGTH } from "./security-domain/identity.js";
export { SimulatedReader } from "./simulated-reader.js";
export { type AppletExchange, modelApplet } from "./timing/applet.js";
export type { Chip, Field, Operation, Range } from "./timing/chips.js";
export {
  type ModelledExchange,
  type ModelledTime,
  modelledExchange,
  modelTime,
  recordExchanges,
  type TimeTerm,
} from "./timing/model.js";
export { connectCard } from "./transport.js";
export { connectVpcd, VPCD_PORT, type VpcdEnd, type VpcdLink, type VpcdOptions } from "./vpcd.js";
