import { randomBytes } from "node:crypto";
import { MESSAGE_TYPE } from "../../apdu/constants.js";
import { certificateMessage } from "../../apdu/sealed/certificate.js";
import { seal } from "../../apdu/sealed/message.js";
import { signMessage } from "../../apdu/sealed/signature.js";
import { type Msat, sat, secp256k1 } from "../../common/index.js";
import type { CardRecord } from "../../issuer/verify.js";
import type { AcceptancePack, FloorLimits } from "../../offline/pack.js";
import type { testCard } from "../cards/test-card.js";
import { TERMINAL_KEY, testPack } from "./pack.js";

interface Issued {
  readonly record: CardRecord;
  readonly issuerSecret: Uint8Array;
}
type Card = Issued & Pick<ReturnType<typeof testCard>, "sealKey">;

/** What a test's certificate says; the rest is the card's. */
export interface CertificateTerms {
  /** Unix seconds. */
  readonly validUntil: number;
  /** Default 10,000 sat. */
  readonly limit?: Msat;
  readonly cardId?: Uint8Array;
  /** Who signs it; default the card's issuer. */
  readonly signer?: Uint8Array;
}

/** The clear body of a card's certificate, 128 bytes. */
export function certificateBody({ record, issuerSecret }: Issued, terms: CertificateTerms): Uint8Array {
  return signMessage(
    certificateMessage,
    {
      cardId: terms.cardId ?? record.cardId,
      cardPoint: secp256k1.convert(record.publicKey, true),
      flags: 0,
      validUntilSeconds: terms.validUntil,
      offlineLimit: terms.limit ?? sat(10_000),
    },
    record.keySetId,
    terms.signer ?? issuerSecret,
  );
}

/** A certificate as the card answers it, 149 bytes, under a random IV. */
export const sealedCertificate = (card: Card, terms: CertificateTerms): Uint8Array =>
  seal(
    MESSAGE_TYPE.CERTIFICATE,
    card.record.keySetId,
    card.sealKey,
    Uint8Array.from(randomBytes(16)),
    certificateBody(card, terms),
  );

/** The pack of the cards' issuer, for {@link TERMINAL_KEY}. @param madeAt Unix seconds */
export function packOf(
  { record, sealKey, issuerSecret }: Card,
  madeAt: number,
  changes: Partial<AcceptancePack> = {},
): AcceptancePack {
  const issuer = secp256k1.publicKey(issuerSecret);
  return testPack({
    issuer,
    madeAt,
    validUntil: madeAt + 7 * 86_400,
    terminal: secp256k1.publicKey(TERMINAL_KEY),
    keySets: [{ id: record.keySetId, sealKey, issuerPoint: issuer }],
    ...changes,
  });
}

/** Limits of a terminal that leave all to the pack. */
export const NO_FLOOR: FloorLimits = {
  perSale: sat(21_000_000),
  perCard: sat(21_000_000),
  perTerminal: sat(21_000_000_000),
  maxSales: 0xffffffff,
  maxPackAgeSeconds: 0xffffffff,
};
