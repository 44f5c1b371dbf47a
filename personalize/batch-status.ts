import { formatCardId } from "../apdu/card-id.js";
import { LEVEL } from "../apdu/index.js";
import { bareNumber, bytesToHex } from "../common/index.js";
import { type CardRegistry, guardedRegistry } from "./card-registry.js";
import { PersonalizationError } from "./errors.js";
import type { ItemStage, ItemState, Journal } from "./journal.js";

/** How one card of a batch stands. */
export interface ItemStatus {
  readonly number: string;
  readonly holder: string;
  readonly stage: ItemStage;
  /** As it is printed; undefined before it was assigned. */
  readonly cardId: string | undefined;
  readonly chip: string | undefined;
}

/** A chip that was refused, and why. */
export interface RefusedChip {
  readonly chip: string;
  readonly version: number;
  readonly reason: string;
}

/** A chip that kept its factory keys when it got others. */
export interface KeptKeys {
  readonly chip: string;
  readonly version: number;
  /** Of the card that it became. */
  readonly number: string | undefined;
}

export interface BatchStatus {
  readonly batch: string;
  readonly profile: string;
  readonly counts: Readonly<Record<ItemStage, number>>;
  /** Begun and not done: their chips have to be laid on a reader again. */
  readonly halfDone: readonly ItemStatus[];
  readonly refused: readonly RefusedChip[];
  /** Cards that have their factory keys beside the new ones. */
  readonly factoryKeys: readonly KeptKeys[];
  /** Chips by what their last channel protected. */
  readonly channels: Readonly<Record<ChannelProtection, number>>;
}

/** How the responses of a channel came. */
export type ChannelProtection = "encrypted" | "mac" | "clear";

const protectionOf = (level: number): ChannelProtection =>
  level & LEVEL.R_ENCRYPTION ? "encrypted" : level & LEVEL.R_MAC ? "mac" : "clear";

export const itemStatus = ({ order, stage, cardId, chip }: ItemState): ItemStatus => ({
  number: order.number,
  holder: order.holder,
  stage,
  cardId: cardId && formatCardId(cardId),
  chip,
});

/** What a journal says about its batch. */
export function batchStatus(journal: Journal): BatchStatus {
  const refused = [...journal.chips.values()].flatMap(({ chip, refused: versions }) =>
    [...versions].map(([version, reason]) => ({ chip, version, reason })),
  );
  const halfDone = journal.items
    .filter(({ stage, chip }) => stage !== "done" && chip !== undefined)
    .map(itemStatus);
  const factoryKeys = [...journal.chips.values()].flatMap(({ chip, kept, item }) =>
    kept === undefined
      ? []
      : [{ chip, version: kept, number: item === undefined ? undefined : journal.items[item]?.order.number }],
  );
  const channels: Record<ChannelProtection, number> = { encrypted: 0, mac: 0, clear: 0 };
  for (const { level } of journal.chips.values()) if (level !== undefined) channels[protectionOf(level)]++;
  return {
    batch: journal.batch.batch,
    profile: journal.batch.profile,
    counts: journal.counts(),
    halfDone,
    refused,
    factoryKeys,
    channels,
  };
}

/** Lets a chip be tried again with keys that were refused. @throws PersonalizationError `unknown-card` */
export function retryChip(journal: Journal, chip: string): void {
  if (!journal.chips.has(chip))
    throw new PersonalizationError("unknown-card", `no chip ${chip} in this batch`, {
      hint: "The chips that were refused are listed by: personalize status",
    });
  journal.append({ step: "retry", chip });
}

/** The card of a number: as it is printed, and else as people write it. @throws PersonalizationError `unknown-card` */
function itemPrintedAs(journal: Journal, number: string): ItemState {
  const exact = journal.items.find(({ order }) => order.number === number);
  if (exact) return exact;
  const [item, ...others] = journal.items.filter(
    ({ order }) => bareNumber(order.number) === bareNumber(number),
  );
  if (!item)
    throw new PersonalizationError("unknown-card", `no card ${number} in this batch`, {
      hint: "See the half-done cards with: personalize status",
    });
  if (others.length === 0) return item;
  const list = [item, ...others].map(({ order }) => order.number).join(", ");
  throw new PersonalizationError("unknown-card", `several cards fit "${number}": ${list}`, {
    hint: "Write the number as it is printed.",
  });
}

/**
 * Gives up the chip of a half-done card: its id is retired first, then the card can be made with another chip.
 * @throws PersonalizationError `unknown-card`, `not-needed`; RegistryUnavailableError; JournalError
 */
export async function releaseCard(journal: Journal, registry: CardRegistry, number: string): Promise<void> {
  const item = itemPrintedAs(journal, number);
  if (item.chip === undefined || item.stage === "done")
    throw new PersonalizationError(
      "not-needed",
      `card ${item.order.number} is ${item.stage === "done" ? "done" : "not begun"}, so it has no half-done chip`,
    );
  if (item.cardId) {
    await guardedRegistry(registry).retire(item.cardId);
    journal.append({ step: "abandoned", card: bytesToHex(item.cardId) });
  }
  journal.append({ step: "released", item: item.item, chip: item.chip });
}
