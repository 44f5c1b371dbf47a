import { hex, join, need, uint, unhex } from "./bytes.js";
import { aesBlock, aesDecrypt, aesEncrypt, cmac } from "./crypto.js";

/** SCP03 (specs/04 §3, §4). Keys, challenges and chains are hex. */
export interface StaticKeys {
  readonly enc: string;
  readonly mac: string;
  readonly dek: string;
}

export interface SessionKeys {
  readonly enc: string;
  readonly mac: string;
  readonly rmac: string;
}

/** 8 bytes in S8, 16 in S16: challenges, cryptograms and MACs. */
export type Size = 8 | 16;

/** One half of an open channel; the host's and the card's are alike. */
export interface Channel {
  readonly size: Size;
  readonly level: number;
  readonly keys: SessionKeys;
  readonly chain: string;
  /** Commands since EXTERNAL AUTHENTICATE. */
  readonly counter: number;
}

export const LEVELS: readonly number[] = [0x00, 0x01, 0x03, 0x11, 0x13, 0x33];
const C_MAC = 0x01;
const C_DECRYPTION = 0x02;
const R_MAC = 0x10;
const R_ENCRYPTION = 0x20;
const I_S16 = 0x01;
const I_PSEUDO_RANDOM = 0x10;
const I_PROTECTS_RESPONSES = 0x60;
const ZEROS = "00".repeat(16);

export const sizeOf = (i: number): Size => (i & I_S16 ? 16 : 8);
export const isPseudoRandom = (i: number): boolean => (i & I_PSEUDO_RANDOM) !== 0;
/** Whether a card with this `i` takes a security level. */
export const offers = (i: number, level: number): boolean =>
  LEVELS.includes(level) && ((level & (R_MAC | R_ENCRYPTION)) === 0 || (i & I_PROTECTS_RESPONSES) !== 0);

/** specs/04 §3: static keys of a card. @param master 16 bytes; @param diversification 10 bytes */
export function kdf3(master: Uint8Array, diversification: Uint8Array): StaticKeys {
  const key = (purpose: number): string =>
    hex(cmac(master, unhex("01000000"), uint(purpose, 1), unhex("00"), diversification));
  return { enc: key(1), mac: key(2), dek: key(3) };
}

/** First 3 bytes of AES(key, 01 x 16), hex. */
export const keyCheckValue = (key: string): string =>
  hex(aesBlock(unhex(key), Buffer.alloc(16, 1)).subarray(0, 3));

/** specs/04 §4.1 @param length 8 or 16 bytes, one block of the derivation */
function derive(key: string, constant: number, context: Uint8Array, length: number): string {
  const before = join(Buffer.alloc(11), uint(constant, 1), unhex("00"), uint(8 * length, 2), unhex("01"));
  return hex(cmac(unhex(key), before, context).subarray(0, length));
}

export const sessionKeys = (keys: StaticKeys, context: Uint8Array): SessionKeys => ({
  enc: derive(keys.enc, 0x04, context, 16),
  mac: derive(keys.mac, 0x06, context, 16),
  rmac: derive(keys.mac, 0x07, context, 16),
});
export const cardCryptogram = (keys: SessionKeys, context: Uint8Array, size: Size): string =>
  derive(keys.mac, 0x00, context, size);
export const hostCryptogram = (keys: SessionKeys, context: Uint8Array, size: Size): string =>
  derive(keys.mac, 0x01, context, size);
/** @param sequence 3 bytes; @param aid of the application that opens the channel */
export const pseudoRandomChallenge = (
  enc: string,
  sequence: Uint8Array,
  aid: Uint8Array,
  size: Size,
): string => derive(enc, 0x02, join(sequence, aid), size);

/** A channel before EXTERNAL AUTHENTICATE, whose MAC is made and checked with it. */
export const freshChannel = (keys: SessionKeys, size: Size): Channel => ({
  size,
  level: C_MAC,
  keys,
  chain: ZEROS,
  counter: 0,
});

