import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { formatCardId } from "../../apdu/card-id.js";
import { formatMsat, printAmount } from "../../common/index.js";
import { undiversified } from "../../keys/index.js";
import {
  describeProfile,
  Journal,
  keySetOf,
  numberedCards,
  PinLetters,
  parseProfile,
  personalizeOne,
  profileFingerprint,
  readPinLetters,
} from "../../personalize/index.js";
import { blankCard, type SimulatedCard } from "../../simulator/index.js";
import { ledgerRegistry } from "../card-registry.js";
import type { CommandContext } from "../command-context.js";
import type { Counter } from "./counter.js";
import type { Story } from "./story.js";
import { CARD, FACTORY_VERSION, type World } from "./world.js";

/** A card that is ready for its holder. */
export interface IssuedCard {
  readonly card: SimulatedCard;
  readonly cardId: Uint8Array;
  readonly pin: string;
}

const profileText = (nodeUri: string): string =>
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
  });

/** A blank card becomes a prepaid card, over SCP03, and is left lying on the counter. */
export async function personalizationChapter(
  story: Story,
  counter: Counter,
  world: World,
  context: CommandContext,
): Promise<IssuedCard> {
  const profile = parseProfile(profileText(world.payerUri), "festival profile");
  story.chapter(
    "Personalization",
    `Here lies ${counter.place}.`,
    "It is blank. It has no battery, no screen and no connection: it signs, and enforces its limits itself.",
    "The festival's profile:",
    ...describeProfile(profile).map((sentence) => `- ${sentence}`),
  );
  const serial = Uint8Array.from(randomBytes(6));
  const card = blankCard({ serial, keys: () => undiversified(FACTORY_VERSION, world.factoryKey) });
  await counter.lay(card);
  const keySet = keySetOf(profile, world.keys);
  const passphrase = Uint8Array.from(randomBytes(24));
  const lettersPath = join(world.folder, "pin-letters");
  const pinLetters = await PinLetters.create(lettersPath, passphrase);
  const journal = Journal.create(join(world.folder, "batch.journal"), {
    batchId: Uint8Array.from(randomBytes(8)),
    profile: profile.name,
    fingerprint: profileFingerprint(profile, keySet),
    cards: numberedCards(1),
  });
  try {
    let made: { cardId: Uint8Array; apdus: number } | undefined;
    await story.step("The issuer's computer makes it a prepaid card.", async () => {
      const registry = ledgerRegistry(world.store);
      const { keys } = world;
      made = await personalizeOne(counter.reader, {
        profile,
        keys,
        registry,
        journal,
        pinLetters,
        signal: context.signal,
      });
      return {
        outcome:
          `Card ${formatCardId(made.cardId)}, ${formatMsat(profile.credit)} on it: an encrypted channel (SCP03), a key made on the card, ` +
          `limits and PIN written and read back, new management keys; ${made.apdus} messages. It stood in the ledger before it could pay.`,
        facts: { card: formatCardId(made.cardId), apdus: made.apdus },
      };
    });
    const [letter] = await readPinLetters(lettersPath, passphrase);
    if (!made || !letter) throw new Error("the card was not made");
    return { card, cardId: made.cardId, pin: letter.pin };
  } finally {
    journal.close();
    pinLetters.close();
    passphrase.fill(0);
  }
}
