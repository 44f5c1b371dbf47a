export { Authorizer } from "./authorizer.js";
export { type AuthorizerConfig, type AuthorizerOptions, authorizerConfigSchema } from "./config.js";
export { issuerPorts } from "./default-ports.js";
export type { IssuerPorts, Log, ReadingStep, Step } from "./ports.js";
export { RefundDesk, type RefundStep } from "./refund-desk.js";
export { SignatureThread } from "./signatures/thread.js";
