import type { Reader } from "../../apdu/index.js";
import { TransportError } from "../../apdu/index.js";
import { openReaders, type PcscReaders } from "../../host/pcsc/index.js";
import {
  connectVpcd,
  type SimulatedCard,
  SimulatedReader,
  type TearPoint,
  type VpcdLink,
} from "../../simulator/index.js";

/** A counter with one reader on it, and a hand that lays a simulated card there and takes it away. */
export interface Counter {
  readonly reader: Reader;
  /** Where the card lies, as a sentence. */
  readonly place: string;
  lay(card: SimulatedCard): Promise<void>;
  take(): Promise<void>;
  /** The card lying there is torn away in its next command. */
  tearAway(point: TearPoint): void;
  close(): Promise<void>;
}

const VIRTUAL_READER = "Virtual PCD 00 00";
/** A counter in this process: no PC/SC involved. */
export function inProcessCounter(): Counter {
  const reader = new SimulatedReader("Reader in this process");
  return {
    reader,
    place: "a simulated card on a reader in this process (no PC/SC)",
    lay: async (card) => reader.insert(card),
    take: async () => void reader.remove(),
    tearAway: (point) => reader.tearAway(point),
    close: async () => void reader.remove(),
  };
}

/**
 * A counter with the virtual PC/SC reader: the simulated card goes out through vpcd and pcscd and in through
 * nfc-pcsc, as a real card would.
 * @throws TransportError when pcscd or the virtual reader is not there, or somebody else's card lies on it
 */
export async function pcscCounter(signal: AbortSignal): Promise<Counter> {
  const readers = await openReaders({ signal });
  try {
    return pcscCounterOn(readers, signal);
  } catch (error) {
    await readers.close();
    throw error;
  }
}

function pcscCounterOn(readers: PcscReaders, signal: AbortSignal): Counter {
  const reader = readers.find(VIRTUAL_READER);
  if (reader.state.card !== "none")
    throw new TransportError("sharing-violation", `another card lies on ${VIRTUAL_READER}`, {
      hint: "Stop the program that laid it there.",
    });
  let lying: { card: SimulatedCard; link: VpcdLink } | undefined;
  return {
    reader,
    place: `a simulated card behind real pcscd, on the reader "${reader.name}"`,
    async lay(card) {
      lying = { card, link: await connectVpcd(card, { signal }) };
    },
    async take() {
      // The reader must see it go: a card that takes its place before that is the same card to pcscd.
      await lying?.link.close();
      lying = undefined;
      await reader.waitForRemoval(signal);
    },
    tearAway: (point) => lying?.card.tearAt(point),
    async close() {
      await lying?.link.close();
      await readers.close();
    },
  };
}
