import { hexToBytes } from "../../common/index.js";
import type { AppletContext } from "../runtime/applet.js";
import type { MemoryImage, PersistentCell } from "../runtime/persistent-memory.js";

/** Application identifier of NDEF tags (NFC Forum, Type 4 Tag): where readers of Bolt Cards look. */
export const NDEF_AID = hexToBytes("d2760000850101");
/** Package of the Bolt Card applet: another one than the card application's (specs/10 §8.1). */
export const BOLT_PACKAGE_AID = hexToBytes("f0434845515542");
/** Names the application's part of the persistent memory. */
export const BOLT_CARD_NAME = "bolt-card";

export const KEY_LENGTH = 16;
export const UID_LENGTH = 7;
export const COUNTER_LENGTH = 3;
/** All of the address that stands before the value of p. */
export const MAX_BASE_LENGTH = 198;

/** Lifecycle byte; 00: its RESET was torn, and no command sees it. */
export const STAGE = { RESETTING: 0x00, BLANK: 0x01, PERSONALIZED: 0x0f } as const;

/** All that the second face keeps (specs/10 §8.1). */
export interface FaceState {
  readonly lifecycle: PersistentCell;
  readonly uid: PersistentCell;
  /** Length u8, then ASCII. */
  readonly address: PersistentCell;
  readonly piccKey: PersistentCell;
  readonly macKey: PersistentCell;
  /** Big-endian; never set back. */
  readonly counter: PersistentCell;
  readonly random: (length: number) => Uint8Array;
}

/** Reserves the state of a blank face. Names and lengths are those of the card file. */
export function allocateFace(context: AppletContext): FaceState {
  const cell = (name: string, length: number) => context.persistent(name, new Uint8Array(length));
  return {
    lifecycle: context.persistent("lifecycle", Uint8Array.of(STAGE.BLANK)),
    uid: cell("uid", UID_LENGTH),
    address: cell("address", 1 + MAX_BASE_LENGTH),
    piccKey: cell("picc-key", KEY_LENGTH),
    macKey: cell("mac-key", KEY_LENGTH),
    counter: cell("counter", COUNTER_LENGTH),
    random: (length) => context.random(length),
  };
}

/** True for the memory of a card with the Bolt Card application. */
export const hasBoltCard = ({ cells }: Pick<MemoryImage, "cells">): boolean =>
  Object.keys(cells).some((name) => name.startsWith(`${BOLT_CARD_NAME}/`));

export const isPersonalized = ({ lifecycle }: FaceState): boolean => lifecycle.u8() === STAGE.PERSONALIZED;
