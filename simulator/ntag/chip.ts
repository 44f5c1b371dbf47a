import { CLA, INS } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import {
  CC_FILE_ID,
  MAX_SUN_COUNTER,
  NDEF_APPLICATION_AID,
  NDEF_FILE_ID,
} from "../../bolt-card/constants.js";
import type { Applet, AppletContext, AppletPackage } from "../runtime/applet.js";
import type { Command } from "../runtime/command.js";
import { IsoError } from "../runtime/errors.js";
import type { PersistentCell } from "../runtime/persistent-memory.js";
import { type MirrorSettings, mirrored } from "./mirror.js";

/** Names the chip's part of the memory, and so the kind of a card file. */
export const NTAG_MEMORY = "ntag-424-dna";

/** What the chip keeps. */
export interface ChipMemory {
  readonly uid: PersistentCell;
  /** K1 and K2 of a Bolt Card. */
  readonly piccKey: PersistentCell;
  readonly macKey: PersistentCell;
  /** Three bytes, the highest first. */
  readonly counter: PersistentCell;
  readonly capabilities: PersistentCell;
  readonly ndef: PersistentCell;
  /** Five offsets of two bytes: PICC data, UID, counter, first byte of the CMAC's input, CMAC. */
  readonly offsets: PersistentCell;
}

const READ_BINARY = 0xb0;
/** Class of the chip's own commands. */
const NATIVE = 0x90;
const ILLEGAL_COMMAND = 0x911c;
const LENGTH_OF_P1P2 = 0x6a87;
/** An offset that is not set. */
export const NOT_MIRRORED = 0xffff;
const NO_DATA = new Uint8Array(0);

/** Places of the volatile bytes. */
const FILE = 0;
const IS_READING = 1;
const SELECTIONS = 2;
const PADDING = 3;
const PADDING_LENGTH = 5;

/** Short identifiers of the files: the last five bits of the long ones. */
const CC_FILE = CC_FILE_ID & 0x1f;
const NDEF_FILE = NDEF_FILE_ID & 0x1f;

/**
 * The application of an NTAG 424 DNA as it is after programming, for everybody who holds no key: Type 4 tag with Secure
 * Unique NFC messages (NXP NT4H2421Gx §8.2.3, §9.3, §10.9). The chip's own commands are not there.
 * @param write fills the memory of a new chip
 */
export function ntagApplication(write: (memory: ChipMemory) => void = () => {}): AppletPackage {
  return {
    aid: NDEF_APPLICATION_AID,
    name: NTAG_MEMORY,
    wholeAidOnly: true,
    install(context) {
      const memory: ChipMemory = {
        uid: context.persistent("uid", new Uint8Array(7)),
        piccKey: context.persistent("picc-key", new Uint8Array(16)),
        macKey: context.persistent("mac-key", new Uint8Array(16)),
        counter: context.persistent("counter", new Uint8Array(3)),
        capabilities: context.persistent("capabilities", new Uint8Array(32)),
        ndef: context.persistent("ndef", new Uint8Array(256)),
        offsets: context.persistent("offsets", new Uint8Array(10)),
      };
      write(memory);
      return new NtagApplication(context, memory);
    },
  };
}

class NtagApplication implements Applet {
  readonly #context: AppletContext;
  readonly #memory: ChipMemory;
  /** Selected file; whether the counter has risen for this row of reads; how often it was selected; random padding. */
  readonly #session: Uint8Array;

  constructor(context: AppletContext, memory: ChipMemory) {
    this.#context = context;
    this.#memory = memory;
    this.#session = context.transient(PADDING + PADDING_LENGTH, "reset");
  }

  /** The chip never returns file control information. */
  select(): Uint8Array {
    const selections = this.#session[SELECTIONS] ?? 0;
    this.#session.fill(0);
    // The first one is the chip's own at power-up, at the level above the application.
    this.#session[SELECTIONS] = Math.min(2, selections + 1);
    return NO_DATA;
  }

