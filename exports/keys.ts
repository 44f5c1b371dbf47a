/** Keys of an issuer: an encrypted file, or a PKCS#11 token. */
export * from "../keys/index.js";
