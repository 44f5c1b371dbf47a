/** Offline Data Transmission (specs/06): messages that two devices pass each other without the network. */

export * from "../../common/qr.js";
export * from "./acceptance.js";
export * from "./card-tap.js";
export * from "./hex.js";
export * from "./media.js";
export * from "./message.js";
export * from "./qr-read.js";
