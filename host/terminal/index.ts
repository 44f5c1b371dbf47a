/** The sale: invoice, tap, payment, receipt. */
export * from "./accepted-sales.js";
export type { SoldCart } from "./cart.js";
export * from "./day.js";
export * from "./forwarder.js";
export * from "./offline-desk.js";
export * from "./outages.js";
export * from "./parts.js";
export * from "./receipt.js";
export { refundSale } from "./refund.js";
export * from "./refund-node.js";
export * from "./refund-to-card.js";
export * from "./sale.js";
export * from "./sale-store.js";
export { cancelSentence } from "./sentences.js";
export * from "./terminal.js";
