import type { Secp256k1 } from "../../../common/secp256k1/interface.js";
import { payeeOf } from "../../../lightning/bolt11/decode.js";
import type { RequestSignatures, SignatureFindings } from "../../verify.js";

/** Checks at once, on the thread that asks. */
export const checkerOf = (backend: Secp256k1) => ({
  check: ({ invoice, token, signer }: RequestSignatures): SignatureFindings => ({
    payee: payeeOf(invoice, backend),
    signed: backend.verify(token.signature, token.digest, signer),
  }),
});
