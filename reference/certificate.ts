import { hex, need, unhex } from "./bytes.js";
import { type CertificateFields, open, openBody, readFields, SEALED_LENGTH, SEALED_TYPE } from "./sealed.js";

/** What a terminal knows, and what the card gave it (specs/09 §2). */
export interface CertificateInput {
  readonly certificate: Uint8Array;
  readonly token: Uint8Array;
  /** Of the sale, msat. */
  readonly amount: bigint;
  /** Unix time by the terminal's clock. */
  readonly now: number;
}

/** Seal key and issuer point, hex, by key set id. */
export type CertificateKeys = Readonly<
  Record<string, { readonly sealKey: string; readonly issuerPoint: string }>
>;

/**
 * Verifies a certificate, and that the token is of the card that it names (specs/09 §2). What is opened and not the issuer's has
 * one answer.
 * @throws Refused `length`, `type`, `key set`, `certificate`, `expired`, `limit`, `card`, `token`
 */
export function verifyCertified(input: CertificateInput, keySets: CertificateKeys): CertificateFields {
  const { certificate, token, amount, now } = input;
  need(certificate.length === SEALED_LENGTH, "length");
  need(certificate[0] === SEALED_TYPE.certificate, "type");
  const keySetId = hex(certificate.subarray(1, 5));
  const { sealKey, issuerPoint } = keySets[keySetId] ?? { sealKey: "", issuerPoint: "" };
  need(sealKey !== "", "key set");
  const sealKeys = { [keySetId]: sealKey };
  const { fields } = orRefuse("certificate", () =>
    open("certificate", certificate, { sealKeys, cards: {}, issuerPoint }),
  );
  need(now <= fields.validUntilSeconds, "expired");
  need(amount <= fields.offlineLimit, "limit");
  need(token.length === SEALED_LENGTH && hex(token.subarray(0, 5)) === `01${keySetId}`, "token");
  const said = readFields("authorization", openBody(token, unhex(sealKey)));
  need(said.cardId === fields.cardId, "card");
  const cards = { [fields.cardId]: fields.cardPoint };
  orRefuse("token", () => open("authorization", token, { sealKeys, cards, issuerPoint }));
  return fields;
}

/** @throws Refused `what` in place of what is wrong inside */
function orRefuse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    need(false, what);
    throw cause;
  }
}
