/** The card protocol as bytes (specs/01), for tools that talk to a card by themselves. */
export { CardStatusError } from "../apdu/card-status-error.js";
export {
  type CommandApdu,
  decodeCommandApdu,
  decodeResponseApdu,
  encodeCommandApdu,
  encodeResponseApdu,
  type ResponseApdu,
} from "../apdu/command-apdu.js";
export { type AuthorizeRequest, authorize as authorizeCommand } from "../apdu/commands/authorize.js";
export { type ChangePinRequest, changePin as changePinCommand } from "../apdu/commands/change-pin.js";
export { type CommandCodec, send as transmitCommand } from "../apdu/commands/codec.js";
export {
  getNodeUri as getNodeUriCommand,
  getProfile as getProfileCommand,
} from "../apdu/commands/get-data.js";
export { type IdentifyRequest, identify as identifyCommand } from "../apdu/commands/identify.js";
export type { CardProfile } from "../apdu/commands/profile.js";
export {
  type SelectRequest,
  type SelectResponse,
  select as selectCommand,
} from "../apdu/commands/select.js";
export { type UpdateRequest, update as updateCommand } from "../apdu/commands/update.js";
export { type VerifyPinRequest, verifyPin as verifyPinCommand } from "../apdu/commands/verify-pin.js";
export type { LifecycleByte } from "../apdu/constants.js";
export type { CardConnection, Reader } from "../apdu/reader.js";
export { withResponseChaining } from "../apdu/response-chaining.js";
export { describeStatusWord, formatSw, type StatusWordEntry, SW } from "../apdu/status-words.js";
export { type Transport, TransportError, type TransportErrorCode } from "../apdu/transport.js";
