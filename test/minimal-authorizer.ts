import { ChequecardError, type Msat, sat } from "../common/index.js";
import { type CardRecord, VerificationError, verifyToken } from "../issuer/verify.js";
import { type AuthorizationOutcome, type PaymentAuthorizer, REASON } from "../lightning/api/index.js";
import type { LightningNode } from "../lightning/nodes/port.js";

export interface MinimalAuthorizerOptions {
  readonly node: LightningNode;
  readonly sealKeys: (keySetId: Uint8Array) => Uint8Array | undefined;
  readonly findCard: (cardId: Uint8Array) => CardRecord | undefined;
  readonly maxFee?: Msat;
  /** Answered with every outcome. */
  readonly cardUpdate?: () => Uint8Array | undefined;
  /** Refuses everything with this code. */
  readonly refuse?: number;
}

/** Verifies and pays, without a ledger: enough to test the terminal against. */
export function minimalAuthorizer(options: MinimalAuthorizerOptions): PaymentAuthorizer {
  const decide = async (token: Uint8Array, invoice: string): Promise<number | undefined> => {
    if (options.refuse !== undefined) return options.refuse;
    try {
      verifyToken({ token, invoice, ...options, network: "bcrt", now: Math.floor(Date.now() / 1000) });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return error.code === "wrong-amount" ? REASON.TOKEN_OTHER_AMOUNT : REASON.TOKEN_NOT_ACCEPTED;
    }
    const paid = await options.node.pay({ invoice, maxFee: options.maxFee ?? sat(100) });
    return paid.state === "failed" ? REASON.PAYMENT_FAILED : undefined;
  };
  return {
    async initiatePayment({ token, invoice }): Promise<AuthorizationOutcome> {
      const reason = await decide(token, new TextDecoder().decode(invoice)).catch((error: unknown) => {
        if (error instanceof ChequecardError) return REASON.INTERNAL;
        throw error;
      });
      const cardUpdate = options.cardUpdate?.();
      return {
        outcome: reason === undefined ? "accepted" : "rejected",
        ...(reason === undefined ? {} : { reason }),
        ...(cardUpdate ? { cardUpdate } : {}),
      };
    },
    cardStatus: async () => options.cardUpdate?.(),
  };
}
