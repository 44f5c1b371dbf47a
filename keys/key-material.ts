import { concatBytes, ParseError, u8, u16, utf8 } from "../common/index.js";

/** Everything secret that a key file holds, as bytes that can be cleared. */
export interface KeyMaterial {
  /** Secret keys of secp256k1, 32 bytes each, oldest first. */
  readonly issuerKeys: Uint8Array[];
  readonly masterKeys: MasterKeyMaterial[];
  readonly keySets: KeySetMaterial[];
  /** Of Bolt Cards, oldest first. */
  readonly batchKeys: BatchKeyMaterial[];
}

interface BatchKeyMaterial {
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** At most 64 bytes of UTF-8. */
  readonly label: string;
  /** AES-128, 16 bytes. */
  readonly key: Uint8Array;
}

interface MasterKeyMaterial {
  readonly version: number;
  readonly diversification: "kdf3" | "none";
  /** AES-128, 16 bytes. */
  readonly key: Uint8Array;
}

export interface KeySetMaterial {
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** At most 64 bytes of UTF-8. */
  readonly label: string;
  /** AES-128, 16 bytes. */
  readonly sealKey: Uint8Array;
  /** Index into `issuerKeys`. */
  readonly issuerKey: number;
}

export const MAX_LABEL_LENGTH = 64;
/** How many of each the counts of the format allow. */
export const MAX_ISSUER_KEYS = 255;
export const MAX_MASTER_KEYS = 255;
export const MAX_KEY_SETS = 0xffff;
export const MAX_BATCH_KEYS = 0xffff;

/**
 * The plaintext of a key file (specs/04 §2.2). Bytes and not JSON, because a string with a key in it cannot be
 * cleared:
 * `count u8 | issuer key 32...`, `count u8 | (version u8 | diversification u8 | key 16)...`,
 * `count u16 | (id 4 | seal key 16 | issuer key u8 | label length u8 | label)...`, and where there are batch keys
 * `count u16 | (id 4 | key 16 | label length u8 | label)...`
 */
export function encodeKeyMaterial(material: KeyMaterial): Uint8Array {
  const parts: Uint8Array[] = [u8(material.issuerKeys.length, "issuer keys"), ...material.issuerKeys];
  parts.push(u8(material.masterKeys.length, "master keys"));
  for (const master of material.masterKeys)
    parts.push(Uint8Array.of(master.version, master.diversification === "kdf3" ? 1 : 0), master.key);
  parts.push(u16(material.keySets.length, "key sets"));
  for (const set of material.keySets) {
    const label = utf8(set.label);
    parts.push(set.id, set.sealKey, u8(set.issuerKey), u8(label.length, "label length"), label);
  }
  if (material.batchKeys.length > 0) parts.push(u16(material.batchKeys.length, "batch keys"));
  for (const batch of material.batchKeys) {
    const label = utf8(batch.label);
    parts.push(batch.id, batch.key, u8(label.length, "label length"), label);
  }
  return concatBytes(...parts);
}

/** The inverse of {@link encodeKeyMaterial}; strict. @throws ParseError without any of the content */
export function decodeKeyMaterial(bytes: Uint8Array): KeyMaterial {
  let at = 0;
  const take = (length: number, path: string): Uint8Array => {
    if (at + length > bytes.length)
      throw new ParseError(`keys/${path}`, `need ${length} bytes, have ${bytes.length - at}`);
    at += length;
    return bytes.slice(at - length, at);
  };
  const byte = (path: string): number => take(1, path)[0] ?? 0;
  const issuerKeys = Array.from({ length: byte("issuer keys") }, () => take(32, "issuer key"));
  const masterKeys = Array.from({ length: byte("master keys") }, (): MasterKeyMaterial => {
    const version = byte("master key/version");
    const diversification = byte("master key/diversification");
    if (diversification > 1)
      throw new ParseError("keys/master key/diversification", `need 0 or 1, have ${diversification}`);
    return {
      version,
      diversification: diversification === 1 ? "kdf3" : "none",
      key: take(16, "master key"),
    };
  });
  const count = (byte("key sets") << 8) | byte("key sets");
  const keySets: KeySetMaterial[] = [];
  for (let i = 0; i < count; i++) {
    const id = take(4, "key set/id");
    const sealKey = take(16, "key set/seal key");
    const issuerKey = byte("key set/issuer key");
    if (issuerKey >= issuerKeys.length)
      throw new ParseError(
        "keys/key set/issuer key",
        `need less than ${issuerKeys.length}, have ${issuerKey}`,
      );
    const label = new TextDecoder().decode(take(byte("key set/label"), "key set/label"));
    keySets.push({ id, label, sealKey, issuerKey });
  }
  const batches = at === bytes.length ? 0 : (byte("batch keys") << 8) | byte("batch keys");
  const batchKeys = Array.from({ length: batches }, (): BatchKeyMaterial => {
    const id = take(4, "batch key/id");
    const key = take(16, "batch key/key");
    return { id, key, label: new TextDecoder().decode(take(byte("batch key/label"), "batch key/label")) };
  });
  if (at !== bytes.length) throw new ParseError("keys", `${bytes.length - at} bytes too many`);
  return { issuerKeys, masterKeys, keySets, batchKeys };
}

/** Overwrites every key with zeros. */
export function wipeKeyMaterial(material: KeyMaterial): void {
  for (const key of material.issuerKeys) key.fill(0);
  for (const master of material.masterKeys) master.key.fill(0);
  for (const set of material.keySets) set.sealKey.fill(0);
  for (const batch of material.batchKeys) batch.key.fill(0);
}
