export { buildOnion, type OnionHop } from "./build.js";
export {
  encodeFailure,
  FAILURE_ONION_LENGTH,
  type FinalFailure,
  failureOnion,
  wrapFailure,
} from "./failure.js";
export {
  encodeOnion,
  HOP_PAYLOADS_LENGTH,
  ONION_LENGTH,
  OnionError,
} from "./packet.js";
export {
  type DeputyRecord,
  decodeHopPayload,
  encodeHopPayload,
  type HopPayload,
} from "./payload.js";
export { type PeeledOnion, peelOnion } from "./peel.js";
