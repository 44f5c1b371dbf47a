import { AUTHORIZATION_FLAG } from "../apdu/constants.js";
import { type Authorization, openToken } from "../apdu/sealed/authorization.js";
import {
  CertificateError,
  type CertificateErrorCode,
  type CertifiedAuthorization,
  certificateProblem,
  type VerifiedCertificate,
  verifyCertificate,
} from "../apdu/sealed/certificate.js";
import { BodyOpener } from "../apdu/sealed/crypto.js";
import type { OpenedMessage } from "../apdu/sealed/message.js";
import { verifySignature } from "../apdu/sealed/signature.js";
import { samePublicBytes } from "../common/bytes.js";
import { ParseError } from "../common/errors.js";
import { formatMsat, type Msat } from "../common/msat.js";
import { secp256k1 } from "../common/secp256k1/index.js";
import { authorizedProblem } from "../lightning/bolt11/authorized.js";
import { expectWithinLimits, type HeldSales, lowerLimits } from "./floor-limits.js";
import { type AcceptancePack, CLOCK_TOLERANCE, type FloorLimits, type PackKeySet } from "./pack.js";
import { OfflineRefusal, type OfflineRefusalCode } from "./refusal.js";

/** What a terminal knows before a card signs. */
export interface AdmissionInput {
  /** As the card sent it. */
  readonly certificate: Uint8Array;
  readonly pack: AcceptancePack;
  /** What the sale asks for. */
  readonly amount: Msat;
  /** The terminal's own; of each limit of pack and terminal the lower one counts. */
  readonly limits: FloorLimits;
  /** What is accepted and not forwarded. @param cardId 8 bytes */
  readonly held: (cardId: Uint8Array) => HeldSales;
  /** Unix seconds. */
  readonly now: number;
}

/** A card whose token will be accepted for this amount. */
export interface AdmittedCard {
  readonly keySet: PackKeySet;
  readonly certificate: VerifiedCertificate;
}

export interface OfflineInput extends AdmissionInput {
  /** As the card sent it. */
  readonly token: Uint8Array;
  /** The terminal's own, canonical, over `amount`. */
  readonly invoice: string;
}

/** What a token proves that is accepted offline. */
export interface OfflineAuthorization {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  readonly counter: number;
  readonly amount: Msat;
  /** Everything that the card ever authorized, this amount included. */
  readonly total: Msat;
  readonly pinVerified: boolean;
}

/**
 * Verifies a token offline (specs/09 §4.1): whether goods may be handed out for it before anybody has paid. Writes nothing.
 * That it contradicts none of the tokens that the terminal holds is the store's to say, which keeps it in the same step.
 * @throws OfflineRefusal
 */
export function verifyOffline(input: OfflineInput): OfflineAuthorization {
  return verifyAdmitted(admitCard(input), input);
}

/**
 * Everything that can be said before the card signs: a card that is refused here is charged nothing.
 * @throws OfflineRefusal
 */
export function admitCard(input: AdmissionInput): AdmittedCard {
  const { pack, amount, now } = input;
  const limits = lowerLimits(input.limits, pack.floorLimits);
  // 1. The pack: in use at this time, and not too old.
  expectPackInUse(pack, limits, now);
  // 2. The certificate: of a key set of the pack, signed by the issuer key of that set.
  const { keySet, certificate } = openCertificate(input.certificate, pack);
  // 3. Its last second, and what it allows.
  expectCertified(certificate, { ...certificate, amount }, now);
  // 4. The deny list.
  if (pack.denied.has(certificate.cardId)) throw new OfflineRefusal("card-denied");
  // 5. The floor limits, this sale counted.
  expectWithinLimits(limits, amount, input.held(certificate.cardId));
  return { keySet, certificate };
}

/**
 * The token of a card that was admitted for this amount.
 * @throws OfflineRefusal
 */
