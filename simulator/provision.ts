import { LIFECYCLE, SEALED_BODY_LENGTH } from "../apdu/constants.js";
import { requireLength, secp256k1, u32, u64, utf8 } from "../common/index.js";
import { blankCard, hasSecurityDomain } from "./blank-card.js";
import { boltCardApplication } from "./bolt-card/application.js";
import { type FaceState, hasBoltCard, STAGE } from "./bolt-card/state.js";
import { cardApplication } from "./card-application/application.js";
import { newSecretKey } from "./card-application/key-pair.js";
import type { CardState } from "./card-application/state.js";
import { isNtag, makeNtag } from "./ntag/make.js";
import {
  type CardPersonalization,
  checkPersonalization,
  DEFAULT_PUBLISHED,
  type FacePersonalizationData,
  pinBlock,
} from "./personalization.js";
import { type CardHardware, SimulatedCard } from "./runtime/card.js";

/** A personalized card, without power. */
export interface ProvisionedCard {
  readonly card: SimulatedCard;
  /** Point of the card key, 65 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * A card with the card application: blank and without a security domain, or as `hardware.image` left it, which may be of an
 * NTAG 424 DNA. It has no power yet.
 * @throws RuntimeFault when the image is not of such a card
 */
export function makeCard(hardware: CardHardware = {}): SimulatedCard {
  if (hardware.image && isNtag(hardware.image)) return makeNtag(hardware);
  if (hardware.image && hasSecurityDomain(hardware.image)) return blankCard({}, hardware);
  const second = hardware.image && hasBoltCard(hardware.image) ? [boltCardApplication(undefined)] : [];
  return new SimulatedCard(hardware, [cardApplication(), ...second]);
}

/**
 * A personalized card, written at once and without a secure channel.
 * @throws ValueError naming the value that is out of range
 */
export function provisionCard(
  personalization: CardPersonalization,
  hardware: Omit<CardHardware, "image" | "save"> = {},
): ProvisionedCard {
  checkPersonalization(personalization);
  let publicKey = new Uint8Array(0);
  const application = cardApplication((state) => {
    publicKey = Uint8Array.from(personalize(state, personalization));
  });
  const { boltCard } = personalization;
  const second = boltCard && boltCardApplication(undefined, (face) => personalizeFace(face, boltCard));
  return { card: new SimulatedCard(hardware, [application, ...(second ? [second] : [])]), publicKey };
}

function personalizeFace(face: FaceState, given: FacePersonalizationData): void {
  face.uid.write(given.uid);
  face.address.write(Uint8Array.of(given.base.length, ...utf8(given.base)));
  face.piccKey.write(given.piccKey);
  face.macKey.write(given.macKey);
  face.lifecycle.write(Uint8Array.of(STAGE.PERSONALIZED));
}

/** Writes everything, the lifecycle last. @returns the card's point */
function personalize(state: CardState, given: CardPersonalization): Uint8Array {
  const secretKey = given.secretKey ?? newSecretKey(state.random);
  const uri = utf8(given.nodeUri);
  state.cardId.write(given.cardId);
  state.keySetId.write(given.keySetId);
  state.sealKey.write(given.sealKey);
  state.issuerPoint.write(secp256k1.convert(given.issuerPublicKey, false));
  state.nodeUri.write(Uint8Array.of(uri.length, ...uri));
  state.secretKey.write(secretKey);
  state.point.write(secp256k1.publicKey(secretKey, false));
  state.published.write(Uint8Array.of(given.publish ?? DEFAULT_PUBLISHED));
  state.credit.write(u64(given.limits.credit));
  state.maxPerTransaction.write(u64(given.limits.maxPerTransaction));
  state.pinThreshold.write(u64(given.limits.pinThreshold));
  state.noPinBudget.write(u64(given.limits.noPinBudget));
  state.maxTransactions.write(u32(given.limits.maxTransactions));
  if (given.pin !== undefined) state.pin.update(pinBlock(given.pin));
  const { certificate } = given;
  if (certificate) {
    const body = typeof certificate === "function" ? certificate(state.point.bytes) : certificate;
    requireLength(body, SEALED_BODY_LENGTH, "certificate");
    state.certificate.write(Uint8Array.of(body.length, ...body));
  }
  state.lifecycle.write(Uint8Array.of(LIFECYCLE.PERSONALIZED));
  return state.point.bytes;
}
