export type { LndAccess } from "./access.js";
export { type LndConfig, MAINNET_MAX_PAYMENT } from "./config.js";
export type { LndLog } from "./connection.js";
export type { LndDeputyOptions } from "./deputy.js";
export type { LostPaymentRule } from "./lost-payment.js";
export { LndNode, type LndNodeOptions } from "./node.js";
export type { LndRole } from "./permissions.js";
export type { LndFacts } from "./start.js";
