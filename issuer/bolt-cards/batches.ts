import {
  type BoltCardKeys,
  cardKeyInput,
  keysOfCard,
  macKeyOf,
  PICC_KEY_INPUT,
} from "../../bolt-card/keys.js";
import { bytesToHex, equalBytes, utf8 } from "../../common/bytes.js";
import { KeyError, type KeySource } from "../../keys/key-source.js";
import { pinCheck } from "./pin.js";

/** Where batch keys are. */
export type BatchKeySource = Pick<KeySource, "batchKeys" | "batchMac">;

/** What is derived from a batch key once, 16 bytes each. Terminals and chips know none but K1. */
export interface Batch {
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** K1 of its cards. */
  readonly piccKey: Uint8Array;
  /** Encrypts and authenticates `k1` of withdrawals. */
  readonly ticketKeys: { readonly cipher: Uint8Array; readonly mac: Uint8Array };
  /** The same for links with which chips are wiped. */
  readonly wipeKeys: { readonly cipher: Uint8Array; readonly mac: Uint8Array };
  /** MAC of PINs. */
  readonly pinKey: Uint8Array;
}

/** Purposes beside those of Bolt Card's derivation, which begin with 2d 00 3f. */
const TICKET_CIPHER = utf8("chequecard/k1-cipher");
const TICKET_MAC = utf8("chequecard/k1-mac");
const WIPE_CIPHER = utf8("chequecard/wipe-cipher");
const WIPE_MAC = utf8("chequecard/wipe-mac");
const PIN = utf8("chequecard/bolt-pin");

/** Batch keys at once: each costs one decryption for every request (specs/10 §7.1). */
const MAX_BATCHES = 2;

/** The batch keys in use: the current one first, and at most one older. */
export class Batches {
  readonly list: readonly Batch[];
  readonly #keys: BatchKeySource;

  private constructor(keys: BatchKeySource, list: readonly Batch[]) {
    this.#keys = keys;
    this.list = list;
  }

  /**
   * @param ids in use, hex, the current one first; absent: the newest two
   * @throws KeyError `unknown-batch-key`, also where there is none; `hsm`
   */
  static async open(keys: BatchKeySource, ids?: readonly string[]): Promise<Batches> {
    const there = keys.batchKeys().map(({ id }) => bytesToHex(id));
    const chosen = ids ?? there.slice(-MAX_BATCHES).reverse();
    const missing = chosen.find((id) => !there.includes(id));
    if (missing !== undefined || chosen.length === 0)
      throw new KeyError(
        "unknown-batch-key",
        missing === undefined ? "there is no batch key for Bolt Cards" : `there is no batch key ${missing}`,
        { hint: "Make one: chequecard keys add-batch <file> --label <text>" },
      );
    const list: Batch[] = [];
    for (const id of chosen.map((hex) => Uint8Array.from(Buffer.from(hex, "hex")))) {
      const derive = (input: Uint8Array) => keys.batchMac(id, input);
      list.push({
        id,
        piccKey: await derive(PICC_KEY_INPUT),
        ticketKeys: { cipher: await derive(TICKET_CIPHER), mac: await derive(TICKET_MAC) },
        wipeKeys: { cipher: await derive(WIPE_CIPHER), mac: await derive(WIPE_MAC) },
        pinKey: await derive(PIN),
      });
    }
    return new Batches(keys, list);
  }

  /** That of new cards. */
  get current(): Batch {
    return this.list[0] as Batch;
  }

  /** One of those in use. @param id 4 bytes */
  find(id: Uint8Array): Batch | undefined {
    return this.list.find((batch) => equalBytes(batch.id, id));
  }

  /** K2 of a card. @param uid 7 bytes @throws KeyError */
  async macKey({ id }: Batch, uid: Uint8Array, version: number): Promise<Uint8Array> {
    return macKeyOf(await this.#keys.batchMac(id, cardKeyInput(uid, version)));
  }
}

/**
 * All keys of a card, for programming and wiping its chip, also of a batch that is in use no more.
 * @param id of the batch key, 4 bytes; @param uid 7 bytes @throws KeyError
 */
export async function keysOf(
  keys: BatchKeySource,
  id: Uint8Array,
  uid: Uint8Array,
  version: number,
): Promise<BoltCardKeys> {
  return keysOfCard(
    await keys.batchMac(id, cardKeyInput(uid, version)),
    await keys.batchMac(id, PICC_KEY_INPUT),
  );
}

/**
 * What the PIN of a card is kept as.
 * @param id of the card's batch key, 4 bytes; @param salt 8 random bytes @returns 24 bytes @throws KeyError
 */
export const pinCheckOf = async (
  keys: BatchKeySource,
  id: Uint8Array,
  salt: Uint8Array,
  pin: string,
): Promise<Uint8Array> => pinCheck(await keys.batchMac(id, PIN), salt, pin);
