import { LIFECYCLE, type Transport, withResponseChaining } from "../apdu/index.js";
import { bytesToHex, equalBytes } from "../common/index.js";
import { guardedRegistry } from "./card-registry.js";
import { probeCard } from "./chip.js";
import { forMakers, PersonalizationError } from "./errors.js";
import type { ItemState, Renewal } from "./journal.js";
import { type KeyInformation, usableVersions } from "./key-information.js";
import { type PersonalizationContext, type PersonalizedCard, personalizeCard } from "./personalize-card.js";
import type { Profile } from "./profile-fields.js";
import { ownCardId, resetCard } from "./reset-card.js";

/** What a card on the reader is, as far as its renewal goes. */
export interface RenewableCard {
  readonly chip: string;
  /** A card that was reset, or torn while it was made. */
  readonly isBlank: boolean;
}

/** Names the chip on the reader; changes nothing. @throws as {@link renewCard} */
export async function recogniseChip(connection: Transport): Promise<RenewableCard> {
  return forMakers(async () => {
    const { chip, application } = await probeCard(withResponseChaining(connection));
    return { chip, isBlank: application.profile.lifecycle === LIFECYCLE.BLANK };
  });
}

/** The journal is that of this renewal alone: one item, whose credit is 0. */
export interface RenewalContext extends Omit<PersonalizationContext, "reserve"> {
  /** Blocks the old id, which keeps its money. It may be called again. */
  readonly hold: (cardId: Uint8Array) => Promise<void>;
}

/** A card that is ready, and the id that it had before. */
export interface RenewedCard {
  readonly card: PersonalizedCard;
  /** 8 bytes. */
  readonly old: Uint8Array;
}

/**
 * Resets a card and makes it again with a new id and a new PIN (specs/04 §8.7). Its old id is blocked before RESET and
 * keeps its money, which the caller moves. Cut anywhere, it can be called again with the same journal and card.
 * @throws what `resetCard` and `personalizeCard` throw
 */
export async function renewCard(connection: Transport, context: RenewalContext): Promise<RenewedCard> {
  return forMakers(async () => {
    const { journal } = context;
    const registry = guardedRegistry(context.registry);
    const transport = withResponseChaining(connection);
    const { chip, keys, application } = await probeCard(transport);
    const isBlank = application.profile.lifecycle === LIFECYCLE.BLANK;
    const cardId = isBlank ? undefined : await ownCardId(transport, context, registry);
    const { old } = cardId ? await begin(chip, cardId, context) : renewalOn(chip, context);
    const [item] = journal.items;
    if (cardId && equalBytes(cardId, old))
      await resetCard(connection, {
        ...context,
        registry: {
          ...registry,
          retire: (id) => (equalBytes(id, old) ? context.hold(id) : registry.retire(id)),
        },
      });
    else if (item?.stage === "done" && cardId) return { card: finished(item, chip, cardId), old };
    const card = await personalizeCard(connection, {
      ...context,
      profile: { ...context.profile, cardKeys: keysAsTheyAre(context.profile, keys) },
      reserve: () => item,
    });
    return { card, old };
  });
}

/** The renewal of a card that says who it is: a new one, or the one that its journal has. */
async function begin(
  chip: string,
  cardId: Uint8Array,
  { journal, registry }: RenewalContext,
): Promise<Renewal> {
  const { renewal } = journal;
  if (renewal && (equalBytes(cardId, renewal.old) || journal.itemOf(cardId))) return renewal;
  const state = (await registry.lookup(cardId))?.state;
  if (renewal || state !== "active")
    throw new PersonalizationError(
      "registry",
      renewal
        ? "the card is not the one that this journal renews"
        : `the card is ${state}: need an active card`,
      {
        hint: renewal ? "Lay the card of this journal on the reader." : "See why with: chequecard cards show",
      },
    );
  journal.append({ step: "renewing", item: 0, chip, card: bytesToHex(cardId) });
  return { chip, old: cardId };
}

/** The renewal of a blank card, which its chip tells. */
function renewalOn(chip: string, { journal: { renewal } }: RenewalContext): Renewal {
  if (renewal?.chip === chip) return renewal;
  throw new PersonalizationError("unknown-card", "the card is blank, and not one that this journal renews", {
    hint: "Lay the card of this journal on the reader.",
  });
}

const finished = ({ item, order }: ItemState, chip: string, cardId: Uint8Array): PersonalizedCard => ({
  item,
  number: order.number,
  chip,
  cardId,
  how: "finished",
  keepsFactoryKeys: false,
  apdus: 0,
});

/** A card that left with new keys has them still, also one that does not report its keys. */
function keysAsTheyAre({ cardKeys }: Profile, told: KeyInformation | undefined): Profile["cardKeys"] {
  const { rotateTo } = cardKeys;
  const isRotated = rotateTo !== undefined && (!told || usableVersions(told).includes(rotateTo));
  return isRotated ? { ...cardKeys, version: rotateTo, rotateTo: undefined } : cardKeys;
}
