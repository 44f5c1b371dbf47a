export {
  type CardLimits,
  type CardPersonalization,
  DEFAULT_PUBLISHED,
} from "./personalization.js";
export { makeCard, type ProvisionedCard, provisionCard } from "./provision.js";
export { type CardHardware, SimulatedCard } from "./runtime/card.js";
export { type TearPoint, TornError } from "./runtime/errors.js";
export type { JournalEntry, MemoryImage } from "./runtime/persistent-memory.js";
export type { CardProtocol } from "./runtime/protocol.js";
export { SimulatedReader } from "./simulated-reader.js";
export { connectCard } from "./transport.js";
