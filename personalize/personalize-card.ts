import { randomBytes } from "node:crypto";
import { formatCardId, LIFECYCLE, type Transport, withResponseChaining } from "../apdu/index.js";
import { bytesToHex, equalBytes, type Msat, ParseError, secp256k1 } from "../common/index.js";
import type { KeySet, PageHashes } from "../keys/index.js";
import { parseNodeUri } from "../lightning/node-uri.js";
import { type AuthenticationContext, authenticate } from "./authenticate.js";
import { makeCardPage } from "./card-page.js";
import { type CardRegistry, guardedRegistry } from "./card-registry.js";
import { type CertificateTerms, certificateTerms, signCertificate } from "./certify.js";
import { type Probe, probeCard } from "./chip.js";
import { forMakers, PersonalizationError } from "./errors.js";
import type { FaceRegistry } from "./face-registry.js";
import type { ItemState } from "./journal.js";
import { requireUsableVersion, usableVersions } from "./key-information.js";
import { type PinLetters, randomPin } from "./pin-letters.js";
import type { Profile } from "./profile-fields.js";
import { noteKeptKeys, rotateKeys } from "./rotate-keys.js";
import { expectFace, makeFace } from "./second-face.js";
import {
  compareCard,
  compareCertificate,
  type ExpectedCard,
  type Identification,
  identifyCard,
} from "./verify-card.js";
import { makeKey, writeData } from "./write-card.js";

/** What a step of a card is about, for a live view. */
export type CardStep =
  | "probe"
  | "authenticate"
  | "generate"
  | "store"
  | "register"
  | "verify"
  | "face"
  | "rotate"
  | "done";

export interface PersonalizationContext extends AuthenticationContext {
  readonly profile: Profile;
  readonly keySet: KeySet;
  readonly registry: CardRegistry;
  /** Needed when the profile has a second face. */
  readonly faces?: FaceRegistry | undefined;
  /** Needed when the profile has random PINs. */
  readonly pinLetters?: PinLetters | undefined;
  /** The next card of the batch for a chip that has none; undefined when all have one. */
  readonly reserve: (chip: string) => ItemState | undefined;
  /** Unix milliseconds; the system's clock when absent. */
  readonly now?: (() => number) | undefined;
  readonly onStep?: ((step: CardStep, chip: string | undefined) => void) | undefined;
}

/** A card that is ready to be handed out. */
export interface PersonalizedCard {
  readonly item: number;
  readonly number: string;
  readonly chip: string;
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** `made` in this tap, or `finished` what an earlier one began. */
  readonly how: "made" | "finished";
  /** Its security domain has the factory's keys beside the new ones. */
  readonly keepsFactoryKeys: boolean;
  /** What its certificate says; absent: it has none. */
  readonly certificate?: CertificateTerms;
  /** Id of its second face in the ledger, 8 bytes; absent: it has none. */
  readonly face?: Uint8Array;
  /** Command APDUs of this tap. */
  readonly apdus: number;
}

/**
 * Makes a card, or finishes one that an interruption left half-done (specs/04 §8). Every step is in the journal
 * before the next begins, so it can be cut anywhere and called again with the same chip on any reader.
 * @throws PersonalizationError with what to do with the card; CardStatusError; ParseError; TransportError (lay the
 * card on the reader again); JournalError, KeyError (stop)
 */
export async function personalizeCard(
  connection: Transport,
  given: PersonalizationContext,
): Promise<PersonalizedCard> {
  const context = { ...given, registry: guardedRegistry(given.registry) };
  let apdus = 0;
  const card = withResponseChaining({
    transmit(command) {
      apdus++;
      return connection.transmit(command);
    },
  });
  return forMakers(async () => {
    context.onStep?.("probe", undefined);
    const { boltCard } = context.profile;
    const probe = await probeCard(card, boltCard !== undefined);
    if (boltCard && probe.face) expectFace(probe.face);
    const reached = await reachPersonalized(card, probe, context);
    const { item, how } = reached;
    await finish(card, probe.chip, reached, context);
    if (boltCard && !item.face?.isActive) {
      context.onStep?.("face", probe.chip);
      const cardId = idOf(item);
      await makeFace(
        card,
        probe.chip,
        presentVersion(probe, context),
        { ...item, cardId },
        boltCard,
        context,
      );
    }
    await rotateWhereNeeded(card, probe, context);
    if (item.stage !== "done")
      context.journal.append({ step: "done", item: item.item, card: bytesToHex(idOf(item)) });
    context.onStep?.("done", probe.chip);
    const { chip } = probe;
    const keepsFactoryKeys = context.journal.chips.get(chip)?.kept !== undefined;
    const { number } = item.order;
    const { certificate } = item;
    const made = { item: item.item, number, chip, cardId: idOf(item), how, keepsFactoryKeys, apdus };
    const { face } = item;
    return {
      ...made,
      ...(certificate ? { certificate } : {}),
      ...(face ? { face: face.cardId } : {}),
    };
  });
}

function idOf(item: ItemState): Uint8Array {
  if (item.cardId) return item.cardId;
  throw new PersonalizationError("unknown-card", `card ${item.order.number} has no id yet`);
}

