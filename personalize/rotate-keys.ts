import {
  CardStatusError,
  checkPutKeyResponse,
  encodePutKey,
  FACTORY_KEY_VERSION,
  type SecureChannel,
  SecureChannelError,
  SW,
  type Transport,
} from "../apdu/index.js";
import { type KeySource, wipeCardKeys } from "../keys/index.js";
import { type AuthenticationContext, authenticate } from "./authenticate.js";
import { keysThrough, selectDomain } from "./chip.js";
import { PersonalizationError } from "./errors.js";
import type { Journal } from "./journal.js";
import type { KeyInformation } from "./key-information.js";

/** What it means that a card has its factory keys still, and what to do. */
export const FACTORY_KEYS_KEPT = `WARNING: the card kept its factory keys (version ${FACTORY_KEY_VERSION}) beside the new ones: anybody who knows those keys can open its security domain, erase the card and write it again; no money can be taken so. Delete its keys of version ${FACTORY_KEY_VERSION} by means of the new ones before you hand it out (docs/cards.md), or put it aside.`;

/** Writes down that a card which has new keys lists its factory keys still. @param told undefined: it does not tell */
export function noteKeptKeys(journal: Journal, chip: string, told: KeyInformation | undefined): void {
  if (told?.has(FACTORY_KEY_VERSION) && journal.chips.get(chip)?.kept === undefined)
    journal.append({ step: "kept", chip, version: FACTORY_KEY_VERSION });
}

/**
 * Gives a card's security domain new static keys and proves them by opening a channel with them: 6
 * APDUs, and one more that asks whether factory keys went (specs/04 §8.5). After an interrupted attempt the new version is tried first: the card has it, or it has
 * the old one alone.
 * @param told the card's report of its keys
 * @throws PersonalizationError `no-room`; CardStatusError; ParseError; TransportError; JournalError; KeyError
 */
export async function rotateKeys(
  transport: Transport,
  chip: string,
  versions: { readonly from: number; readonly to: number },
  told: KeyInformation | undefined,
  context: AuthenticationContext,
): Promise<void> {
  const { journal, keys } = context;
  const { from, to } = versions;
  await selectDomain(transport);
  if (journal.chips.get(chip)?.rotating && (await has(transport, chip, to, context))) {
    journal.append({ step: "rotated", chip, version: to });
    noteKeptKeys(journal, chip, told);
    return;
  }
  // Factory keys are added to: P1 of PUT KEY has no room for their version. Keys of the new version that the card has
  // beside them give way to ours.
  const replaced = from !== FACTORY_KEY_VERSION ? from : told?.has(to) ? to : 0;
  const channel = await authenticate(transport, chip, from, context);
  journal.append({ step: "rotating", chip, from, to });
  await putKeys(channel, keys, { from, to, replaced });
  const renewed = await authenticate(transport, chip, to, context);
  journal.append({ step: "rotated", chip, version: to });
  noteKeptKeys(journal, chip, from === FACTORY_KEY_VERSION ? await keysThrough(renewed) : told);
  renewed.close();
}

/** True when a channel opens with the keys of that version; false when the card has none. */
async function has(
  transport: Transport,
  chip: string,
  version: number,
  context: AuthenticationContext,
): Promise<boolean> {
  try {
    (await authenticate(transport, chip, version, context)).close();
    return true;
  } catch (error) {
    if (error instanceof SecureChannelError && error.code === "unknown-key-version") return false;
    throw error;
  }
}

async function putKeys(
  channel: SecureChannel,
  keys: KeySource,
  { from, to, replaced }: { readonly from: number; readonly to: number; readonly replaced: number },
): Promise<void> {
  const { diversification } = channel.card;
  const current = await keys.cardKeys(from, diversification);
  const next = await keys.cardKeys(to, diversification);
  try {
    const { data, sw } = await channel.send(encodePutKey(replaced, to, next, current.dek));
    if (sw === SW.NO_ROOM)
      throw new PersonalizationError("no-room", "the card has no room for new keys", {
        hint: "The card works, with its old keys. Put it aside.",
      });
    if (sw !== SW.OK) throw new CardStatusError("PUT KEY", sw);
    checkPutKeyResponse(data, to, next);
  } finally {
    wipeCardKeys(current);
    wipeCardKeys(next);
  }
}
