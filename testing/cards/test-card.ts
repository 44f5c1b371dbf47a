import { NO_LIMIT } from "../../apdu/index.js";
import { bytesToHex, equalBytes, type Msat, sat, secp256k1 } from "../../common/index.js";
import { checkerOf } from "../../issuer/authorizer/signatures/checker.js";
import type { CardRecord } from "../../issuer/verify.js";
import { encodeInvoice, invoiceHash } from "../../lightning/bolt11/index.js";
import { type CardLimits, provisionCard, SimulatedReader } from "../../simulator/index.js";

export const NOW = 1_800_000_000;
const ISSUER_SECRET = new Uint8Array(32).fill(0x21);
const PAYEE_SECRET = new Uint8Array(32).fill(0x22);

/** Limits of the cards in tests: 20,000 sat credit, 10,000 at once, PIN above 5,000, 8,000 without PIN. */
export const FESTIVAL_LIMITS: CardLimits = {
  credit: sat(20_000),
  maxPerTransaction: sat(10_000),
  pinThreshold: sat(5_000),
  noPinBudget: sat(8_000),
  maxTransactions: 1000,
};
export const UNLIMITED: CardLimits = {
  credit: sat(1_000_000),
  maxPerTransaction: NO_LIMIT,
  pinThreshold: NO_LIMIT,
  noPinBudget: NO_LIMIT,
  maxTransactions: 0xffffffff,
};
export const PIN = "271828";

/** A personalized simulated card on a reader, with what its issuer knows. */
export function testCard(
  options: {
    limits?: Partial<CardLimits>;
    pin?: string;
    cardId?: Uint8Array;
    nodeUri?: string;
    /** The clear body of its certificate, 128 bytes; default it has none. @param card what the issuer knows of it */
    certificate?: (card: { record: CardRecord; issuerSecret: Uint8Array }) => Uint8Array;
  } = {},
) {
  const cardId = options.cardId ?? Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 0, 1);
  const keySetId = Uint8Array.of(0xf0, 0, 0, 1);
  const sealKey = new Uint8Array(16).fill(0x33);
  const { certificate } = options;
  const { card, publicKey } = provisionCard({
    cardId,
    keySetId,
    sealKey,
    nodeUri: options.nodeUri ?? `${bytesToHex(secp256k1.publicKey(ISSUER_SECRET))}@127.0.0.1:9735`,
    issuerPublicKey: secp256k1.publicKey(ISSUER_SECRET, false),
    limits: { ...FESTIVAL_LIMITS, ...options.limits },
    pin: options.pin ?? PIN,
    ...(certificate
      ? {
          certificate: (point: Uint8Array) =>
            certificate({ record: { cardId, publicKey: point, keySetId }, issuerSecret: ISSUER_SECRET }),
        }
      : {}),
  });
  const reader = new SimulatedReader();
  reader.insert(card);
  const record: CardRecord = { cardId, publicKey, keySetId };
  return {
    card,
    reader,
    record,
    issuerSecret: ISSUER_SECRET,
    sealKey,
    sealKeys: (id: Uint8Array) => (equalBytes(id, keySetId) ? sealKey : undefined),
    findCard: (id: Uint8Array) => (equalBytes(id, cardId) ? record : undefined),
    signatures: checkerOf(secp256k1),
  };
}

let serial = 0;

/** A regtest invoice of a fixed payee, another one at each call. */
export function testCardInvoice(
  amount: Msat | undefined,
  overrides: { timestamp?: number; expirySeconds?: number } = {},
) {
  serial++;
  const paymentHash = new Uint8Array(32).fill(0x44);
  new DataView(paymentHash.buffer).setUint32(0, serial);
  const invoice = encodeInvoice(
    { network: "bcrt", amount, timestamp: overrides.timestamp ?? NOW - 60 },
    {
      paymentHash,
      paymentSecret: new Uint8Array(32).fill(0x55),
      description: `sale ${serial}`,
      expirySeconds: overrides.expirySeconds ?? 3600,
    },
    PAYEE_SECRET,
  );
  return { invoice, paymentHash, hash: invoiceHash(invoice) };
}
