import {
  aesCmac,
  cryptogram,
  DERIVE,
  decryptData,
  encryptData,
  isSecurityLevel,
  LEVEL,
  pseudoRandomChallenge,
  SCP03_I,
  type SessionKeys,
  sessionKeys,
} from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { concatBytes, equalBytes } from "../../common/index.js";
import type { AppletContext } from "../runtime/applet.js";
import type { Command } from "../runtime/command.js";
import { IsoError } from "../runtime/errors.js";
import type { CardKeyStore } from "./key-store.js";

/** What all channels of a card have in common. */
export interface ChannelConfiguration {
  readonly keys: CardKeyStore;
  /** 10 bytes that the card shows in INITIALIZE UPDATE. */
  readonly diversification: Uint8Array;
  /** The parameter "i" of SCP03. */
  readonly i: number;
}

/** How far a channel is. */
const STATE = { NONE: 0, INITIALIZED: 1, OPEN: 2, ABORTED: 3 } as const;
const SECURE_BIT = 0x04;
const CHANNEL_BITS = 0x03;

/** Places of the session in its transient memory. */
const AT = { STATE: 0, LEVEL: 1, COUNTER: 2, ENC: 6, MAC: 22, RMAC: 38, CHAIN: 54, HOST: 70 } as const;
const LENGTH = 86;

/**
 * The card's half of an SCP03 channel (specs/04 §4), one for each applet that offers it. All of the session lies
 * in transient memory that the runtime clears when the applet is left or power is lost.
 */
export class CardChannel {
  readonly #configuration: ChannelConfiguration;
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #aid: Uint8Array;
  readonly #random: (length: number) => Uint8Array;
  readonly #size: 8 | 16;

  /** @param aid of the applet, part of the pseudo-random challenge */
  constructor(context: AppletContext, configuration: ChannelConfiguration, aid: Uint8Array) {
    this.#configuration = configuration;
    this.#memory = context.transient(LENGTH, "deselect");
    this.#view = new DataView(this.#memory.buffer);
    this.#aid = aid;
    this.#random = (length) => context.random(length);
    this.#size = configuration.i & SCP03_I.S16 ? 16 : 8;
  }

  get isOpen(): boolean {
    return this.#memory[AT.STATE] === STATE.OPEN;
  }

