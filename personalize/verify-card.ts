import { randomBytes } from "node:crypto";
import { formatCardId } from "../apdu/card-id.js";
import {
  CAPABILITY,
  type CardStatus,
  CertificateError,
  identify,
  LIFECYCLE,
  type OpenedMessage,
  readCertificate,
  type SelectResponse,
  select,
  send,
  statusMessage,
  type Transport,
  type VerifiedCertificate,
  verifyCertificate,
} from "../apdu/index.js";
import { equalBytes, type Msat, secp256k1 } from "../common/index.js";
import type { KeySource } from "../keys/index.js";
import type { CardLimits } from "./card-data.js";
import type { CertificateTerms } from "./certify.js";
import { PersonalizationError } from "./errors.js";

/** What a personalized card must say of itself. */
export interface ExpectedCard {
  readonly cardId: Uint8Array;
  /** 65 bytes. */
  readonly publicKey: Uint8Array;
  readonly keySetId: Uint8Array;
  readonly nodeUri: string;
  readonly credit: Msat;
  readonly limits: CardLimits;
  readonly publish: number;
  readonly hasPin: boolean;
}

/** The card's signed status, opened; the signature is not verified yet. */
export interface Identification {
  readonly selected: SelectResponse;
  readonly status: OpenedMessage<CardStatus>;
}

/**
 * Selects the application and asks for its status under a fresh challenge: 2 APDUs.
 * @throws PersonalizationError `mismatch` when the status is no answer to the challenge; ParseError when its key set
 * is unknown; CardStatusError; TransportError
 */
export async function identifyCard(
  transport: Transport,
  keys: KeySource,
  random: (length: number) => Uint8Array = randomBytes,
): Promise<Identification> {
  const selected = await send(transport, select, {});
  const challenge = Uint8Array.from(random(32));
  const sealed = await send(transport, identify, { challenge });
  const status = statusMessage.open(sealed, (keySetId) => keys.sealKey(keySetId));
  if (!equalBytes(status.fields.challenge, challenge))
    throw new PersonalizationError("mismatch", "the card's status is not the answer to this challenge", {
      hint: "Lay the card on the reader again; a card that does it twice is broken.",
    });
  return { selected, status };
}

/**
 * Reads the certificate back and compares what it says, its signature too.
 * @throws PersonalizationError `mismatch`; CardStatusError; ParseError; TransportError
 */
export async function compareCertificate(
  transport: Transport,
  keys: KeySource,
  expected: Pick<ExpectedCard, "cardId" | "publicKey" | "keySetId">,
  terms: CertificateTerms,
): Promise<void> {
  const different = (what: string, cause?: unknown) =>
    new PersonalizationError(
      "mismatch",
      `card ${formatCardId(expected.cardId)}: certificate read back otherwise than written: ${what}`,
      {
        cause,
        hint: "Do not hand this card out. Reset it and make it again; a card that does it twice is broken.",
      },
    );
  const sealed = await readCertificate(transport);
  if (!sealed) throw different("the card has none");
  const certificate = verified(sealed, keys, different);
  const differences = [
    ...(equalBytes(certificate.keySetId, expected.keySetId) ? [] : ["key set"]),
    ...(equalBytes(certificate.cardId, expected.cardId) ? [] : ["card id"]),
    ...(equalBytes(certificate.cardPoint, secp256k1.convert(expected.publicKey, true)) ? [] : ["card key"]),
    ...(certificate.offlineLimit === terms.offlineLimit ? [] : ["offline limit"]),
    ...(certificate.validUntilSeconds === terms.validUntilSeconds ? [] : ["date"]),
  ];
  if (differences.length > 0) throw different(differences.join(", "));
}

function verified(
  sealed: Uint8Array,
  keys: KeySource,
  different: (what: string, cause: unknown) => PersonalizationError,
): VerifiedCertificate {
  try {
    return verifyCertificate(sealed, {
      sealKeys: (id) => keys.sealKey(id),
      issuerPoint: (id) => keys.keySets().find((set) => equalBytes(set.id, id))?.issuerPublicKey,
    });
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw different("it is not the issuer's", cause);
  }
}

/**
 * Compares everything that a card shows with what was written. What a card never shows (no-PIN budget, number of
 * transactions, unpublished limits) rests on the MAC of STORE DATA (specs/04 §8.2).
 * @throws PersonalizationError `mismatch` with every difference
 */
export function compareCard({ selected, status }: Identification, expected: ExpectedCard): void {
  const { profile } = selected;
  const { fields } = status;
  const differences: string[] = [];
  const compare = (name: string, same: boolean) => {
    if (!same) differences.push(name);
  };
  const published = (bit: number, shown: bigint | undefined, written: bigint): boolean =>
    expected.publish & bit ? shown === written : shown === undefined;
  compare("lifecycle", profile.lifecycle === LIFECYCLE.PERSONALIZED);
  compare("node URI", selected.nodeUri === expected.nodeUri);
  compare("PIN set", profile.pinSet === expected.hasPin);
  compare("available", published(CAPABILITY.AVAILABLE_PUBLISHED, profile.available, expected.credit));
  compare(
    "max per transaction",
    published(
      CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED,
      profile.maxPerTransaction,
      expected.limits.maxPerTransaction,
    ),
  );
  compare(
    "PIN threshold",
    published(CAPABILITY.PIN_THRESHOLD_PUBLISHED, profile.pinThreshold, expected.limits.pinThreshold),
  );
  compare("card id", equalBytes(fields.cardId, expected.cardId));
  compare("key set", equalBytes(status.keySetId, expected.keySetId));
  compare("credit", fields.credit === expected.credit);
  compare("counter", fields.counter === 0 && fields.authorizedTotal === 0n && fields.updateSequence === 0);
  compare("flags", fields.flags === 0);
  compare("signature", secp256k1.verify(status.signature, status.digest, expected.publicKey));
  if (differences.length === 0) return;
  throw new PersonalizationError(
    "mismatch",
    `card ${formatCardId(expected.cardId)}: read back otherwise than written: ${differences.join(", ")}`,
    { hint: "Do not hand this card out. Reset it and make it again; a card that does it twice is broken." },
  );
}
