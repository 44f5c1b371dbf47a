import { randomBytes } from "node:crypto";
import { NO_LIMIT, SEALED_BODY_LENGTH } from "../apdu/index.js";
import { bytesToHex, equalBytes, msat, sat, secp256k1 } from "../common/index.js";
import type { CardRecord } from "../issuer/verify.js";
import { encodeInvoice, invoiceHash } from "../lightning/bolt11/index.js";
import { provisionCard } from "../simulator/index.js";

/** A card without limits worth speaking of and with a certificate that says nothing, and what its issuer knows. */
export function benchCard() {
  const issuer = Uint8Array.from(randomBytes(32));
  const identity = {
    cardId: Uint8Array.from(randomBytes(8)),
    keySetId: Uint8Array.from(randomBytes(4)),
    sealKey: Uint8Array.from(randomBytes(16)),
  };
  const { card, publicKey } = provisionCard({
    ...identity,
    nodeUri: `${bytesToHex(secp256k1.publicKey(issuer))}@192.0.2.1:9735`,
    issuerPublicKey: secp256k1.publicKey(issuer, false),
    limits: {
      credit: sat(21_000_000_000),
      maxPerTransaction: NO_LIMIT,
      pinThreshold: NO_LIMIT,
      noPinBudget: NO_LIMIT,
      maxTransactions: 0xffffffff,
    },
    certificate: new Uint8Array(SEALED_BODY_LENGTH).fill(1),
  });
  const record: CardRecord = { ...identity, publicKey };
  return {
    card,
    sealKeys: (id: Uint8Array) => (equalBytes(id, identity.keySetId) ? identity.sealKey : undefined),
    findCard: (id: Uint8Array) => (equalBytes(id, identity.cardId) ? record : undefined),
  };
}

/** A regtest invoice over 2,500 sat, and its hash. */
export function benchInvoice() {
  const invoice = encodeInvoice(
    { network: "bcrt", amount: msat(2_500_000n), timestamp: Math.floor(Date.now() / 1000) },
    {
      paymentHash: Uint8Array.from(randomBytes(32)),
      paymentSecret: Uint8Array.from(randomBytes(32)),
      description: "bench",
    },
    Uint8Array.from(randomBytes(32)),
  );
  return { invoice, amount: msat(2_500_000n), hash: invoiceHash(invoice) };
}
