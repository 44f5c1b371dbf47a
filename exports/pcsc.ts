/** Readers over PC/SC. Needs the optional package `nfc-pcsc`. */
export * from "../host/pcsc/index.js";
