export * from "./bytes.js";
export * from "./csv.js";
export * from "./csv-read.js";
export * from "./durable-file.js";
export * from "./errors.js";
export * from "./file-error.js";
export * from "./label-order.js";
export * from "./local-time.js";
export * from "./mistakes.js";
export * from "./msat.js";
export { pause } from "./pause.js";
export * from "./plural.js";
export * from "./price.js";
export * from "./printed-number.js";
export {
  acquireProcessLock,
  type FileLock,
  isHeld,
  type LockHolder,
  lockFile,
  type ProcessLock,
} from "./process-lock.js";
export * from "./read-file.js";
export * from "./real-file.js";
export * from "./schema-mistakes.js";
export * from "./secp256k1/index.js";
export * from "./similar.js";
export * from "./strict-yaml.js";
export * from "./tagged-hash.js";
export * from "./visible.js";
export * from "./yaml-lines.js";