const pad = (data: Uint8Array): Buffer => join(data, unhex("80"), Buffer.alloc(15 - (data.length % 16)));

/** Undefined when the padding is not there. */
function unpad(padded: Buffer): Buffer | undefined {
  const text = hex(padded).replace(/80(00){0,15}$/, "");
  return text.length === 2 * padded.length ? undefined : unhex(text);
}

function iv({ keys, counter }: Channel, response: boolean): Buffer {
  return aesBlock(unhex(keys.enc), join(unhex(response ? "80" : "00"), Buffer.alloc(11), uint(counter, 4)));
}

/** The MAC of a command, 16 bytes. @param header CLA INS P1 P2 Lc, Lc with the MAC */
export const commandMac = (channel: Channel, header: Uint8Array, data: Uint8Array): Buffer =>
  cmac(unhex(channel.keys.mac), unhex(channel.chain), header, data);

/** A command with its MAC in clear, as EXTERNAL AUTHENTICATE is. @param header CLA INS P1 P2 */
export function macCommand(
  channel: Channel,
  header: Uint8Array,
  data: Uint8Array,
): { readonly bytes: Buffer; readonly channel: Channel } {
  const whole = join(
    uint((header[0] ?? 0) | 0x04, 1),
    header.subarray(1),
    uint(data.length + channel.size, 1),
  );
  const mac = commandMac(channel, whole, data);
  return {
    bytes: join(whole, data, mac.subarray(0, channel.size)),
    channel: { ...channel, chain: hex(mac) },
  };
}

/** The host's half protects a command (specs/04 §4.3). @returns the command without Le, and the channel after it */
export function protectCommand(
  before: Channel,
  header: Uint8Array,
  plain: Uint8Array,
): { readonly bytes: Buffer; readonly channel: Channel } {
  const channel = { ...before, counter: before.counter + 1 };
  if ((channel.level & C_MAC) === 0) {
    const length = plain.length === 0 ? Buffer.alloc(0) : uint(plain.length, 1);
    return { bytes: join(header, length, plain), channel };
  }
  const encrypts = (channel.level & C_DECRYPTION) !== 0 && plain.length !== 0;
  const data = encrypts ? aesEncrypt(unhex(channel.keys.enc), iv(channel, false), pad(plain)) : plain;
  return macCommand(channel, header, data);
}

/** The card's half checks a command and its MAC; undefined ends the channel. @param bytes the whole command */
export function openCommand(
  before: Channel,
  bytes: Uint8Array,
  data: Uint8Array,
): { readonly plain: Buffer; readonly channel: Channel } | undefined {
  const counted = { ...before, counter: before.counter + 1 };
  if ((before.level & C_MAC) === 0) return { plain: Buffer.from(data), channel: counted };
  const body = checkMac(counted, bytes, data);
  if (!body) return undefined;
  if ((before.level & C_DECRYPTION) === 0 || body.data.length === 0)
    return { plain: body.data, channel: body.channel };
  if (body.data.length % 16 !== 0) return undefined;
  const plain = unpad(aesDecrypt(unhex(counted.keys.enc), iv(counted, false), body.data));
  return plain && { plain, channel: body.channel };
}

/** The data before a right MAC, and the chain after it; undefined when it is wrong or not there. */
export function checkMac(
  channel: Channel,
  bytes: Uint8Array,
  data: Uint8Array,
): { readonly data: Buffer; readonly channel: Channel } | undefined {
  const end = data.length - channel.size;
  if (bytes[0] !== 0x84) return undefined;
  const mac = commandMac(channel, bytes.subarray(0, 5), data.subarray(0, end));
  if (hex(mac.subarray(0, channel.size)) !== hex(data.subarray(end))) return undefined;
  return { data: Buffer.from(data.subarray(0, end)), channel: { ...channel, chain: hex(mac) } };
}

