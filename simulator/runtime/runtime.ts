import { CLA, INS } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import type { AppletContext, AppletPackage, ClearOn, InstalledApplet } from "./applet.js";
import type { Command } from "./command.js";
import { IsoError, PowerCut } from "./errors.js";
import type { PersistentMemory } from "./persistent-memory.js";
import { type AppletRegistry, appletRegistry } from "./registry.js";

/** What an applet or the runtime answers: data (0..256 bytes) and status word. */
export interface Answer {
  readonly data: Uint8Array;
  readonly sw: number;
}

/** P1 P2 of SELECT by name: first or only occurrence, the next one, the first one without an answer. */
const SELECT_FIRST = 0x0400;
const SELECT_NEXT = 0x0402;
const SELECT_SILENTLY = 0x040c;

const NO_DATA = new Uint8Array(0);

interface TransientArray {
  readonly applet: string;
  readonly bytes: Uint8Array;
  readonly clearOn: ClearOn;
}

/** The runtime of a card with one logical channel: selects applets, hands them commands, keeps what they break whole. */
export class CardRuntime {
  readonly #memory: PersistentMemory;
  readonly #registry: AppletRegistry;
  readonly #transient: TransientArray[] = [];
  #selected: InstalledApplet | undefined;

  /**
   * @param random gives the card's random numbers
   * @param applets in the order of installation
   * @param byDefault the applet that is selected at power-up; without one no applet is selected then
   */
  constructor(
    memory: PersistentMemory,
    random: (length: number) => Uint8Array,
    applets: readonly AppletPackage[],
    byDefault?: AppletPackage,
  ) {
    this.#memory = memory;
    const install = (applet: AppletPackage): InstalledApplet => ({
      name: applet.name,
      aid: applet.aid,
      wholeAidOnly: applet.wholeAidOnly ?? false,
      applet: applet.install(this.#context(applet.name, random)),
    });
    const first = byDefault && install(byDefault);
    this.#registry = appletRegistry(applets.map(install), first);
  }

  /** After a reset: all transient memory is zero, the default applet is selected. */
  powerUp(): void {
    for (const { bytes } of this.#transient) bytes.fill(0);
    this.#selected = undefined;
    this.#answer(() => {
      if (this.#registry.byDefault) this.#select(this.#registry.byDefault);
      return NO_DATA;
    });
  }

  /**
   * Runs one command. Whatever it is, and whatever an applet throws, there is an answer; a transaction that an applet
   * left open is rolled back.
   * @throws PowerCut and nothing else
   */
  process(command: Command): Answer {
    return this.#answer(() => this.#dispatch(command));
  }

  #answer(run: () => Uint8Array): Answer {
    try {
      const data = run();
      if (!this.#memory.inTransaction && data.length <= 256) return { data, sw: SW.OK };
      this.#memory.abort();
      return { data: NO_DATA, sw: SW.UNKNOWN };
    } catch (error) {
      if (error instanceof PowerCut) throw error;
      this.#memory.abort();
      return { data: NO_DATA, sw: error instanceof IsoError ? error.sw : SW.UNKNOWN };
    }
  }

  #dispatch(command: Command): Uint8Array {
    if (command.cla === CLA.ISO && command.ins === INS.SELECT) {
      if (command.p1p2 === SELECT_NEXT) throw new IsoError(SW.NOT_FOUND);
      if (command.p1p2 === SELECT_FIRST || command.p1p2 === SELECT_SILENTLY) {
        const applet = command.data.length <= 16 ? this.#registry.find(command.data) : undefined;
        if (!applet) throw new IsoError(SW.NOT_FOUND);
        const answer = this.#select(applet);
        return command.p1p2 === SELECT_FIRST ? answer : NO_DATA;
      }
    }
    if (this.#selected) return this.#selected.applet.process(command);
    const known = command.cla === CLA.ISO || command.cla === CLA.PROPRIETARY || command.cla === CLA.SECURE;
    throw new IsoError(known ? SW.INS_NOT_SUPPORTED : SW.CLA_NOT_SUPPORTED);
  }

  #select(next: InstalledApplet): Uint8Array {
    const previous = this.#selected;
    this.#selected = undefined;
    if (previous) this.#deselect(previous);
    const answer = next.applet.select();
    this.#selected = next;
    return answer;
  }

  #deselect({ applet, name }: InstalledApplet): void {
    this.#answer(() => {
      applet.deselect();
      return NO_DATA;
    });
    for (const array of this.#transient)
      if (array.applet === name && array.clearOn === "deselect") array.bytes.fill(0);
  }

  #context(applet: string, random: (length: number) => Uint8Array): AppletContext {
    const memory = this.#memory;
    return {
      persistent: (name, initial) => memory.allocate(`${applet}/${name}`, initial),
      transient: (length, clearOn) => {
        const bytes = new Uint8Array(length);
        this.#transient.push({ applet, bytes, clearOn });
        return bytes;
      },
      atomically(change) {
        memory.begin();
        try {
          change();
          memory.commit();
        } catch (error) {
          if (!(error instanceof PowerCut)) memory.abort();
          throw error;
        }
      },
      random,
    };
  }
}
