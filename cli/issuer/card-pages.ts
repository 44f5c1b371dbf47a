import { join } from "node:path";
import { formatCardId } from "../../apdu/card-id.js";
import { bytesToHex, equalBytes, hexToBytes } from "../../common/index.js";
import { findCardPage, LedgerError, setCardPage, showCard } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { pageSecretHash } from "../../keys/index.js";
import {
  type CardLabel,
  makeCardPage,
  type PinLetter,
  type PinLetters,
  withPages,
} from "../../personalize/index.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { readProfile } from "../personalization-setup.js";
import { confirm } from "../prompt/confirm.js";
import { cardText, findCardId } from "./card-choice.js";

/** Where letters of pages are that were made for cards of earlier batches. */
export const pageLettersPath = (folder: string): string => join(folder, "card-pages");

/** Where the pages of an issuer's cards are, as its profile says. @throws InputError */
export function pageBaseOf(folder: string, profile: string | undefined): string {
  const path = profile ?? join(folder, "profile.yaml");
  const { cardPage } = readProfile(path);
  if (cardPage !== undefined) return cardPage;
  throw new InputError(`${path}: card-page: need where the pages of cards are, have none`, {
    hint: "Write it into the profile, such as card-page: https://card.festival.example/",
  });
}

/** A card that gets a page. */
interface CardForPage {
  readonly cardId: Uint8Array;
  readonly label: string;
}

/**
 * The cards that are meant, each once. Of one that has a page already it asks whether that shall end.
 * @throws InputError; LedgerError for a card that can have none
 */
export async function cardsForPages(
  context: CommandContext,
  store: Store,
  texts: readonly string[],
  yes: boolean,
): Promise<CardForPage[]> {
  const found = new Map<string, CardForPage>();
  const renewed: string[] = [];
  for (const text of texts) {
    const cardId = await findCardId(store, text);
    const { card, label, state } = await showCard(store.db, cardId);
    if (state === "retired")
      throw new LedgerError("wrong-state", `card ${cardText(card)} is retired and gets no page`, {
        hint: "Make one for the card that replaced it. Nothing was changed.",
      });
    const page = await findCardPage(store.db, cardId);
    if (page?.revoked_at === null && !found.has(bytesToHex(cardId))) renewed.push(cardText(card));
    found.set(bytesToHex(cardId), { cardId, label });
  }
  const question = `The QR code and the code that ${renewed.join(", ")} ${renewed.length === 1 ? "has" : "have"} will open nothing any more. Make new ones?`;
  if (renewed.length > 0 && !(await confirm(context, question, yes)))
    throw new InputError("Not confirmed: nothing was changed.");
  return [...found.values()];
}

/** The letter is on the disk before the ledger knows of the page: one without the other opens nothing. */
export async function givePage(
  store: Store,
  letters: PinLetters,
  base: string,
  { cardId, label }: CardForPage,
): Promise<void> {
  const { letter, hashes } = await makeCardPage(base);
  letters.append({ card: bytesToHex(cardId), number: label, holder: "", page: letter });
  await setCardPage(store, cardId, hashes, Date.now());
}

/** Of letters those whose page is the one that its card has now, in the order of the letters. */
export async function openPagesOf(store: Store, letters: readonly PinLetter[]): Promise<PinLetter[]> {
  const kept: PinLetter[] = [];
  for (const letter of letters) {
    if (!letter.page) continue;
    const page = await findCardPage(store.db, hexToBytes(letter.card));
    const { hash } = new URL(letter.page.address);
    if (page?.revoked_at === null && equalBytes(page.secret_hash, pageSecretHash(hash.slice(1))))
      kept.push(letter);
  }
  return kept;
}

/** Labels for such letters. */
export const labelsOf = (letters: readonly PinLetter[]): CardLabel[] =>
  withPages(
    letters.map(({ card, number, holder }) => ({
      cardId: formatCardId(hexToBytes(card)),
      number,
      holder,
      qr: `CHEQUECARD:${card.toUpperCase()}`,
    })),
    letters,
  );

/** A card's id for people. */
export const nameOf = (cardId: Uint8Array): string => cardText(cardKey(cardId));
