import type { Command } from "./command.js";
import type { PersistentCell } from "./persistent-memory.js";

/** When a transient array is cleared: with the power, or also when its applet is no longer selected. */
export type ClearOn = "reset" | "deselect";

/** What the runtime gives an applet at its installation. */
export interface AppletContext {
  /** Reserves a persistent array, named within the applet. */
  persistent(name: string, initial: Uint8Array): PersistentCell;
  /** Reserves a transient array of zeros. */
  transient(length: number, clearOn: ClearOn): Uint8Array;
  /** Runs `change` as one transaction: all of its writes or none. An error rolls back and goes on. */
  atomically(change: () => void): void;
  /** The card's random number generator. */
  random(length: number): Uint8Array;
}

/** A program on the card. It ends a command early by throwing IsoError. */
export interface Applet {
  /** The applet was selected. @returns the data of the answer */
  select(): Uint8Array;
  /** Another applet is selected next, or this one again. Not called when power fails. */
  deselect(): void;
  /** Runs a command. @returns response data of at most 256 bytes, answered with 9000 */
  process(command: Command): Uint8Array;
}

/** An applet before its installation. */
export interface AppletPackage {
  /** 5..16 bytes. */
  readonly aid: Uint8Array;
  /** Names the applet's part of the persistent memory; never changes. */
  readonly name: string;
  /** Whether only the whole AID selects it, as on a chip without GlobalPlatform. Default false: a prefix does, too. */
  readonly wholeAidOnly?: boolean;
  /** Makes the applet, once for a card; all memory is reserved here. */
  install(context: AppletContext): Applet;
}

/** An applet on a card. */
export interface InstalledApplet extends Pick<AppletPackage, "aid" | "name" | "wholeAidOnly"> {
  readonly applet: Applet;
}
