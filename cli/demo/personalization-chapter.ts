import { formatCardId } from "../../apdu/card-id.js";
import { formatMsat } from "../../common/index.js";
import { describeProfile } from "../../personalize/index.js";
import type { CommandContext } from "../command-context.js";
import type { Counter } from "./counter.js";
import { blankCards, festivalProfile, type IssuedCard, makeCards } from "./make-cards.js";
import type { Story } from "./story.js";
import type { World } from "./world.js";

/** A blank card becomes a prepaid card, over SCP03, and is left lying on the counter. */
export async function personalizationChapter(
  story: Story,
  counter: Counter,
  world: World,
  context: CommandContext,
): Promise<IssuedCard> {
  const profile = festivalProfile(world.payerUri);
  story.chapter(
    "Personalization",
    `Here lies ${counter.place}.`,
    "It is blank. It has no battery, no screen and no connection: it signs, and enforces its limits itself.",
    "The festival's profile:",
    ...describeProfile(profile).map((sentence) => `- ${sentence}`),
  );
  let issued: IssuedCard | undefined;
  await story.step("The issuer's computer makes it a prepaid card.", async () => {
    const { cards, apdus } = await makeCards(counter, world, profile, blankCards(world, 1), context.signal);
    issued = cards[0];
    if (!issued) throw new Error("the card was not made");
    const card = formatCardId(issued.cardId);
    return {
      outcome:
        `Card ${card}, ${formatMsat(profile.credit)} on it: an encrypted channel (SCP03), a key made on the card, ` +
        `limits and PIN written and read back, new management keys; ${apdus} messages. It stood in the ledger before it could pay.`,
      facts: { card, apdus },
    };
  });
  if (!issued) throw new Error("the card was not made");
  return issued;
}
