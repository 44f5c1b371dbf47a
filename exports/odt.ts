/** Offline messages (specs/06), and QR codes to pass them. */
export * from "../lightning/odt/index.js";
