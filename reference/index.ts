/** The protocol of specs/, implemented a second time: readers, writers and decisions as plain functions on data. */
export * as bytes from "./bytes.js";
export * as card from "./card/index.js";
export * as commands from "./commands.js";
export * as counters from "./counters.js";
export * as crypto from "./crypto.js";
export * as dpp from "./dpp.js";
export * as draft from "./draft.js";
export * as exchange from "./exchange.js";
export * as files from "./files.js";
export * as invoice from "./invoice.js";
export * as odt from "./odt.js";
export * as onion from "./onion.js";
export * as peer from "./peer.js";
export * as personalize from "./personalize.js";
export * as recipient from "./recipient.js";
export * as scp03 from "./scp03.js";
export * as sealed from "./sealed.js";
