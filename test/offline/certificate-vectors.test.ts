import { describe, expect, test } from "vitest";
import { hexToBytes, MAX_MSAT, msat, secp256k1 } from "../../common/index.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import { admitCard, verifyAdmitted } from "../../offline/verify.js";
import { testCard } from "../../testing/cards/test-card.js";
import { NO_FLOOR, packOf } from "../../testing/offline/certified-card.js";
import { plain, readVectorFile } from "../specs/vector-file.js";

interface CertificateFile {
  readonly keys: {
    readonly issuer: { readonly point: string };
    readonly keySets: readonly { readonly keySetId: string; readonly sealKey: string }[];
  };
  readonly invoice: string;
  readonly vectors: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly certificate: string;
    readonly token: string;
    readonly amount: string;
    readonly now: number;
    readonly fields: { readonly reserved: string };
    readonly error: string;
  }[];
}

const { keys, invoice, vectors } = readVectorFile<CertificateFile>("offline-certificate.json");
const keySets = keys.keySets.map(({ keySetId, sealKey }) => ({
  id: hexToBytes(keySetId),
  sealKey: hexToBytes(sealKey),
  issuerPoint: secp256k1.convert(hexToBytes(keys.issuer.point), true),
}));

/** What the terminal calls each error of the file: of the certificate's form it says no more than that it is not genuine. */
const REFUSAL: Readonly<Record<string, string>> = {
  length: "certificate-not-genuine",
  type: "certificate-not-genuine",
  "key set": "unknown-key-set",
  certificate: "certificate-not-genuine",
  expired: "certificate-expired",
  limit: "above-certificate-limit",
  card: "other-card",
  token: "token-not-genuine",
};

const NO_BOUND = { ...NO_FLOOR, perSale: MAX_MSAT, perCard: MAX_MSAT, perTerminal: MAX_MSAT };

/** A terminal with a pack of this second, whose limits and deny list refuse nothing. */
function accept({ certificate, token, amount, now }: (typeof vectors)[number]) {
  const pack = packOf(testCard(), now, {
    keySets,
    madeAt: now,
    validUntil: now + 1,
    floorLimits: NO_BOUND,
  });
  const nothing = { sales: 0, total: msat(0n), card: msat(0n) };
  const sale = { amount: msat(BigInt(amount)), now };
  const admitted = admitCard({
    ...sale,
    certificate: hexToBytes(certificate),
    pack,
    limits: NO_BOUND,
    held: () => nothing,
  });
  verifyAdmitted(admitted, { ...sale, token: hexToBytes(token), invoice });
  return admitted.certificate;
}

describe("certificates with tokens of their cards", () => {
  test.each(vectors.filter(({ valid }) => valid))("accepted: $comment", (vector) => {
    const { keySetId: _, cardKey, ...certificate } = accept(vector);
    const { reserved: __, ...fields } = vector.fields;
    expect(plain(certificate)).toEqual(fields);
    expect(secp256k1.convert(cardKey, true)).toEqual(certificate.cardPoint);
  });

  test.each(vectors.filter(({ valid }) => !valid))("refused, $error: $comment", (vector) => {
    expect(() => accept(vector)).toThrow(OfflineRefusal);
    expect(() => accept(vector)).toThrow(expect.objectContaining({ code: REFUSAL[vector.error] }));
  });
});