const responseMac = (channel: Channel, data: Uint8Array, sw: string): Buffer =>
  cmac(unhex(channel.keys.rmac), unhex(channel.chain), data, unhex(sw)).subarray(0, channel.size);

/** The card's half protects the data of a response (specs/04 §4.3). */
export function protectResponse(channel: Channel, data: Uint8Array, sw: string): Buffer {
  if ((channel.level & R_MAC) === 0 || !isProtected(sw)) return Buffer.from(data);
  const encrypts = (channel.level & R_ENCRYPTION) !== 0 && data.length !== 0;
  const body = encrypts ? aesEncrypt(unhex(channel.keys.enc), iv(channel, true), pad(data)) : data;
  return join(body, responseMac(channel, body, sw));
}

/** Responses that carry a MAC. */
const isProtected = (sw: string): boolean => /^(9000|62|63)/.test(sw);

/** The host's half reads the data of a response. @throws Refused `length`, `mac`, `padding`: the channel ends */
export function openResponse(channel: Channel, data: Uint8Array, sw: string): Buffer {
  if ((channel.level & R_MAC) === 0) return Buffer.from(data);
  if (!isProtected(sw)) {
    need(data.length === 0, "length");
    return Buffer.alloc(0);
  }
  const end = data.length - channel.size;
  need(end >= 0, "length");
  const body = data.subarray(0, end);
  need(hex(responseMac(channel, body, sw)) === hex(data.subarray(end)), "mac");
  if ((channel.level & R_ENCRYPTION) === 0 || end === 0) return Buffer.from(body);
  need(end % 16 === 0, "padding");
  const plain = unpad(aesDecrypt(unhex(channel.keys.enc), iv(channel, true), body));
  need(plain !== undefined, "padding");
  return plain;
}

/** What a host reads in the answer to INITIALIZE UPDATE. */
export interface CardHello {
  readonly diversification: string;
  readonly version: number;
  readonly i: number;
  readonly challenge: string;
  readonly cryptogram: string;
}

/** Answer to INITIALIZE UPDATE (specs/04 §4.2). @throws Refused `length`, `protocol` */
export function readHello(data: Uint8Array): CardHello {
  need(data.length >= 28, "length");
  need(data[11] === 0x03, "protocol");
  const i = data[12] ?? 0;
  const size = sizeOf(i);
  need(data.length === 13 + 2 * size + (isPseudoRandom(i) ? 3 : 0), "length");
  return {
    diversification: hex(data.subarray(0, 10)),
    version: data[10] ?? 0,
    i,
    challenge: hex(data.subarray(13, 13 + size)),
    cryptogram: hex(data.subarray(13 + size, 13 + 2 * size)),
  };
}

/** A host that has believed the card: its half of the channel, and the cryptogram that it sends. */
export interface Greeted {
  readonly channel: Channel;
  readonly cryptogram: Buffer;
}

/**
 * The host checks the card's cryptogram (specs/04 §4.2).
 * @throws Refused `length`, `protocol`, `cryptogram`: then it sends nothing
 */
export function greet(keys: StaticKeys, hostChallenge: Uint8Array, answer: Uint8Array): Greeted {
  const { i, challenge, cryptogram } = readHello(answer);
  const size = sizeOf(i);
  need(hostChallenge.length === size, "length");
  const context = join(hostChallenge, unhex(challenge));
  const session = sessionKeys(keys, context);
  need(cardCryptogram(session, context, size) === cryptogram, "cryptogram");
  return {
    channel: freshChannel(session, size),
    cryptogram: unhex(hostCryptogram(session, context, size)),
  };
}

/** EXTERNAL AUTHENTICATE, and the channel that is open when it was answered 9000. */
export function authenticate(
  { channel, cryptogram }: Greeted,
  level: number,
): { readonly bytes: Buffer; readonly channel: Channel } {
  const made = macCommand(channel, join(unhex("8482"), uint(level, 1), unhex("00")), cryptogram);
  return { bytes: made.bytes, channel: { ...made.channel, level } };
}
