/** Amounts, bytes, keys, errors, and files that a power cut leaves whole. */
export { bytesToHex, concatBytes, equalBytes, hexToBytes } from "../common/bytes.js";
export { writeDurableFile } from "../common/durable-file.js";
export { ChequecardError, CodedError, type Failure, ParseError, ValueError } from "../common/errors.js";
export { FileError } from "../common/file-error.js";
export * from "../common/msat.js";
export { type Price, parsePrice, satsFor } from "../common/price.js";
export { readTextFile } from "../common/read-file.js";
export * from "../common/secp256k1/index.js";
export { visible, visibleLines } from "../common/visible.js";
