/** The sale: invoice, tap, payment, receipt. */
export * from "./receipt.js";
export * from "./refund.js";
export * from "./sale.js";
export * from "./sale-store.js";
export { cancelSentence } from "./sentences.js";
export * from "./terminal.js";
