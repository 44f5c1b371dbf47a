/** The merchant's side of the counter: readers, card sessions, taps. */
export * from "./card-session.js";
export * from "./tap.js";
export * from "./trace.js";
