import { sha256 } from "@noble/hashes/sha2.js";
import type { CardConnection, Reader } from "../../apdu/index.js";
import { bytesToHex, secp256k1, u32, utf8 } from "../../common/index.js";
import { provisionCard, type SimulatedCard, SimulatedReader } from "../../simulator/index.js";
import { FESTIVAL_LIMITS, PIN } from "../../testing/cards/test-card.js";
import { seededEntropy } from "../../testing/random.js";
import { Cells } from "../card/cells.js";

export const KEY_SET_ID = Uint8Array.of(0xf0, 0, 0, 1);
export const SEAL_KEY = sha256(utf8("seal key of the simulated festival")).slice(0, 16);
export const ISSUER_SECRET = sha256(utf8("issuer key of the simulated festival"));

/** What a card authorized under one counter. */
export interface Authorized {
  readonly amount: bigint;
  /** Hex. */
  readonly invoiceHash: string;
}

/** Length of an entry of the ring in the card's memory (specs/01 §8). */
const ENTRY = 53;

/** A card with everything that it ever authorized, read from its memory after each command. */
export class FieldCard {
  readonly card: SimulatedCard;
  readonly cardId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly authorized = new Map<bigint, Authorized>();
  readonly limits = FESTIVAL_LIMITS;
  /** Its policy has it pay routing fees. */
  readonly bearsFees: boolean;
  /** Somebody holds it at a reader. */
  isBusy = false;

  constructor(number: number, seed: number, issuerNodeId: Uint8Array) {
    this.bearsFees = number === 1;
    this.cardId = Uint8Array.of(0xca, 0xfe, 0, 0, ...u32(number));
    const made = provisionCard(
      {
        cardId: this.cardId,
        keySetId: KEY_SET_ID,
        sealKey: SEAL_KEY,
        nodeUri: `${bytesToHex(issuerNodeId)}@127.0.0.1:9735`,
        issuerPublicKey: secp256k1.publicKey(ISSUER_SECRET, false),
        limits: this.limits,
        pin: PIN,
      },
      { entropy: seededEntropy(seed) },
    );
    this.card = made.card;
    this.publicKey = made.publicKey;
  }

  /** Its own counter, running total and credit. */
  get state() {
    this.card.powerOn();
    const cells = new Cells(this.card.image());
    this.card.powerOff();
    return {
      counter: cells.number("counter"),
      authorized: cells.number("authorized"),
      credit: cells.number("credit"),
    };
  }

  /** Reads the ring; what is rolled back later is overwritten by what takes its counter. */
  note(): void {
    const ring = new Cells(this.card.image()).bytes("ring");
    const view = new DataView(ring.buffer, ring.byteOffset);
    for (let at = 0; at < ring.length; at += ENTRY) {
      const counter = BigInt(view.getUint32(at + 40));
      if (counter > 0n)
        this.authorized.set(counter, {
          amount: view.getBigUint64(at + 32),
          invoiceHash: bytesToHex(ring.slice(at, at + 32)),
        });
    }
  }
}

/** A reader that notes what the card on it authorizes. */
export class NotingReader implements Reader {
  readonly name = "reader";
  readonly #inner = new SimulatedReader();
  #card: FieldCard | undefined;

  get isFree(): boolean {
    return this.#card === undefined;
  }

  insert(card: FieldCard): void {
    this.#card = card;
    this.#inner.insert(card.card);
  }

  /** Takes the card away, also in the middle of a command. */
  remove(): void {
    this.#inner.remove();
    this.#card?.note();
    this.#card = undefined;
  }

  tearAway(write: number): void {
    this.#inner.tearAway(write > 0 ? { write } : "after-command");
  }

  async waitForCard(signal?: AbortSignal): Promise<CardConnection> {
    const connection = await this.#inner.waitForCard(signal);
    const card = this.#card;
    return {
      ...connection,
      transmit: async (command) => {
        try {
          return await connection.transmit(command);
        } finally {
          card?.note();
        }
      },
    };
  }

  waitForRemoval(signal?: AbortSignal): Promise<void> {
    return this.#inner.waitForRemoval(signal);
  }
}
