import { randomBytes } from "node:crypto";
import { DGI, reset, send, type Transport } from "../apdu/index.js";
import { bytesToHex, utf8 } from "../common/index.js";
import { type AuthenticationContext, authenticate } from "./authenticate.js";
import { type CardRegistry, guardedFaces } from "./card-registry.js";
import { PersonalizationError } from "./errors.js";
import { type FaceStage, faceStage, ownReading, readAddress } from "./face-reading.js";
import type { FaceKeys, FaceReading, FaceRegistry } from "./face-registry.js";
import type { FaceState, ItemState } from "./journal.js";
import type { FaceTerms } from "./profile-fields.js";
import { writeGroups } from "./write-card.js";

export interface FaceContext extends AuthenticationContext {
  readonly registry: CardRegistry;
  readonly faces?: FaceRegistry | undefined;
}

/** @throws PersonalizationError `no-application` */
export function expectFace(stage: FaceStage): void {
  if (stage === "absent")
    throw new PersonalizationError(
      "no-application",
      "the Bolt Card application is not on this card, and the profile asks for it",
      {
        hint: "Load boltcard.cap onto the card first (docs/cards.md), or leave bolt-card out of the profile of another batch.",
      },
    );
}

/**
 * Makes the second face of a card that is active, or finishes it (specs/10 §8.5). Its identity is in the journal and in
 * the registry before it is on the card, so it can be cut anywhere and called again.
 * @param version of the card's static keys
 * @throws PersonalizationError; CardStatusError; TransportError; JournalError; KeyError; RegistryUnavailableError
 */
export async function makeFace(
  card: Transport,
  chip: string,
  version: number,
  item: ItemState & { readonly cardId: Uint8Array },
  terms: FaceTerms,
  context: FaceContext,
): Promise<void> {
  const { journal } = context;
  const faces = guardedFaces(expectFaces(context.faces));
  const face = item.face ?? (await assignFace(chip, item, context));
  if (face.isActive) return;
  const { cardId, uid } = face;
  const keys = await faces.keysOf(uid);
  const { number, holder } = item.order;
  const label = holder ? `${number} ${holder}` : number;
  await faces.register({
    cardId,
    uid,
    batch: keys.batch,
    faceOf: item.cardId,
    label,
    policy: terms.policy,
  });
  const reading =
    (await readBack(card, terms, uid, keys)) ?? (await write(card, chip, version, terms, uid, keys, context));
  await faces.activate(cardId, reading);
  journal.append({ step: "face-active", card: bytesToHex(cardId) });
}

/** @throws PersonalizationError `registry` where nothing keeps second faces */
export function expectFaces(faces: FaceRegistry | undefined): FaceRegistry {
  if (faces) return faces;
  throw new PersonalizationError("registry", "the profile has bolt-card, and nothing keeps such cards here", {
    hint: "Give the key file a batch key: chequecard keys add-batch",
  });
}

/** A fresh id and identity. The highest bit keeps the identity apart from those of chips, which begin with their maker. */
async function assignFace(
  chip: string,
  { item }: ItemState,
  { journal, registry, random = randomBytes }: FaceContext,
): Promise<FaceState> {
  let cardId = Uint8Array.from(random(8));
  while (journal.hasGiven(cardId) || (await registry.lookup(cardId))) cardId = Uint8Array.from(random(8));
  const uid = Uint8Array.from(random(7));
  uid[0] = (uid[0] ?? 0) | 0x80;
  journal.append({ step: "face", chip, item, card: bytesToHex(cardId), uid: bytesToHex(uid) });
  return { cardId, uid, isActive: false };
}

/** What the face says, where it is this one already; undefined where it is blank, or another's. */
async function readBack(
  card: Transport,
  { base }: FaceTerms,
  uid: Uint8Array,
  keys: FaceKeys,
): Promise<FaceReading | undefined> {
  const stage = await faceStage(card);
  expectFace(stage);
  return stage === "blank" ? undefined : ownReading(await readAddress(card), base, uid, keys);
}

/** Empties the face where it holds another's data, writes it, and reads it back. */
async function write(
  card: Transport,
  chip: string,
  version: number,
  terms: FaceTerms,
  uid: Uint8Array,
  keys: FaceKeys,
  context: FaceContext,
): Promise<FaceReading> {
  const isBlank = (await faceStage(card)) === "blank";
  const channel = await authenticate(card, chip, version, context);
  if (!isBlank) await send(channel, reset, {});
  await writeGroups(channel, [
    { dgi: DGI.FACE_UID, value: uid },
    { dgi: DGI.FACE_ADDRESS, value: utf8(terms.base) },
    { dgi: DGI.FACE_PICC_KEY, value: keys.piccKey },
    { dgi: DGI.FACE_MAC_KEY, value: keys.macKey },
  ]);
  channel.close();
  const reading = await readBack(card, terms, uid, keys);
  if (reading) return reading;
  throw new PersonalizationError(
    "mismatch",
    `the address of the second face was read back otherwise than written`,
    { hint: "Do not hand this card out. Reset it and make it again; a card that does it twice is broken." },
  );
}

/** Empties the second face, where there is one (specs/10 §8.4). @throws as {@link makeFace} */
export async function resetFace(
  card: Transport,
  chip: string,
  version: number,
  context: AuthenticationContext,
): Promise<void> {
  if ((await faceStage(card)) !== "personalized") return;
  const channel = await authenticate(card, chip, version, context);
  await send(channel, reset, {});
  channel.close();
}
