import type { TearPoint } from "./errors.js";
import type { MemoryImage } from "./persistent-memory.js";

/**
 * A card as readers hold it: power, and APDUs that go in and out at once. The simulated card is one, and so is the Java
 * Card applet in its own process.
 */
export interface CardPort {
  /** Answer to reset. */
  readonly atr: Uint8Array;
  readonly isPowered: boolean;
  /** How often the card got power: two equal numbers mean the same stretch of power. */
  readonly powerUps: number;
  /** Gives the card power, or takes it away and gives it again. @returns the answer to reset */
  powerOn(): Uint8Array;
  /** Takes the power away. Only persistent memory is left. */
  powerOff(): void;
  /** One command APDU and its response APDU. @throws TransportError without power, and when it fails meanwhile */
  exchange(command: Uint8Array): Uint8Array;
}

/** A card whose power can be made to fail within a command. */
export interface TearableCard extends CardPort {
  /** Cuts the power in the next command. @param point undefined: no longer */
  tearAt(point: TearPoint | undefined): void;
}

/** A card whose memory can be read, and torn at each of its writes. */
export interface ProvableCard extends TearableCard {
  /** Persistent writes of the last command or power-up. */
  readonly writes: number;
  /** @param tearAtWrite cuts the power again at this write of the roll-back, from 1 @throws TornError */
  powerOn(tearAtWrite?: number): Uint8Array;
  /** What persistent memory holds, a copy. */
  image(): MemoryImage;
  /** The same as one byte string to compare. */
  dump(): Uint8Array;
}
