import type { Typing } from "./session.js";

/** To the questions of `issuer init` before its passphrase: this machine, euros, no PIN. */
export const INIT_ANSWERS: Typing = [
  [/Public address[^\n]*: /, "\r"],
  [/Currency[^\n]*: /, "eur\r"],
  [/A PIN[^\n]*\[y\/N\] /, "n\r"],
];
