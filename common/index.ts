export * from "./bytes.js";
export * from "./csv.js";
export * from "./durable-file.js";
export * from "./errors.js";
export * from "./msat.js";
export { acquireProcessLock, type ProcessLock } from "./process-lock.js";
export * from "./secp256k1/index.js";
export * from "./tagged-hash.js";
