import { AppletBridge, AppletCard } from "../../simulator/index.js";
import { seededEntropy } from "../../testing/random.js";
import { type CardMaker, factoryCard } from "../model/session.js";

/** Sessions hold a card for a short while and one after the other: these are more than are ever held at once. */
const CARDS = 8;

/**
 * Makes the campaigns' card with the Java Card applet in it. A card takes the place of the eighth one before it: an
 * installation takes as long as dozens of commands.
 * @param simulated makes the simulated card that is as they are from the factory
 */
export function appletMaker(
  change: (card: AppletCard) => void = () => {},
  simulated: CardMaker = factoryCard,
): CardMaker {
  const bridge = new AppletBridge();
  const factory = simulated().image();
  const cards: AppletCard[] = [];
  let next = 0;
  return (image = factory, entropy = seededEntropy(819)) => {
    const place = next++ % CARDS;
    const card = cards[place] ?? new AppletCard({ image: factory, bridge });
    cards[place] = card;
    card.load(image, entropy);
    change(card);
    return card;
  };
}
