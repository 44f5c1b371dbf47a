import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { printAmount } from "../../common/index.js";
import { undiversified } from "../../keys/index.js";
import {
  Journal,
  keySetOf,
  numberedCards,
  PinLetters,
  type Profile,
  parseProfile,
  personalizeOne,
  profileFingerprint,
  readPinLetters,
} from "../../personalize/index.js";
import { blankCard, type SimulatedCard } from "../../simulator/index.js";
import { ledgerRegistry } from "../card-registry.js";
import type { Counter } from "./counter.js";
import { CARD, FACTORY_VERSION, type World } from "./world.js";

/** A card that is ready for its holder. */
export interface IssuedCard {
  readonly card: SimulatedCard;
  readonly cardId: Uint8Array;
  readonly pin: string;
}

/** The festival's profile. @param changes members of it that differ */
export const festivalProfile = (nodeUri: string, changes: Readonly<Record<string, unknown>> = {}): Profile =>
  parseProfile(
    JSON.stringify({
      name: "festival",
      "node-uri": nodeUri,
      limits: {
        credit: printAmount(CARD.credit),
        "max-per-transaction": printAmount(CARD.maxPerTransaction),
        "pin-threshold": printAmount(CARD.pinThreshold),
        "no-pin-budget": printAmount(CARD.noPinBudget),
      },
      pin: "random",
      "card-keys": { version: FACTORY_VERSION, "rotate-to": 48 },
      policy: { maxPer24h: printAmount(CARD.maxPerDay) },
      ...changes,
    }),
    "festival profile",
  );

/** Blank cards as their maker delivers them. */
export const blankCards = (world: World, count: number): SimulatedCard[] =>
  Array.from({ length: count }, () =>
    blankCard({
      serial: Uint8Array.from(randomBytes(6)),
      keys: () => undiversified(FACTORY_VERSION, world.factoryKey),
    }),
  );

/**
 * Personalizes blank cards one after the other, over SCP03; the last one is left lying on the counter.
 * @returns the cards, and how many messages each took on average
 */
export async function makeCards(
  counter: Counter,
  world: World,
  profile: Profile,
  blanks: readonly SimulatedCard[],
  signal: AbortSignal,
): Promise<{ readonly cards: readonly IssuedCard[]; readonly apdus: number }> {
  const batch = `${profile.name}-${blanks.length}`;
  const passphrase = Uint8Array.from(randomBytes(24));
  const lettersPath = join(world.folder, `${batch}.pins`);
  const pinLetters = await PinLetters.create(lettersPath, passphrase);
  const journal = Journal.create(join(world.folder, `${batch}.journal`), {
    batchId: Uint8Array.from(randomBytes(8)),
    profile: profile.name,
    fingerprint: profileFingerprint(profile, keySetOf(profile, world.keys)),
    cards: numberedCards(blanks.length),
  });
  try {
    const { keys } = world;
    const registry = ledgerRegistry(world.store);
    const made: { readonly card: SimulatedCard; readonly cardId: Uint8Array }[] = [];
    let apdus = 0;
    for (const card of blanks) {
      if (made.length > 0) await counter.take();
      await counter.lay(card);
      const one = await personalizeOne(counter.reader, {
        ...{ profile, keys, registry, journal, pinLetters, signal },
      });
      apdus += one.apdus;
      made.push({ card, cardId: one.cardId });
    }
    const letters = await readPinLetters(lettersPath, passphrase);
    const cards = made.map((one, index) => {
      const pin = letters[index]?.pin;
      if (pin === undefined) throw new Error("a card has no PIN letter");
      return { ...one, pin };
    });
    return { cards, apdus: Math.round(apdus / blanks.length) };
  } finally {
    journal.close();
    pinLetters.close();
    passphrase.fill(0);
  }
}
