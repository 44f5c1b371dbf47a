import { type CardProtocol, SimulatedCard } from "../../simulator/index.js";

/**
 * A body that stays on the virtual reader while the card in it is replaced: pcscd looks for cards coming and
 * going only a few times a second, which would take most of the time of many short conversations.
 */
export class ChangeableCard extends SimulatedCard {
  #inside: SimulatedCard | undefined;

  constructor(protocol: CardProtocol) {
    super({ protocol }, []);
  }

  /** Puts another card in; it has no power until the reader gives it some. */
  replace(card: SimulatedCard): void {
    this.#inside?.powerOff();
    this.#inside = card;
  }

  override get isPowered(): boolean {
    return this.#inside?.isPowered ?? false;
  }

  override powerOn(): Uint8Array {
    return this.#inside?.powerOn() ?? this.atr.slice();
  }

  override powerOff(): void {
    this.#inside?.powerOff();
  }

  override exchange(command: Uint8Array): Uint8Array {
    if (!this.#inside) throw new Error("no card was put in");
    return this.#inside.exchange(command);
  }
}
