/** The exchange application on a phone as bytes (specs/06 §5): a terminal presents an invoice and collects a message. */
export * from "./collect.js";
export * from "./constants.js";
export * from "./present.js";
export * from "./select.js";
