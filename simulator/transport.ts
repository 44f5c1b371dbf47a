import type { CardConnection } from "../apdu/reader.js";
import { TransportError } from "../apdu/transport.js";
import type { CardPort } from "./runtime/card-port.js";

/**
 * Connects to a card in process: powers it and carries APDUs. After a tear, or when something else took the card's
 * power, the connection stays torn; connect again.
 * @param onClose called once, when the owner closes the connection or the card is torn away
 * @throws TransportError when the card cannot be powered
 */
export function connectCard(
  card: CardPort,
  onClose: (reason: "closed" | "torn") => void = () => {},
): CardConnection {
  const atr = card.powerOn();
  const powerUp = card.powerUps;
  let ended: "closed" | "torn" | undefined;
  const end = (reason: "closed" | "torn") => {
    if (ended) return;
    ended = reason;
    onClose(reason);
  };
  return {
    atr,
    async transmit(command) {
      if (ended === "closed") throw new TransportError("closed", "the connection to the card was closed");
      if (ended === "torn" || !card.isPowered || card.powerUps !== powerUp) {
        end("torn");
        throw new TransportError("torn", "the card left the reader", {
          hint: "Lay the card on the reader again.",
        });
      }
      try {
        return card.exchange(command);
      } finally {
        if (!card.isPowered) end("torn");
      }
    },
    async close() {
      if (ended === undefined && card.powerUps === powerUp) card.powerOff();
      end("closed");
    },
  };
}
