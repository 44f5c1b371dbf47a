import {
  aesCmac,
  cryptogram,
  DERIVE,
  encryptData,
  type StaticKeys,
  sessionKeys,
} from "../../apdu/secure-channel/primitives.js";
import { concatBytes, hexToBytes } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import { apdu, exchange } from "./apdus.js";
import { FACTORY_KEYS, FACTORY_VERSION } from "./material.js";

const HOST_CHALLENGE = hexToBytes("1011121314151617");
/** C-MAC and C-DECRYPTION. */
const LEVEL = 0x03;

export const initializeUpdate = (version: number): Uint8Array =>
  apdu(`8050${version.toString(16).padStart(2, "0")}00`, HOST_CHALLENGE, 0);

/**
 * A host's half of SCP03, S8, C-MAC and C-DECRYPTION, that hands out the bytes of a command without sending them:
 * a campaign tears, bends and repeats them.
 */
export class HostChannel {
  readonly #keys: ReturnType<typeof sessionKeys>;
  readonly #context: Uint8Array;
  #chain = new Uint8Array(16);
  #counter = 0;

  /** @param answer of INITIALIZE UPDATE: 10 bytes who the card is, 3 about the keys, challenge 8, cryptogram 8 */
  constructor(keys: StaticKeys, answer: Uint8Array) {
    this.#context = concatBytes(HOST_CHALLENGE, answer.subarray(13, 21));
    this.#keys = sessionKeys(keys, this.#context);
  }

  /** Commands that were wrapped. */
  get count(): number {
    return this.#counter;
  }

  /** EXTERNAL AUTHENTICATE. @param wrong sends a false cryptogram under a right MAC */
  authenticate(wrong = false): Uint8Array {
    const data = cryptogram(this.#keys, DERIVE.HOST_CRYPTOGRAM, this.#context, 8);
    return this.#maced(0x82, LEVEL, 0, wrong ? data.map((byte) => byte ^ 0xff) : data);
  }

  /** A protected command. */
  wrap(ins: number, p1: number, p2: number, data: Uint8Array): Uint8Array {
    this.#counter++;
    return this.#maced(
      ins,
      p1,
      p2,
      data.length ? encryptData(this.#keys.enc, this.#counter, "command", data) : data,
    );
  }

  #maced(ins: number, p1: number, p2: number, data: Uint8Array): Uint8Array {
    const header = Uint8Array.of(0x84, ins, p1, p2, data.length + 8);
    this.#chain = Uint8Array.from(aesCmac(this.#keys.mac, this.#chain, header, data));
    return concatBytes(header, data, this.#chain.subarray(0, 8));
  }
}

/** Opens a channel to the selected applet; undefined when the card refuses. */
export function openChannel(
  card: SimulatedCard,
  keys: StaticKeys = FACTORY_KEYS,
  version: number = FACTORY_VERSION,
): HostChannel | undefined {
  const answer = exchange(card, initializeUpdate(version));
  if (answer.sw !== "9000") return undefined;
  const channel = new HostChannel(keys, answer.data);
  return exchange(card, channel.authenticate()).sw === "9000" ? channel : undefined;
}
