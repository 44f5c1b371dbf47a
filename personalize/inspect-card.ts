import { formatCardId } from "../apdu/card-id.js";
import {
  certificateMessage,
  readCertificate,
  STATUS_FLAG,
  type Transport,
  verifySignature,
  withResponseChaining,
} from "../apdu/index.js";
import { bytesToHex, equalBytes, secp256k1 } from "../common/index.js";
import type { KeySource } from "../keys/index.js";
import { type CardRegistry, guardedRegistry, type RegisteredCard } from "./card-registry.js";
import { forMakers } from "./errors.js";
import { identifyCard } from "./verify-card.js";

/** What a personalized card proves, beside what the registry has. Amounts in millisatoshi. */
export interface InspectedCard {
  /** As it is printed, with dashes. */
  readonly cardId: string;
  readonly keySetId: string;
  readonly nodeUri: string | undefined;
  readonly pinSet: boolean;
  readonly blocked: boolean;
  readonly counter: number;
  readonly credit: bigint;
  readonly authorizedTotal: bigint;
  /** Absent: the registry does not know the card. */
  readonly registered: RegisteredCard["state"] | undefined;
  /** True when the signature is that of the registered key. */
  readonly genuine: boolean;
  /** What its certificate says; undefined without one, and on a blocked card, which does not answer it. */
  readonly certificate: InspectedCertificate | undefined;
}

/** A certificate and whether a terminal would rely on it. */
export interface InspectedCertificate {
  /** Most for one payment that is accepted without a connection, msat. */
  readonly offlineLimit: bigint;
  /** Unix time. */
  readonly validUntilSeconds: number;
  /** True when the issuer key of the key set signed it for this card and its registered key. */
  readonly genuine: boolean;
}

/**
 * Reads a card and checks its signature against the registry; changes nothing (`personalize verify`).
 * @throws ParseError when its key set is unknown; CardStatusError; TransportError; RegistryUnavailableError
 */
export async function inspectCard(
  connection: Transport,
  keys: KeySource,
  registry: CardRegistry,
): Promise<InspectedCard> {
  const card = withResponseChaining(connection);
  const { selected, status } = await forMakers(() => identifyCard(card, keys));
  const { fields } = status;
  const isBlocked = (fields.flags & STATUS_FLAG.BLOCKED) !== 0;
  const sealed = isBlocked ? undefined : await forMakers(() => readCertificate(card));
  const known = await guardedRegistry(registry).lookup(fields.cardId);
  return {
    cardId: formatCardId(fields.cardId),
    keySetId: bytesToHex(status.keySetId),
    nodeUri: selected.nodeUri,
    pinSet: selected.profile.pinSet,
    blocked: isBlocked,
    counter: fields.counter,
    credit: fields.credit,
    authorizedTotal: fields.authorizedTotal,
    registered: known?.state,
    genuine: known !== undefined && secp256k1.verify(status.signature, status.digest, known.publicKey),
    certificate: sealed && inspectCertificate(sealed, keys, fields.cardId, known?.publicKey),
  };
}

function inspectCertificate(
  sealed: Uint8Array,
  keys: KeySource,
  cardId: Uint8Array,
  publicKey: Uint8Array | undefined,
): InspectedCertificate {
  const { fields, keySetId, ...opened } = certificateMessage.open(sealed, (id) => keys.sealKey(id));
  const issuer = keys.keySets().find(({ id }) => equalBytes(id, keySetId));
  const isForCard =
    equalBytes(fields.cardId, cardId) &&
    publicKey !== undefined &&
    equalBytes(fields.cardPoint, secp256k1.convert(publicKey, true));
  return {
    offlineLimit: fields.offlineLimit,
    validUntilSeconds: fields.validUntilSeconds,
    genuine: isForCard && issuer !== undefined && verifySignature(opened, issuer.issuerPublicKey),
  };
}