/** A card of the batch that is personalized. */
interface Reached {
  readonly item: ItemState;
  readonly how: "made" | "finished";
  /** What the card said of itself when it was recognised; undefined when it was made just now. */
  readonly said: Identification | undefined;
}

/** Blank, ours, or somebody else's: what the lifecycle, the journal and the card's own signature say together. */
async function reachPersonalized(
  card: Transport,
  probe: Probe,
  context: PersonalizationContext,
): Promise<Reached> {
  const { lifecycle } = probe.application.profile;
  if (lifecycle === LIFECYCLE.BLOCKED)
    throw new PersonalizationError("blocked", "the card is blocked by its issuer", {
      hint: "Put it aside. If it is yours and shall be made again, reset it first: personalize reset",
    });
  if (lifecycle !== LIFECYCLE.BLANK) {
    const { item, said } = await recognise(card, context);
    return { item, how: "finished", said };
  }
  const known = context.journal.chips.get(probe.chip)?.item;
  const item = known === undefined ? undefined : context.journal.items[known];
  if (item && item.stage !== "open" && item.stage !== "assigned")
    throw new PersonalizationError(
      "same-chip-name",
      `card ${item.order.number} was made on a chip with this serial number, and this card is blank`,
      {
        hint: `If card ${item.order.number} still works, this is another chip with the same serial number: put it aside, the batch cannot tell the two apart. If it is card ${item.order.number}, it was reset elsewhere: make it in another batch.`,
      },
    );
  return { item: await make(card, probe, item, context), how: "made", said: undefined };
}

/** The item of a personalized card, by what the card signs: another chip can have the same serial number. */
async function recognise(
  card: Transport,
  { journal, keys, random }: PersonalizationContext,
): Promise<{ item: ItemState; said: Identification }> {
  let said: Identification;
  try {
    said = await identifyCard(card, keys, random);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new PersonalizationError("already-personalized", "the card was personalized by another issuer", {
      cause,
      hint: "Put it aside.",
    });
  }
  const { cardId } = said.status.fields;
  const item = journal.itemOf(cardId);
  if (!item)
    throw new PersonalizationError(
      "already-personalized",
      "the card is personalized, and not by this batch",
      { hint: "Put it aside. If it is yours and shall be made again, reset it first: personalize reset" },
    );
  if (!item.cardId || !equalBytes(item.cardId, cardId))
    throw new PersonalizationError(
      "given-up",
      `the card was torn away while it was made, and its id ${formatCardId(cardId)} was given up since: it can never pay`,
      { hint: "Reset it, then lay it on the reader again: personalize reset" },
    );
  if (!secp256k1.verify(said.status.signature, said.status.digest, item.publicKey ?? new Uint8Array(0)))
    throw new PersonalizationError(
      "mismatch",
      `the card says that it is ${formatCardId(cardId)}, but its signature is not that card's`,
      { hint: "Put the card aside: it is not the one that was made." },
    );
  if (item.stage === "done")
    throw new PersonalizationError("not-needed", `card ${item.order.number} is done already`, {
      hint: "Put it to the finished ones and lay the next card on the reader.",
    });
  return { item, said };
}

/** The version of the keys that a blank card has, from what it tells and what the journal knows. */
function presentVersion({ chip, keys }: Probe, { journal, profile }: PersonalizationContext): number {
  const { version, rotateTo } = profile.cardKeys;
  const rotated = journal.chips.get(chip)?.rotatedTo;
  const candidates = [
    ...(rotated === undefined ? [] : [rotated]),
    version,
    ...(rotateTo === undefined ? [] : [rotateTo]),
  ];
  const told = keys && usableVersions(keys);
  const found = told ? candidates.find((candidate) => told.includes(candidate)) : candidates[0];
  if (found !== undefined) return found;
  if (keys) for (const candidate of candidates) requireUsableVersion(keys, candidate);
  const has = told?.length ? `has keys of version ${told.join(", ")}` : "has no keys";
  throw new PersonalizationError("wrong-keys", `the card ${has}, need version ${candidates.join(" or ")}`, {
    hint: "Check the profile's card-keys and that these are the right cards; nothing was tried on this one.",
  });
}

