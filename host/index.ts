/** The merchant's side of the counter: readers, card sessions, taps. */
export * from "./card-session.js";
export * from "./exchange.js";
export * from "./tap.js";
export * from "./terminal/index.js";
export * from "./trace.js";