  deselect(): void {}

  process(command: Command): Uint8Array {
    if (command.cla === NATIVE) throw new IsoError(ILLEGAL_COMMAND);
    if (command.cla !== CLA.ISO) throw new IsoError(SW.CLA_NOT_SUPPORTED);
    if (command.ins === READ_BINARY) return this.#read(command);
    this.#session[IS_READING] = 0;
    if (command.ins === INS.SELECT) return this.#selectFile(command);
    throw new IsoError(SW.INS_NOT_SUPPORTED);
  }

  #selectFile({ p1p2, data }: Command): Uint8Array {
    const isById = [0x0000, 0x000c, 0x0200, 0x020c].includes(p1p2);
    if (!isById) throw new IsoError(SW.WRONG_P1P2);
    if (data.length !== 2) throw new IsoError(LENGTH_OF_P1P2);
    const id = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    const isHere = this.#isSelected && (id === CC_FILE_ID || id === NDEF_FILE_ID);
    if (!isHere) throw new IsoError(SW.NOT_FOUND);
    this.#session[FILE] = id & 0x1f;
    return NO_DATA;
  }

  get #isSelected(): boolean {
    return this.#session[SELECTIONS] === 2;
  }

  #read({ p1p2, data, le }: Command): Uint8Array {
    if (data.length > 0 || le === undefined) throw new IsoError(SW.WRONG_LENGTH);
    const offset = this.#target(p1p2);
    const file = this.#session[FILE];
    if (file !== CC_FILE && file !== NDEF_FILE) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    const { ndef, capabilities } = this.#memory;
    const cell = file === NDEF_FILE ? ndef : capabilities;
    if (offset >= cell.length) throw new IsoError(SW.WRONG_P1P2);
    const content = file === NDEF_FILE ? this.#mirrored() : cell.bytes;
    return content.slice(offset, offset + le);
  }

  /** Selects the file that a short identifier names. @returns the offset */
  #target(p1p2: number): number {
    if (p1p2 < 0x8000) return p1p2;
    const file = (p1p2 >> 8) & 0x1f;
    if ((p1p2 & 0x6000) !== 0) throw new IsoError(SW.WRONG_P1P2);
    if (file !== 0) {
      if (!this.#isSelected || (file !== CC_FILE && file !== NDEF_FILE)) throw new IsoError(SW.NOT_FOUND);
      if (file !== this.#session[FILE]) this.#session[IS_READING] = 0;
      this.#session[FILE] = file;
    }
    return p1p2 & 0xff;
  }

  /** The NDEF file as it is read now. The first read of a row raises the counter, for good, before anything is sent. */
  #mirrored(): Uint8Array {
    const { counter, ndef, uid, piccKey, macKey } = this.#memory;
    const [high = 0, middle = 0, low = 0] = counter.bytes;
    let value = (high << 16) | (middle << 8) | low;
    if (this.#session[IS_READING] !== 1) {
      if (value === MAX_SUN_COUNTER) throw new IsoError(SW.SECURITY_NOT_SATISFIED);
      value += 1;
      counter.write(Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff));
      this.#session.set(this.#context.random(PADDING_LENGTH), PADDING);
      this.#session[IS_READING] = 1;
    }
    return mirrored(ndef.bytes, this.#settings(), {
      uid: uid.bytes,
      counter: value,
      padding: this.#session.subarray(PADDING),
      piccKey: piccKey.bytes,
      macKey: macKey.bytes,
    });
  }

  #settings(): MirrorSettings {
    const { bytes } = this.#memory.offsets;
    const [picc, uid, counter, macInput = 0, mac = 0] = Array.from({ length: 5 }, (_, at) => {
      const offset = ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0);
      return offset === NOT_MIRRORED ? undefined : offset;
    });
    return {
      piccOffset: picc,
      uidOffset: uid,
      counterOffset: counter,
      macInputOffset: macInput,
      macOffset: mac,
    };
  }
}