  /** Security level of an open channel, else 0. */
  get level(): number {
    return this.isOpen ? (this.#memory[AT.LEVEL] ?? 0) : 0;
  }

  /** INITIALIZE UPDATE: ends a channel that is open and starts another. @throws IsoError */
  initializeUpdate(command: Command): Uint8Array {
    this.#memory.fill(0);
    const { keys, diversification, i } = this.#configuration;
    if ((command.p1p2 & 0xff) !== 0) throw new IsoError(SW.WRONG_P1P2);
    if (command.data.length !== this.#size) throw new IsoError(SW.WRONG_LENGTH);
    const found = keys.find(command.p1p2 >> 8);
    if (!found) throw new IsoError(SW.REFERENCE_NOT_FOUND);
    if (keys.isLocked) throw new IsoError(SW.PIN_BLOCKED);
    const sequence = i & SCP03_I.PSEUDO_RANDOM ? keys.nextSequence(found.version) : new Uint8Array(0);
    const challenge = sequence.length
      ? pseudoRandomChallenge(found.enc, sequence, this.#aid, this.#size)
      : this.#random(this.#size);
    const context = concatBytes(command.data, challenge);
    const session = sessionKeys(found, context);
    this.#memory[AT.STATE] = STATE.INITIALIZED;
    this.#memory.set(session.enc, AT.ENC);
    this.#memory.set(session.mac, AT.MAC);
    this.#memory.set(session.rmac, AT.RMAC);
    this.#memory.set(cryptogram(session, DERIVE.HOST_CRYPTOGRAM, context, this.#size), AT.HOST);
    const answer = cryptogram(session, DERIVE.CARD_CRYPTOGRAM, context, this.#size);
    const information = Uint8Array.of(found.version, 0x03, i);
    return concatBytes(diversification, information, challenge, answer, sequence);
  }

  /** EXTERNAL AUTHENTICATE. Every attempt is counted before it is judged. @throws IsoError */
  externalAuthenticate(command: Command): Uint8Array {
    if (this.#memory[AT.STATE] !== STATE.INITIALIZED) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    const level = command.p1p2 >> 8;
    if ((command.p1p2 & 0xff) !== 0 || !this.#offers(level)) throw new IsoError(SW.WRONG_P1P2);
    if (command.data.length !== 2 * this.#size) throw new IsoError(SW.WRONG_LENGTH);
    const { keys } = this.#configuration;
    keys.countAttempt();
    const macRight = this.#checkMac(command);
    const host = this.#memory.slice(AT.HOST, AT.HOST + this.#size);
    if (!macRight || !equalBytes(host, command.data.subarray(0, this.#size))) {
      this.#memory.fill(0);
      throw new IsoError(macRight ? SW.HOST_CRYPTOGRAM_WRONG : SW.SECURITY_NOT_SATISFIED);
    }
    keys.forgetFailures();
    this.#memory[AT.STATE] = STATE.OPEN;
    this.#memory[AT.LEVEL] = level;
    return new Uint8Array(0);
  }

  /**
   * Verifies and decrypts a command. A wrong one ends the channel.
   * @param needed bits that the channel's level must have
   * @returns the data in clear @throws IsoError 6982
   */
  unwrap(command: Command, needed: number): Uint8Array {
    if (!this.isOpen || (this.level & needed) !== needed) throw new IsoError(SW.SECURITY_NOT_SATISFIED);
    if ((this.level & LEVEL.C_MAC) === 0) return command.data;
    const counter = this.#view.getUint32(AT.COUNTER) + 1;
    this.#view.setUint32(AT.COUNTER, counter);
    if ((command.cla & SECURE_BIT) === 0 || command.data.length < this.#size || !this.#checkMac(command))
      throw this.#abort();
    const body = command.data.subarray(0, command.data.length - this.#size);
    if ((this.level & LEVEL.C_DECRYPTION) === 0 || body.length === 0) return body;
    const plain = decryptData(this.#session().enc, counter, "command", body);
    if (!plain) throw this.#abort();
    return plain;
  }

  /** Encrypts the data of a 9000 answer and adds its MAC, as the level of the channel has it. */
  wrap(data: Uint8Array): Uint8Array {
    if ((this.level & LEVEL.R_MAC) === 0) return data;
    const { enc, rmac } = this.#session();
    const counter = this.#view.getUint32(AT.COUNTER);
    const body =
      this.level & LEVEL.R_ENCRYPTION && data.length ? encryptData(enc, counter, "response", data) : data;
    const chain = this.#memory.slice(AT.CHAIN, AT.CHAIN + 16);
    const mac = aesCmac(rmac, chain, body, Uint8Array.of(SW.OK >> 8, SW.OK & 0xff));
    return concatBytes(body, mac.subarray(0, this.#size));
  }

  #offers(level: number): boolean {
    const { i } = this.#configuration;
    if (level & LEVEL.R_MAC && !(i & SCP03_I.R_MAC)) return false;
    if (level & LEVEL.R_ENCRYPTION && !(i & SCP03_I.R_ENCRYPTION)) return false;
    return isSecurityLevel(level);
  }

  /** Compares the MAC at the end of the data; a right one becomes the next link of the chain. */
  #checkMac(command: Command): boolean {
    const [cla = 0, ins = 0, p1 = 0, p2 = 0, lc = 0] = command.bytes;
    const header = Uint8Array.of((cla & ~CHANNEL_BITS) | SECURE_BIT, ins, p1, p2, lc);
    const end = command.data.length - this.#size;
    const chain = this.#memory.slice(AT.CHAIN, AT.CHAIN + 16);
    const mac = aesCmac(this.#session().mac, chain, header, command.data.subarray(0, end));
    if (!equalBytes(mac.subarray(0, this.#size), command.data.subarray(end))) return false;
    this.#memory.set(mac, AT.CHAIN);
    return true;
  }

  #session(): SessionKeys {
    const key = (at: number) => this.#memory.slice(at, at + 16);
    return { enc: key(AT.ENC), mac: key(AT.MAC), rmac: key(AT.RMAC) };
  }

  #abort(): IsoError {
    this.#memory.fill(0);
    this.#memory[AT.STATE] = STATE.ABORTED;
    return new IsoError(SW.SECURITY_NOT_SATISFIED);
  }
}
