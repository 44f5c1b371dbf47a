import type { Reader, Transport } from "../../apdu/index.js";
import { ChequecardError, type Msat } from "../../common/index.js";

/** What the suite asks a provisioning hook to write on a card (specs/04). Keys and ids are fresh for each card. */
export interface CardSettings {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** 16 bytes. */
  readonly sealKey: Uint8Array;
  /** 65 bytes. */
  readonly issuerPublicKey: Uint8Array;
  readonly nodeUri: string;
  readonly limits: {
    readonly credit: Msat;
    readonly maxPerTransaction: bigint;
    readonly pinThreshold: bigint;
    readonly noPinBudget: bigint;
    readonly maxTransactions: number;
  };
  /** CAPABILITY bits 1..3. */
  readonly publish: number;
  /** 4 to 12 digits; absent: no PIN. */
  readonly pin?: string;
  /** 128 bytes that the card stores as its certificate and does not judge; absent: none. */
  readonly certificate?: Uint8Array;
}

/** A card in the state that was asked for, with power, nothing selected. */
export interface CardUnderTest {
  /** Reaches the card, also after {@link reset}. */
  readonly transport: Transport;
  /** The card's public key, 65 bytes; undefined on a blank card. */
  readonly publicKey: Uint8Array | undefined;
  /** Cuts the card's power and restores it; nothing is selected then. */
  reset(): Promise<void>;
  /** The suite is done with this card. */
  release(): Promise<void>;
}

/** A kind of card that the suite can be run against. */
export interface ConformanceTarget {
  readonly name: string;
  /** False where the way to the card takes well-formed APDUs only, as most readers do. */
  readonly passesMalformed: boolean;
  /**
   * A card in the wanted state: a new one, or one that was reset to blank and personalized again.
   * @throws CannotProvision when this target cannot make such a card: its cases are skipped
   */
  provision(wanted: CardSettings | "blank"): Promise<CardUnderTest>;
  /** A card as it is, whatever its keys and state; absent: a provisioned one stands in. */
  asItIs?(): Promise<CardUnderTest>;
}

/** Thrown by a target that cannot make the wanted card; the message says why. */
export class CannotProvision extends ChequecardError {
  override readonly code = "cannot-provision";
}

/** The card that lies on a reader, as it is: only the cases that need no keys apply, and they spend nothing. */
export function cardAsItIs(reader: Reader): ConformanceTarget {
  return {
    name: reader.name,
    passesMalformed: false,
    provision: () =>
      Promise.reject(new CannotProvision("needs a card with known keys: give a provisioning program")),
    asItIs: () => cardOnReader(reader, undefined),
  };
}

/**
 * A card under test on a reader. Reset is closing the connection, which resets the card, and connecting again.
 * @param release what to do when the suite is done with the card; default nothing
 * @throws TransportError when the card cannot be had
 */
export async function cardOnReader(
  reader: Reader,
  publicKey: Uint8Array | undefined,
  release: () => Promise<void> = async () => {},
): Promise<CardUnderTest> {
  let connection = await reader.waitForCard();
  return {
    publicKey,
    transport: { transmit: (command) => connection.transmit(command) },
    async reset() {
      await connection.close();
      connection = await reader.waitForCard();
    },
    async release() {
      await connection.close();
      await release();
    },
  };
}
