import { formatCardId } from "../apdu/card-id.js";
import { LIFECYCLE, reset, select, send, type Transport, withResponseChaining } from "../apdu/index.js";
import { bytesToHex, equalBytes, ParseError, secp256k1 } from "../common/index.js";
import { type AuthenticationContext, authenticate } from "./authenticate.js";
import { type CardRegistry, guardedRegistry } from "./card-registry.js";
import { probeCard } from "./chip.js";
import { forMakers, PersonalizationError } from "./errors.js";
import { requireUsableVersion, usableVersions } from "./key-information.js";
import type { Profile } from "./profile-fields.js";
import { resetFace } from "./second-face.js";
import { type Identification, identifyCard } from "./verify-card.js";

export interface ResetContext extends AuthenticationContext {
  readonly registry: CardRegistry;
  /** Whose card keys open the card. */
  readonly profile: Pick<Profile, "cardKeys">;
}

export interface ResetCard {
  readonly chip: string;
  /** The id that was retired, 8 bytes; undefined for a card that was blank. */
  readonly cardId: Uint8Array | undefined;
}

/**
 * Makes a card blank again (specs/04 §8.4). Its id is retired in the registry first, so that a card cut off in
 * between can no longer pay; an id is never used again.
 * @throws PersonalizationError `other-issuer` as `already-personalized`, `unknown-card`, `wrong-keys`, `locked`;
 * CardStatusError; TransportError; JournalError; RegistryUnavailableError
 */
export async function resetCard(connection: Transport, context: ResetContext): Promise<ResetCard> {
  return forMakers(() => resetOf(withResponseChaining(connection), context));
}

async function resetOf(card: Transport, context: ResetContext): Promise<ResetCard> {
  const registry = guardedRegistry(context.registry);
  const { journal } = context;
  const { chip, keys, application } = await probeCard(card);
  let cardId: Uint8Array | undefined;
  if (application.profile.lifecycle !== LIFECYCLE.BLANK) {
    cardId = await ownCardId(card, context, registry);
    await registry.retire(cardId);
  }
  const { version, rotateTo } = context.profile.cardKeys;
  const rotated = journal.chips.get(chip)?.rotatedTo;
  const candidates = [rotated, rotateTo, version].filter((candidate) => candidate !== undefined);
  const told = keys && usableVersions(keys);
  const present = candidates.find((candidate) => told?.includes(candidate) ?? true) ?? version;
  if (keys) requireUsableVersion(keys, present);
  const channel = await authenticate(card, chip, present, context);
  await send(channel, reset, {});
  channel.close();
  const { profile } = await send(card, select, {});
  if (profile.lifecycle !== LIFECYCLE.BLANK)
    throw new PersonalizationError("mismatch", "the card says that it is not blank after RESET", {
      hint: "Put the card aside; its id is retired.",
    });
  await resetFace(card, chip, present, context);
  forget(chip, cardId, context);
  return { chip, cardId };
}

/**
 * The card's id, proven by its signature under the key that the registry has.
 * @throws PersonalizationError `already-personalized`, `unknown-card`; CardStatusError; TransportError
 */
export async function ownCardId(
  card: Transport,
  context: Pick<ResetContext, "keys" | "random">,
  registry: CardRegistry,
): Promise<Uint8Array> {
  let identification: Identification;
  try {
    identification = await identifyCard(card, context.keys, context.random);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new PersonalizationError(
      "already-personalized",
      "the card belongs to another issuer: its key set is not ours",
      {
        cause,
        hint: "Return it; only its issuer can reset it.",
      },
    );
  }
  const { status } = identification;
  const { cardId } = status.fields;
  const known = await registry.lookup(cardId);
  if (known && secp256k1.verify(status.signature, status.digest, known.publicKey)) return cardId;
  throw new PersonalizationError(
    "unknown-card",
    known
      ? `the card says that it is ${formatCardId(cardId)}, but its signature is not that card's`
      : `card ${formatCardId(cardId)} is not in this registry`,
    {
      hint: "Look for the registry that it was made with. A card that is in none is reset by its maker only.",
    },
  );
}

/**
 * In a batch, the place of the card is free again, for this chip or another. The place of a card that was read back
 * stays its own where another card was reset: two chips can have the same serial number.
 */
function forget(chip: string, cardId: Uint8Array | undefined, { journal }: ResetContext): void {
  const number = journal.chips.get(chip)?.item;
  const item = number === undefined ? undefined : journal.items[number];
  if (!item) return;
  const begun = item.stage === "open" || item.stage === "assigned";
  const own = item.cardId && cardId && equalBytes(item.cardId, cardId);
  if (!own && (cardId || !begun)) return;
  if (own) journal.append({ step: "abandoned", card: bytesToHex(item.cardId ?? cardId) });
  journal.append({ step: "released", item: item.item, chip });
}
