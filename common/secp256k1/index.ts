import type { Secp256k1 } from "./interface.js";
import { nativeSecp256k1 } from "./native.js";
import { nobleSecp256k1 } from "./noble.js";

export { derToCompact } from "./der.js";
export type { RecoverableSignature, Secp256k1, SignOptions } from "./interface.js";
export { nativeSecp256k1, nobleSecp256k1 };

/** The fastest backend of this machine: libsecp256k1 where it loads, noble elsewhere. */
export const secp256k1: Secp256k1 = nativeSecp256k1 ?? nobleSecp256k1;
