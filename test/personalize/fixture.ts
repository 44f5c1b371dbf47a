import { join } from "node:path";
import type { Reader } from "../../apdu/index.js";
import { undiversified } from "../../keys/index.js";
import {
  type BatchContext,
  type CardOrder,
  Journal,
  keySetOf,
  numberedCards,
  profileFingerprint,
} from "../../personalize/index.js";
import {
  type BlankCardOptions,
  blankCard,
  type SimulatedCard,
  SimulatedReader,
  type TearPoint,
  TornError,
} from "../../simulator/index.js";
import type { CardHardware } from "../../simulator/runtime/card.js";
import { newFolder } from "../../testing/hooks.js";
import { FACTORY, FACTORY_VERSION, keys, MemoryRegistry, profileOf, WITHOUT_PIN } from "./deterministic.js";

export * from "./deterministic.js";

/** A path in an empty folder. */
export const freshPath = (name = "batch"): string => join(newFolder(), name);

let serials = 0;
/** A card fresh from the factory, each with its own serial number. */
export function factoryCard(options: BlankCardOptions = {}, hardware: CardHardware = {}): SimulatedCard {
  const serial = new Uint8Array(6);
  new DataView(serial.buffer).setUint32(2, ++serials);
  return blankCard({ serial, keys: () => undiversified(FACTORY_VERSION, FACTORY), ...options }, hardware);
}

export function newJournal(
  profile: ReturnType<typeof profileOf>,
  cards: readonly CardOrder[] = numberedCards(1),
  path = freshPath(),
): Journal {
  const keySet = keySetOf(profile, keys);
  const batch = {
    batchId: new Uint8Array(8).fill(7),
    profile: profile.name,
    fingerprint: profileFingerprint(profile, keySet),
    cards,
  };
  return Journal.create(path, batch, { durable: false });
}

export interface TestBatch extends BatchContext {
  readonly registry: MemoryRegistry;
}

export function newBatch(
  changes: Record<string, unknown> = WITHOUT_PIN,
  count = 1,
  path?: string,
): TestBatch {
  const profile = profileOf(changes);
  return {
    profile,
    keys,
    registry: new MemoryRegistry(),
    journal: newJournal(profile, numberedCards(count), path),
  };
}

/** A reader with a card on it. */
export function readerWith(card: SimulatedCard, name = "Test reader"): SimulatedReader {
  const reader = new SimulatedReader(name);
  reader.insert(card);
  return reader;
}

/** Tears the card at a point of its n-th command. */
export function tearing(card: SimulatedCard, nth: number, point: TearPoint): Reader {
  const reader = readerWith(card);
  let count = 0;
  return {
    name: reader.name,
    waitForRemoval: (signal) => reader.waitForRemoval(signal),
    async waitForCard(signal) {
      const connection = await reader.waitForCard(signal);
      return {
        atr: connection.atr,
        close: () => connection.close(),
        transmit(command) {
          if (++count === nth) card.tearAt(point);
          return connection.transmit(command);
        },
      };
    },
  };
}

/** Whether a run ended because the card was torn. */
export async function torn(run: Promise<unknown>): Promise<boolean> {
  try {
    await run;
    return false;
  } catch (error) {
    if (error instanceof TornError) return true;
    throw error;
  }
}
