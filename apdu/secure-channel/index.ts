export { SecureChannelError, type SecureChannelErrorCode } from "./errors.js";
export {
  decodeInitializeUpdateResponse,
  encodeInitializeUpdate,
  type InitializeUpdateResponse,
  type Scp03Mode,
} from "./initialize-update.js";
export { maxCommandData } from "./message-protection.js";
export { LEVEL, SCP03_I, type StaticKeys } from "./primitives.js";
export { checkPutKeyResponse, encodePutKey, FACTORY_KEY_VERSION } from "./put-key.js";
export { openSecureChannel, SecureChannel, type SecureChannelOptions } from "./session.js";
