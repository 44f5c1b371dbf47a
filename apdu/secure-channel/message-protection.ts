import { concatBytes, equalBytes } from "../../common/index.js";
import type { CommandApdu, ResponseApdu } from "../command-apdu.js";
import { SW } from "../status-words.js";
import { SecureChannelError } from "./errors.js";
import { AES_BLOCK, aesCmac, decryptData, encryptData, LEVEL, type SessionKeys } from "./primitives.js";

/** Bit of CLA that says "GlobalPlatform secure messaging". */
const SECURE_BIT = 0x04;
/** Logical channel and chaining bits, which are not part of the MAC's CLA. */
const CHANNEL_BITS = 0x03;

/** True for 9000, 62xx and 63xx: the only responses that carry a MAC (Amendment D §6.2.5). */
const isProtectedStatus = (sw: number): boolean =>
  sw === SW.OK || (sw & 0xff00) === 0x6200 || (sw & 0xff00) === 0x6300;

/** Most bytes of data that a protected short command can carry. */
export function maxCommandData(level: number, macLength: number): number {
  const room = 255 - macLength;
  return level & LEVEL.C_DECRYPTION ? Math.floor(room / AES_BLOCK) * AES_BLOCK - 1 : room;
}

/**
 * The host's half of SCP03 secure messaging: MAC chain and encryption counter of one session. It knows nothing of
 * static keys, and of transport only what the bytes must be.
 */
export class MessageProtection {
  readonly #keys: SessionKeys;
  readonly #macLength: number;
  #level: number;
  #chain = new Uint8Array(AES_BLOCK);
  #counter = 0;

  /** @param macLength 8 in S8, 16 in S16. Starts with C-MAC alone, as EXTERNAL AUTHENTICATE needs it. */
  constructor(keys: SessionKeys, macLength: number) {
    this.#keys = keys;
    this.#macLength = macLength;
    this.#level = LEVEL.C_MAC;
  }

  /** From the first command after EXTERNAL AUTHENTICATE on. */
  setLevel(level: number): void {
    this.#level = level;
  }

  /** Encrypts and MACs a command (Amendment D §6.2.4, §6.2.6). @throws SecureChannelError `too-long` */
  wrap(plain: CommandApdu, counted: boolean): CommandApdu {
    const most = maxCommandData(this.#level, this.#macLength);
    if (plain.data.length > most)
      throw new SecureChannelError(
        "too-long",
        `a command on this channel carries at most ${most} bytes, have ${plain.data.length}`,
      );
    if (counted) this.#counter++;
    const cla = (plain.cla & ~CHANNEL_BITS) | SECURE_BIT;
    if ((this.#level & LEVEL.C_MAC) === 0) return plain;
    const data =
      (this.#level & LEVEL.C_DECRYPTION) !== 0 && plain.data.length > 0
        ? encryptData(this.#keys.enc, this.#counter, "command", plain.data)
        : plain.data;
    const header = Uint8Array.of(cla, plain.ins, plain.p1, plain.p2, data.length + this.#macLength);
    this.#chain = Uint8Array.from(aesCmac(this.#keys.mac, this.#chain, header, data));
    return {
      ...plain,
      cla: plain.cla | SECURE_BIT,
      data: concatBytes(data, this.#chain.subarray(0, this.#macLength)),
      // A response with a MAC is never empty, so the card must be allowed to send one.
      le: this.#level & LEVEL.R_MAC ? 256 : plain.le,
    };
  }

  /** Checks the MAC of a response and decrypts it (Amendment D §6.2.5, §6.2.7). @throws SecureChannelError `integrity` */
  unwrap(response: ResponseApdu): ResponseApdu {
    const { sw } = response;
    if ((this.#level & LEVEL.R_MAC) === 0) return response;
    if (!isProtectedStatus(sw)) {
      if (response.data.length === 0) return response;
      throw new SecureChannelError("integrity", "the response has an error status and data, but no MAC");
    }
    const size = response.data.length - this.#macLength;
    if (size < 0) throw new SecureChannelError("integrity", "the response has no MAC");
    const body = response.data.subarray(0, size);
    const status = Uint8Array.of(sw >> 8, sw & 0xff);
    const mac = aesCmac(this.#keys.rmac, this.#chain, body, status).subarray(0, this.#macLength);
    if (!equalBytes(mac, response.data.subarray(size)))
      throw new SecureChannelError("integrity", "the MAC of the response is wrong");
    if ((this.#level & LEVEL.R_ENCRYPTION) === 0 || size === 0) return { data: body.slice(), sw };
    const data = decryptData(this.#keys.enc, this.#counter, "response", body);
    if (data) return { data, sw };
    throw new SecureChannelError("integrity", "the response does not decrypt");
  }

  /** Overwrites the session keys with zeros. */
  wipe(): void {
    this.#keys.enc.fill(0);
    this.#keys.mac.fill(0);
    this.#keys.rmac.fill(0);
  }
}
