import { CodedError, type Failure } from "../common/index.js";

/** A key set: what all cards of one batch share (specs/04 §2). Holds no secret. */
export interface KeySet {
  /** 4 bytes, printed in clear in every sealed message. */
  readonly id: Uint8Array;
  /** For people: the batch or the event. */
  readonly label: string;
  /** The key that signs updates for these cards: 33 bytes. Another key set may have another. */
  readonly issuerPublicKey: Uint8Array;
}

/** A key from which the keys of a batch of Bolt Cards come (specs/10 §3). Holds no secret. */
export interface BatchKey {
  /** 4 bytes; no key set has the same. */
  readonly id: Uint8Array;
  /** For people: the batch or the event. */
  readonly label: string;
}

/** A master key from which the static keys of cards come (specs/04 §3). Holds no secret. */
export interface MasterKey {
  /** GlobalPlatform key version on the card, 1..127, or 255 for the keys of a card fresh from the factory. */
  readonly version: number;
  /** `kdf3`: another key on every card. `none`: the same key on every card, as some cards are delivered. */
  readonly diversification: "kdf3" | "none";
  /** True for the published GlobalPlatform test key: worth nothing as a secret. */
  readonly wellKnown: boolean;
}

/** The three static AES-128 keys of a card's security domain, 16 bytes each. */
export interface CardStaticKeys {
  readonly version: number;
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  readonly dek: Uint8Array;
}

/** Length of the diversification data in the response to INITIALIZE UPDATE. */
export const DIVERSIFICATION_DATA_LENGTH = 10;

export type KeyErrorCode =
  /** No key set of that id. */
  | "unknown-key-set"
  /** No batch key of that id. */
  | "unknown-batch-key"
  /** No master key of that version. */
  | "unknown-master-key"
  /** There is a key set or master key of that id or version already. */
  | "duplicate-key"
  /** The passphrase does not open the key file. */
  | "wrong-passphrase"
  /** The key file was changed or cut since it was written. */
  | "damaged"
  /** The key file was written by a newer release. */
  | "newer-version"
  /** Others than the owner can read the key file. */
  | "permissions"
  /** Another process writes the key file right now, or wrote it since it was opened. */
  | "conflict"
  /** The file cannot be read or written, or it exists already. */
  | "file"
  /** No passphrase was given, or an empty one. */
  | "no-passphrase"
  /** The HSM or its library refused. */
  | "hsm"
  /** The source was closed. */
  | "closed";

/** A key cannot be had. Never holds key material or a passphrase. */
export class KeyError extends CodedError<KeyErrorCode> {
  override get failure(): Failure {
    return "service";
  }
}

/**
 * The issuer's keys, wherever they are: an encrypted file, an HSM. Signing and deriving may take a while and are
 * asynchronous; opening a token is on the hot path, so sealing keys are at hand.
 */
export interface KeySource {
  /** Every key set; oldest first in a key file, in no order from an HSM. A profile names the one for new cards. */
  keySets(): readonly KeySet[];
  /**
   * The key that seals and opens messages of a key set: 16 bytes, or undefined when the id is not known. The
   * bytes belong to the source: do not change or keep them.
   * @param keySetId 4 bytes
   */
  sealKey(keySetId: Uint8Array): Uint8Array | undefined;
  /**
   * ECDSA of the issuer key of a key set over the 32-byte digest of an update or a certificate (specs/02 §2).
   * @returns r || s, 64 bytes, low s
   * @throws KeyError `unknown-key-set`, `hsm`, `closed`
   */
  signUpdate(keySetId: Uint8Array, digest: Uint8Array): Promise<Uint8Array>;
  /** Every batch key of Bolt Cards; oldest first in a key file, in no order from an HSM. */
  batchKeys(): readonly BatchKey[];
  /**
   * AES-CMAC of a batch key: what the keys of Bolt Cards are derived by.
   * @param id 4 bytes @returns 16 bytes; the caller owns them
   * @throws KeyError `unknown-batch-key`, `hsm`, `closed`
   */
  batchMac(id: Uint8Array, input: Uint8Array): Promise<Uint8Array>;
  /** Every master key, oldest first. */
  masterKeys(): readonly MasterKey[];
  /**
   * The static keys of one card (specs/04 §3). The caller owns the bytes and clears them with
   * {@link wipeCardKeys}.
   * @param version of the master key; @param diversification the 10 bytes that the card sends
   * @throws KeyError `unknown-master-key`, `hsm`, `closed`
   */
  cardKeys(version: number, diversification: Uint8Array): Promise<CardStaticKeys>;
  /** Clears every key in memory and ends the session with an HSM. A second call does nothing. */
  close(): Promise<void>;
}

/** Overwrites the three keys with zeros. */
export function wipeCardKeys(keys: CardStaticKeys): void {
  keys.enc.fill(0);
  keys.mac.fill(0);
  keys.dek.fill(0);
}

/** The key set with that id. @throws KeyError `unknown-key-set` */
export function findKeySet(source: KeySource, id: Uint8Array): KeySet {
  const found = source.keySets().find((set) => Buffer.compare(set.id, id) === 0);
  if (found) return found;
  throw new KeyError(
    "unknown-key-set",
    `key set ${Buffer.from(id).toString("hex")}: not among the keys here`,
    {
      hint: "Open the key file or HSM that the cards were made with.",
    },
  );
}