/** From blank to the last block. The registry knows the card before it can be one. */
async function make(
  card: Transport,
  probe: Probe,
  begun: ItemState | undefined,
  context: PersonalizationContext,
): Promise<ItemState> {
  const { journal, profile, registry, onStep } = context;
  const { chip } = probe;
  const item = begun ?? context.reserve(chip);
  if (!item)
    throw new PersonalizationError("not-needed", "every card of this batch has its chip already", {
      hint: "Cards that were begun on another chip can be freed with: personalize retry --release",
    });
  onStep?.("authenticate", chip);
  const channel = await authenticate(card, chip, presentVersion(probe, context), context);
  if (item.cardId) {
    // An interrupted attempt used this id; another key comes, so another id does too.
    await registry.retire(item.cardId);
    journal.append({ step: "abandoned", card: bytesToHex(item.cardId) });
  }
  onStep?.("generate", chip);
  const publicKey = await makeKey(channel, context.random);
  const { cardId, pin, page } = await assign(item, chip, publicKey, context);
  const { certificate } = item;
  const credit = creditOf(item, profile);
  const { limits, policy } = profile;
  const keySetId = context.keySet.id;
  const data = {
    cardId,
    keySetId,
    nodeUri: profile.nodeUri,
    issuerPoint: secp256k1.convert(context.keySet.issuerPublicKey, false),
    credit,
    limits,
    publish: profile.publish,
    sealKey: sealKeyOf(context),
    pin,
    certificate:
      certificate && (await signCertificate(context.keys, { cardId, publicKey, keySetId }, certificate)),
  };
  onStep?.("store", chip);
  await writeData(channel, data, async () => {
    onStep?.("register", chip);
    const { nodeId } = parseNodeUri(profile.nodeUri);
    const label = labelOf(item);
    const card = { cardId, publicKey, keySetId, nodeId, label, credit, limits, policy, certificate };
    await registry.register(page ? { ...card, page } : card);
  });
  channel.close();
  return item;
}

/** Printed number and holder. */
const labelOf = ({ order }: ItemState): string =>
  order.holder ? `${order.number} ${order.holder}` : order.number;

const creditOf = (item: ItemState, profile: Profile): Msat => item.order.credit ?? profile.credit;

function sealKeyOf({ keys, keySet }: PersonalizationContext): Uint8Array {
  const key = keys.sealKey(keySet.id);
  if (key) return key;
  throw new PersonalizationError("unsupported-card", `key set ${bytesToHex(keySet.id)} has no seal key`);
}

/** A fresh id, PIN and page whose letter is on the disk, and the journal's line that binds them to the chip. */
async function assign(
  item: ItemState,
  chip: string,
  publicKey: Uint8Array,
  context: PersonalizationContext,
): Promise<{ cardId: Uint8Array; pin: string | undefined; page: PageHashes | undefined }> {
  const { journal, profile, pinLetters, random = randomBytes, now = Date.now } = context;
  const terms = certificateTerms(profile, Math.floor(now() / 1000));
  let cardId = Uint8Array.from(random(8));
  while (journal.hasGiven(cardId) || (await context.registry.lookup(cardId)))
    cardId = Uint8Array.from(random(8));
  const card = bytesToHex(cardId);
  const pin = profile.pinLength === undefined ? undefined : randomPin(profile.pinLength, random);
  const page = profile.cardPage === undefined ? undefined : await makeCardPage(profile.cardPage, random);
  if (pin !== undefined || page) {
    if (!pinLetters)
      throw new PersonalizationError("unknown-card", "random PINs and card pages need a file of PIN letters");
    const { number, holder } = item.order;
    pinLetters.append({
      card,
      number,
      holder,
      ...(pin === undefined ? {} : { pin }),
      ...(page && { page: page.letter }),
    });
  }
  journal.append({
    step: "assigned",
    chip,
    item: item.item,
    card,
    key: bytesToHex(publicKey),
    pin: pin !== undefined,
    ...(terms ? { certificate: { limit: terms.offlineLimit, validUntil: terms.validUntilSeconds } } : {}),
  });
  return { cardId, pin, page: page?.hashes };
}

/** Read back, active in the registry. Repeats nothing that the journal has. */
async function finish(
  card: Transport,
  chip: string,
  { item, said }: Reached,
  context: PersonalizationContext,
): Promise<void> {
  const { journal, profile, registry, onStep } = context;
  const cardId = idOf(item);
  const id = bytesToHex(cardId);
  if (item.stage === "assigned") {
    onStep?.("verify", chip);
    const expected: ExpectedCard = {
      cardId,
      publicKey: item.publicKey ?? new Uint8Array(0),
      keySetId: context.keySet.id,
      nodeUri: profile.nodeUri,
      credit: creditOf(item, profile),
      limits: profile.limits,
      publish: profile.publish,
      hasPin: item.hasPin,
    };
    compareCard(said ?? (await identifyCard(card, context.keys, context.random)), expected);
    if (item.certificate) await compareCertificate(card, context.keys, expected, item.certificate);
    journal.append({ step: "verified", card: id });
  }
  if (item.stage === "verified") {
    await registry.activate(cardId);
    journal.append({ step: "active", card: id });
  }
}

async function rotateWhereNeeded(
  card: Transport,
  probe: Probe,
  context: PersonalizationContext,
): Promise<void> {
  const { version: from, rotateTo: to } = context.profile.cardKeys;
  if (to === undefined) return;
  const state = context.journal.chips.get(probe.chip);
  const told = probe.keys && usableVersions(probe.keys);
  // A chip that was rotated once has the new keys, unless it is another one with the same serial number.
  const isRotated = state?.rotatedTo === to && (told?.includes(to) ?? true);
  // A card that was reset after an earlier batch has the new keys already.
  if (isRotated || (!state?.rotating && told?.includes(to) && !told.includes(from)))
    return noteKeptKeys(context.journal, probe.chip, probe.keys);
  context.onStep?.("rotate", probe.chip);
  await rotateKeys(card, probe.chip, { from, to }, probe.keys, context);
}
