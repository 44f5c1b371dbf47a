import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { concatBytes, secp256k1, utf8 } from "../../common/index.js";

// BOLT 8 with nothing but Node.js, so that a peer can misbehave in ways that no library allows.

const TAG_LENGTH = 16;
const ROTATE_AFTER = 1000;
const EMPTY = new Uint8Array(0);

const sha = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    createHash("sha256")
      .update(concatBytes(...parts))
      .digest(),
  );
const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac("sha256", key).update(data).digest());

function hkdf(salt: Uint8Array, material: Uint8Array): [Uint8Array, Uint8Array] {
  const key = hmac(salt, material);
  const first = hmac(key, Uint8Array.of(1));
  return [first, hmac(key, concatBytes(first, Uint8Array.of(2)))];
}

function nonce(n: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(n, 4);
  return bytes;
}

function seal(key: Uint8Array, n: number, ad: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce(n), { authTagLength: TAG_LENGTH });
  cipher.setAAD(ad, { plaintextLength: plain.length });
  return concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

function open(key: Uint8Array, n: number, ad: Uint8Array, sealed: Uint8Array): Uint8Array {
  const length = sealed.length - TAG_LENGTH;
  const cipher = createDecipheriv("chacha20-poly1305", key, nonce(n), { authTagLength: TAG_LENGTH });
  cipher.setAAD(ad, { plaintextLength: length });
  cipher.setAuthTag(sealed.subarray(length));
  return concatBytes(cipher.update(sealed.subarray(0, length)), cipher.final());
}

/** One direction of a connection. */
class Direction {
  #chaining: Uint8Array;
  #key: Uint8Array;
  #n = 0;

  constructor(chaining: Uint8Array, key: Uint8Array) {
    this.#chaining = chaining;
    this.#key = key;
  }

  seal(plain: Uint8Array): Uint8Array {
    return this.#used(seal(this.#key, this.#n, EMPTY, plain));
  }

  open(sealed: Uint8Array): Uint8Array {
    return this.#used(open(this.#key, this.#n, EMPTY, sealed));
  }

  #used(bytes: Uint8Array): Uint8Array {
    if (++this.#n === ROTATE_AFTER) {
      [this.#chaining, this.#key] = hkdf(this.#chaining, this.#key);
      this.#n = 0;
    }
    return bytes;
  }
}

export interface Keys {
  readonly sending: Direction;
  readonly receiving: Direction;
  /** Node id of the other side. */
  readonly peer: Uint8Array;
}

/** The state that both sides of a handshake share. */
class Handshake {
  hash: Uint8Array;
  chaining: Uint8Array;
  key: Uint8Array = EMPTY;

  constructor(responder: Uint8Array) {
    this.chaining = sha(utf8("Noise_XK_secp256k1_ChaChaPoly_SHA256"));
    this.hash = sha(sha(this.chaining, utf8("lightning")), responder);
  }

  mix(bytes: Uint8Array): void {
    this.hash = sha(this.hash, bytes);
  }

  agree(secretKey: Uint8Array, publicKey: Uint8Array): void {
    [this.chaining, this.key] = hkdf(this.chaining, secp256k1.ecdh(secretKey, publicKey));
  }

  seal(n: number, plain: Uint8Array): Uint8Array {
    const sealed = seal(this.key, n, this.hash, plain);
    this.mix(sealed);
    return sealed;
  }

  open(n: number, sealed: Uint8Array): Uint8Array {
    const plain = open(this.key, n, this.hash, sealed);
    this.mix(sealed);
    return plain;
  }
}

const VERSION = Uint8Array.of(0);

export interface Wire {
  write(bytes: Uint8Array): void;
  /** Resolves with exactly that many bytes. Rejects when the connection ends before. */
  read(length: number): Promise<Uint8Array>;
}

/** Acts one and three of BOLT 8. @param own,ephemeral secret keys */
export async function initiate(
  wire: Wire,
  own: Uint8Array,
  ephemeral: Uint8Array,
  peer: Uint8Array,
): Promise<Keys> {
  const state = new Handshake(peer);
  const e = secp256k1.publicKey(ephemeral);
  state.mix(e);
  state.agree(ephemeral, peer);
  wire.write(concatBytes(VERSION, e, state.seal(0, EMPTY)));
  const act = await wire.read(50);
  const re = act.subarray(1, 34);
  state.mix(re);
  state.agree(ephemeral, re);
  state.open(0, act.subarray(34));
  const id = state.seal(1, secp256k1.publicKey(own));
  state.agree(own, re);
  wire.write(concatBytes(VERSION, id, state.seal(0, EMPTY)));
  const [sending, receiving] = hkdf(state.chaining, EMPTY);
  return {
    sending: new Direction(state.chaining, sending),
    receiving: new Direction(state.chaining, receiving),
    peer,
  };
}

/** Act two of BOLT 8. @param own,ephemeral secret keys */
export async function respond(wire: Wire, own: Uint8Array, ephemeral: Uint8Array): Promise<Keys> {
  const state = new Handshake(secp256k1.publicKey(own));
  const one = await wire.read(50);
  const re = one.subarray(1, 34);
  state.mix(re);
  state.agree(own, re);
  state.open(0, one.subarray(34));
  const e = secp256k1.publicKey(ephemeral);
  state.mix(e);
  state.agree(ephemeral, re);
  wire.write(concatBytes(VERSION, e, state.seal(0, EMPTY)));
  const three = await wire.read(66);
  const peer = state.open(1, three.subarray(1, 50));
  state.agree(ephemeral, peer);
  state.open(0, three.subarray(50));
  const [receiving, sending] = hkdf(state.chaining, EMPTY);
  return {
    sending: new Direction(state.chaining, sending),
    receiving: new Direction(state.chaining, receiving),
    peer,
  };
}
