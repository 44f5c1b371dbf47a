import type { OpenedMessage } from "../../../apdu/index.js";
import type { Secp256k1 } from "../../../common/index.js";
import { type InvoiceSignature, payeeOf } from "../../../lightning/bolt11/index.js";

/** Both signatures of one request. */
export interface RequestSignatures {
  readonly invoice: InvoiceSignature;
  readonly token: Pick<OpenedMessage<unknown>, "digest" | "signature">;
  /** Who must have signed the token, 33 or 65 bytes. */
  readonly signer: Uint8Array;
}

/** What both signatures prove. */
export interface SignatureFindings {
  /** Who signed the invoice, 33 bytes; undefined when nobody can have, or not the one it names. */
  readonly payee: Uint8Array | undefined;
  /** Whether the token is the signer's. */
  readonly signed: boolean;
}

/** Checks signatures; each request costs the same two checks, whatever comes out. */
export interface SignatureChecker {
  check(request: RequestSignatures): SignatureFindings | Promise<SignatureFindings>;
}

/** Checks at once, on the thread that asks. */
export const checkerOf = (backend: Secp256k1): SignatureChecker => ({
  check: ({ invoice, token, signer }) => ({
    payee: payeeOf(invoice, backend),
    signed: backend.verify(token.signature, token.digest, signer),
  }),
});
