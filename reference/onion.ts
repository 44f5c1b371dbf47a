import { ascii, integer, join, uint } from "./bytes.js";
import { chacha20, GROUP_ORDER, hmac, pointOf, sha256 } from "./crypto.js";
import { writeBigSize } from "./peer.js";

/** BOLT 4 onions, version 0 (specs/07 §12): written only, by somebody who knows the secret keys of all hops. */
const PAYLOADS = 1300;

export interface OnionHop {
  readonly secretKey: Uint8Array;
  /** Without its length. */
  readonly payload: Uint8Array;
}

const times = (a: bigint, b: bigint): bigint => (a * b) % GROUP_ORDER;
const pointAt = (scalar: bigint): Buffer => pointOf(uint(scalar, 32), true);
const key = (name: string, secret: Uint8Array): Buffer => hmac(ascii(name), secret);
const stream = (streamKey: Uint8Array, length: number): Buffer =>
  chacha20(streamKey, Buffer.alloc(16), Buffer.alloc(length));
const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));

/** @param sessionKey 32 bytes; @param associatedData the payment hash @returns 1366 bytes */
export function writeOnion(
  hops: readonly OnionHop[],
  sessionKey: Uint8Array,
  associatedData: Uint8Array,
): Buffer {
  const secrets: Buffer[] = [];
  let ephemeral = integer(sessionKey);
  for (const { secretKey } of hops) {
    const shared = sha256(pointAt(times(ephemeral, integer(secretKey))));
    secrets.push(shared);
    ephemeral = times(ephemeral, integer(sha256(pointAt(ephemeral), shared)));
  }
  const framed = hops.map(({ payload }) => join(writeBigSize(BigInt(payload.length)), payload));
  let filler: Buffer = Buffer.alloc(0);
  for (const [i, payload] of framed.slice(0, -1).entries()) {
    const grown = join(filler, Buffer.alloc(payload.length + 32));
    const rho = key("rho", secrets[i] as Buffer);
    const from = PAYLOADS - filler.length;
    filler = xor(grown, stream(rho, from + grown.length).subarray(from));
  }
  let packet = stream(key("pad", sessionKey), PAYLOADS);
  let mac: Buffer = Buffer.alloc(32);
  for (let i = hops.length - 1; i >= 0; i--) {
    const secret = secrets[i] as Buffer;
    const shifted = join(framed[i] as Buffer, mac, packet).subarray(0, PAYLOADS);
    packet = xor(shifted, stream(key("rho", secret), PAYLOADS));
    if (i === hops.length - 1) packet = join(packet.subarray(0, PAYLOADS - filler.length), filler);
    mac = hmac(key("mu", secret), packet, associatedData);
  }
  return join(uint(0, 1), pointOf(sessionKey, true), packet, mac);
}
