/**
 * The card protocol as bytes: command and response APDUs, BER-TLV, status words, sealed messages, and the
 * Transport and Reader interfaces. Nothing here does input or output.
 */
export * from "./card-id.js";
export * from "./card-status-error.js";
export * from "./command-apdu.js";
export * from "./command-chaining.js";
export * from "./commands/index.js";
export * from "./constants.js";
export * from "./exchange/index.js";
export * from "./pin-block.js";
export * from "./reader.js";
export * from "./response-chaining.js";
export * from "./sealed/index.js";
export * from "./secure-channel/index.js";
export * from "./status-words.js";
export * from "./tlv.js";
export * from "./transport.js";
