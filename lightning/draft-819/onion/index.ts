export { buildOnion, type OnionHop } from "./build.js";
export {
  decodeOnion,
  encodeOnion,
  HOP_PAYLOADS_LENGTH,
  ONION_LENGTH,
  OnionError,
  type OnionErrorCode,
  type OnionPacket,
} from "./packet.js";
export {
  type DeputyRecord,
  decodeHopPayload,
  encodeHopPayload,
  type HopPayload,
  PAYLOAD_TYPE,
} from "./payload.js";
export { type PeeledOnion, peelOnion } from "./peel.js";
