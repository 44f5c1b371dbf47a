import type { CardUnderTest, ConformanceTarget } from "../../host/conformance/index.js";
import {
  type CardHardware,
  type CardPersonalization,
  connectCard,
  makeCard,
  provisionCard,
  type SimulatedCard,
} from "../../simulator/index.js";

/** A card in process whose every command goes through `connectCard`. */
async function inProcess(card: SimulatedCard, publicKey: Uint8Array | undefined): Promise<CardUnderTest> {
  let connection = connectCard(card);
  return {
    publicKey,
    transport: { transmit: (command) => connection.transmit(command) },
    async reset() {
      await connection.close();
      connection = connectCard(card);
    },
    release: () => connection.close(),
  };
}

/** Simulated cards in this process. @param change makes a card that is wrong on purpose */
export function simulatedTarget(
  name: string,
  hardware: Pick<CardHardware, "protocol" | "entropy"> = {},
  change: (wanted: CardPersonalization) => CardPersonalization = (wanted) => wanted,
): ConformanceTarget {
  return {
    name,
    passesMalformed: true,
    async provision(wanted) {
      if (wanted === "blank") return inProcess(makeCard(hardware), undefined);
      const { card, publicKey } = provisionCard(change(wanted), hardware);
      return inProcess(card, publicKey);
    },
  };
}
