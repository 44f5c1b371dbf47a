export { SecureChannelError, type SecureChannelErrorCode } from "./errors.js";
export {
  decodeInitializeUpdateResponse,
  type Scp03Mode,
} from "./initialize-update.js";

export { LEVEL } from "./primitives.js";
export { checkPutKeyResponse, encodePutKey, FACTORY_KEY_VERSION } from "./put-key.js";
export { openSecureChannel, SecureChannel } from "./session.js";