export function verifyAdmitted(
  { keySet, certificate }: AdmittedCard,
  { token, invoice, amount, now }: Pick<OfflineInput, "token" | "invoice" | "amount" | "now">,
): OfflineAuthorization {
  // 6. The token: of the same key set, signed by the key that the certificate names, of the same card.
  const opened = openTokenOf(token, keySet);
  const { fields } = opened;
  expectCertified(certificate, { ...fields, keySetId: opened.keySetId }, now);
  if (!verifySignature(opened, certificate.cardKey)) throw new OfflineRefusal("token-not-genuine");
  // 7. For this very invoice and exactly its amount.
  const other = authorizedProblem(fields, { text: invoice, amount });
  if (other) throw new OfflineRefusal(other);
  return {
    cardId: fields.cardId,
    keySetId: keySet.id,
    counter: fields.counter,
    amount: fields.amount,
    total: fields.authorizedTotal,
    pinVerified: (fields.flags & AUTHORIZATION_FLAG.PIN_VERIFIED) !== 0,
  };
}

function expectPackInUse(pack: AcceptancePack, { maxPackAgeSeconds }: FloorLimits, now: number): void {
  if (now < pack.madeAt - CLOCK_TOLERANCE) throw new OfflineRefusal("clock-behind-pack");
  if (now >= pack.validUntil || now - pack.madeAt > maxPackAgeSeconds)
    throw new OfflineRefusal("pack-too-old");
}

const REFUSAL_OF: Readonly<Record<CertificateErrorCode, OfflineRefusalCode>> = {
  "certificate-malformed": "certificate-not-genuine",
  "certificate-not-genuine": "certificate-not-genuine",
  "certificate-of-another-card": "other-card",
  "certificate-expired": "certificate-expired",
  "above-offline-limit": "above-certificate-limit",
};

function expectCertified(certificate: VerifiedCertificate, of: CertifiedAuthorization, now: number): void {
  const cause = certificateProblem(certificate, of, now);
  if (!cause) return;
  const hint = `The card allows ${formatMsat(certificate.offlineLimit)} without a connection.`;
  throw new OfflineRefusal(REFUSAL_OF[cause.code], {
    cause,
    ...(cause.code === "above-offline-limit" ? { hint } : {}),
  });
}

/** The keys of a key set as they are used fastest: made ready once for each pack, not at every sale. */
interface ReadyKeys {
  readonly opener: BodyOpener;
  /** Uncompressed, 65 bytes. */
  readonly issuerPoint: Uint8Array;
}

const readyKeys = new WeakMap<PackKeySet, ReadyKeys>();

function readyKeysOf(keySet: PackKeySet): ReadyKeys {
  let ready = readyKeys.get(keySet);
  if (!ready) {
    const issuerPoint = secp256k1.convert(keySet.issuerPoint, false);
    ready = { opener: new BodyOpener(keySet.sealKey), issuerPoint };
    readyKeys.set(keySet, ready);
  }
  return ready;
}

function openCertificate(bytes: Uint8Array, { keySets }: AcceptancePack): AdmittedCard {
  const keySetOf = (wanted: Uint8Array): PackKeySet => {
    const keySet = keySets.find(({ id }) => samePublicBytes(id, wanted));
    if (!keySet) throw new OfflineRefusal("unknown-key-set");
    return keySet;
  };
  try {
    const certificate = verifyCertificate(bytes, {
      sealKeys: (id) => readyKeysOf(keySetOf(id)).opener,
      issuerPoint: (id) => readyKeysOf(keySetOf(id)).issuerPoint,
    });
    return { keySet: keySetOf(certificate.keySetId), certificate };
  } catch (cause) {
    if (cause instanceof CertificateError) throw new OfflineRefusal(REFUSAL_OF[cause.code], { cause });
    throw cause;
  }
}

function openTokenOf(token: Uint8Array, keySet: PackKeySet): OpenedMessage<Authorization> {
  try {
    const { opener } = readyKeysOf(keySet);
    const opened = openToken(token, (id) => (samePublicBytes(id, keySet.id) ? opener : undefined));
    if (opened) return opened;
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new OfflineRefusal("token-not-genuine", { cause });
  }
  throw new OfflineRefusal("token-not-genuine");
}
