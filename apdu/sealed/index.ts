export * from "./authorization.js";
export * from "./certificate.js";
export * from "./crypto.js";
export * from "./frame.js";
export * from "./message.js";
export * from "./signature.js";
export * from "./status.js";
export * from "./update.js";
