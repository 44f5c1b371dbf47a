export * from "./kdf3.js";
export {
  type CreateKeyFileOptions,
  KeyFile,
  type NewBatchKey,
  type NewKeySet,
  type NewMasterKey,
} from "./key-file.js";
export * from "./key-source.js";
export {
  isPageCode,
  isPageSecret,
  newPageSecret,
  PAGE_CODE_LENGTH,
  type PageHashes,
  pageAddress,
  pageCodeHash,
  pageHashes,
  pageSecretHash,
} from "./page-secret.js";
export * from "./passphrase.js";
export { Pkcs11KeySource, type Pkcs11Options } from "./pkcs11.js";
export {
  type BoxKey,
  DEFAULT_SCRYPT,
  deriveBoxKey,
  openBox,
  type ScryptParameters,
  sealBox,
} from "./sealed-box.js";
export * from "./well-known-key.js";
