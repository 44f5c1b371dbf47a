import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, systemReason } from "../../common/index.js";
import { type Order, showCard } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { isBegun, Journal, type RenewableCard } from "../../personalize/index.js";
import { InputError } from "../error-report.js";
import { unfinishedOrder } from "./orders.js";

/** A card on the issuer's reader; its id is undefined while it is blank. */
export interface CardToRenew extends RenewableCard {
  readonly cardId: Uint8Array | undefined;
}

/** The journal of a card's renewal, which there may be already. */
export interface RenewalFile {
  readonly path: string;
  readonly isBegun: boolean;
}

/** Where the journals of renewed cards and their PIN letters are. */
export const renewalFolder = (folder: string): string => join(folder, "new-pins");

/** Moves what the old id has to the new one, booked once for each pair. */
export const moveOrder = (old: Uint8Array, fresh: Uint8Array): Order & { readonly kind: "replace" } => ({
  kind: "replace",
  cardId: old,
  replacement: fresh,
});

/** The reference of {@link moveOrder}. */
export const moveReference = (fresh: Uint8Array): string => `new-pin-${bytesToHex(fresh)}`;

/**
 * The renewal that the card on the reader belongs to: one that an earlier run left unfinished, or a new one.
 * @throws InputError for a blank card that no unfinished renewal knows; JournalError; StoreError
 */
export async function findRenewal(
  store: Store,
  folder: string,
  { cardId, chip }: CardToRenew,
): Promise<RenewalFile> {
  const own = cardId && join(renewalFolder(folder), `${bytesToHex(cardId)}.journal`);
  if (own && isBegun(own)) return { path: own, isBegun: true };
  const open: string[] = [];
  for (const path of journalsIn(folder)) {
    const journal = Journal.read(path);
    const isIts = cardId ? journal.itemOf(cardId) !== undefined : journal.renewal?.chip === chip;
    if (isIts && (await isUnfinished(store, folder, journal))) open.push(path);
  }
  const [path, ...others] = open;
  if (path && others.length === 0) return { path, isBegun: true };
  if (path)
    throw new InputError(`several cards of this chip's name are unfinished: ${open.join(", ")}`, {
      hint: "Two chips have one name. Move the money with: chequecard cards replace",
    });
  if (own) return { path: own, isBegun: false };
  throw new InputError("the card on the reader is blank, and no new PIN was begun for it", {
    hint: "A card whose chip is lost or broken is replaced by another card: chequecard cards replace",
  });
}

function journalsIn(folder: string): string[] {
  const path = renewalFolder(folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path).filter((name) => /^[0-9a-f]{16}\.journal$/.test(name));
  return names.map((name) => join(path, name)).filter(isBegun);
}

/** False once the money has moved and the user has seen that. */
async function isUnfinished(store: Store, folder: string, journal: Journal): Promise<boolean> {
  const { renewal } = journal;
  const [item] = journal.items;
  if (!renewal) return false;
  if (item?.stage !== "done" || !item.cardId) return true;
  if (unfinishedOrder(folder, moveOrder(renewal.old, item.cardId))) return true;
  return (await showCard(store.db, renewal.old)).state !== "retired";
}

/** Makes the folder of {@link renewalFolder}. @throws InputError */
export function makeRenewalFolder(folder: string): void {
  const path = renewalFolder(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`${path}: cannot be made (${systemReason(cause)}); nothing was changed`, { cause });
  }
}
