import { hexToBytes } from "../../common/index.js";
import { authenticate, type Channel, type Greeted, greet, protectCommand } from "../../reference/scp03.js";
import { apdu } from "./apdus.js";
import { type KeyBytes, keysInHex } from "./material.js";

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
  readonly #greeted: Greeted;
  #channel: Channel;

  /** @param answer of INITIALIZE UPDATE @throws Refused when the card's cryptogram is wrong */
  constructor(keys: KeyBytes, answer: Uint8Array) {
    this.#greeted = greet(keysInHex(keys), HOST_CHALLENGE, answer);
    this.#channel = this.#greeted.channel;
  }

  /** EXTERNAL AUTHENTICATE. @param wrong sends a false cryptogram under a right MAC */
  authenticate(wrong = false): Uint8Array {
    const { channel, cryptogram } = this.#greeted;
    const sent = wrong ? cryptogram.map((byte) => byte ^ 0xff) : cryptogram;
    const made = authenticate({ channel, cryptogram: Buffer.from(sent) }, LEVEL);
    this.#channel = made.channel;
    return made.bytes;
  }

  /** A protected command. */
  wrap(ins: number, p1: number, p2: number, data: Uint8Array): Uint8Array {
    const { bytes, channel } = protectCommand(this.#channel, Uint8Array.of(0x84, ins, p1, p2), data);
    this.#channel = channel;
    return bytes;
  }
}
