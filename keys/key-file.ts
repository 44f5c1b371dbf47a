import { randomBytes } from "node:crypto";
import { access } from "node:fs/promises";
import { cmac } from "@noble/ciphers/aes.js";
import {
  bytesToHex,
  equalBytes,
  ParseError,
  requireLength,
  secp256k1,
  utf8,
  ValueError,
} from "../common/index.js";
import { readPrivateFile, replacePrivateFile } from "./durable-file.js";
import { kdf3, undiversified } from "./kdf3.js";
import {
  decodeKeyMaterial,
  encodeKeyMaterial,
  type KeyMaterial,
  type KeySetMaterial,
  MAX_BATCH_KEYS,
  MAX_ISSUER_KEYS,
  MAX_KEY_SETS,
  MAX_LABEL_LENGTH,
  MAX_MASTER_KEYS,
  wipeKeyMaterial,
} from "./key-material.js";
import {
  type BatchKey,
  type CardStaticKeys,
  KeyError,
  type KeySet,
  type KeySource,
  type MasterKey,
} from "./key-source.js";
import {
  type BoxKey,
  deriveBoxKey,
  openBoxDocument,
  parseBoxDocument,
  type ScryptParameters,
  writeBoxDocument,
} from "./sealed-box.js";
import { isWellKnownKey } from "./well-known-key.js";

export const KEY_FILE_FORMAT = "chequecard-keys";
/** 2 where there are batch keys: a release that does not know them must not lose them. */
export const KEY_FILE_VERSION = 2;
/** Version of the first master key: some cards take new AES keys under 48 to 63 only (specs/04 §3). */
const FIRST_CARD_KEYS = 48;

export interface CreateKeyFileOptions {
  /** Cost of the passphrase; less than the default only where nothing is at stake. */
  readonly scrypt?: ScryptParameters;
  /** Bytes of the system's generator when absent. */
  readonly random?: (length: number) => Uint8Array;
  /** Master keys beside the first. */
  readonly masterKeys?: readonly NewMasterKey[];
}

/** What {@link KeyFile.addKeySet} makes. */
export interface NewKeySet {
  readonly label: string;
  /** 4 bytes; random when absent. */
  readonly id?: Uint8Array;
  /** 16 bytes; random when absent. */
  readonly sealKey?: Uint8Array;
  /** Make a new issuer key for it instead of using the newest one. */
  readonly newIssuerKey?: boolean;
}

/** What {@link KeyFile.addBatchKey} adds. */
export interface NewBatchKey {
  readonly label: string;
  /** 4 bytes. */
  readonly id?: Uint8Array;
  /** 16 bytes. */
  readonly key?: Uint8Array;
}

/** What {@link KeyFile.addMasterKey} adds. */
export interface NewMasterKey {
  /** 1..127, or 255 for a factory key. */
  readonly version: number;
  /** 16 bytes; random when absent. */
  readonly key?: Uint8Array;
  /** Default `kdf3`. */
  readonly diversification?: "kdf3" | "none";
}

/**
 * The issuer's keys in a file that a passphrase encrypts (specs/04 §2.2): scrypt, XChaCha20-Poly1305, mode 600,
 * every change replaces the file in one durable step. An object that another process overtook refuses to write.
 */
export class KeyFile implements KeySource {
  readonly path: string;
  #box: BoxKey;
  #material: KeyMaterial;
  #checksum: string | undefined;
  readonly #random: (length: number) => Uint8Array;
  #sealKeys = new Map<number, Uint8Array>();
  #closed = false;

  private constructor(
    path: string,
    box: BoxKey,
    material: KeyMaterial,
    checksum: string | undefined,
    random: (length: number) => Uint8Array = (length) => new Uint8Array(randomBytes(length)),
  ) {
    this.path = path;
    this.#box = box;
    this.#material = material;
    this.#checksum = checksum;
    this.#random = random;
    this.#index();
  }

  /**
   * Makes a new file with one issuer key, one key set, one master key (version 48, kdf3) and those of the options.
   * @param label of the first key set; @param passphrase UTF-8, not empty; the caller clears it
   * @throws KeyError `file` when there is a file already
   */
  static async create(
    path: string,
    passphrase: Uint8Array,
    label: string,
    options: CreateKeyFileOptions = {},
  ): Promise<KeyFile> {
    const box = await deriveBoxKey(passphrase, options.scrypt);
    const empty: KeyMaterial = { issuerKeys: [], masterKeys: [], keySets: [], batchKeys: [] };
    const file = new KeyFile(path, box, empty, undefined, options.random);
    await file.#change((material) => {
      file.#appendKeySet(material, { label, newIssuerKey: true });
      file.#appendMasterKey(material, { version: FIRST_CARD_KEYS });
      for (const master of options.masterKeys ?? []) file.#appendMasterKey(material, master);
    });
    return file;
  }

  /**
   * Opens a file.
   * @throws KeyError `file`, `permissions`, `damaged`, `newer-version`, `wrong-passphrase`, `no-passphrase`
   */
  static async open(path: string, passphrase: Uint8Array): Promise<KeyFile> {
    const document = parseBoxDocument(await readPrivateFile(path), KEY_FILE_FORMAT, KEY_FILE_VERSION, path);
    const box = await deriveBoxKey(passphrase, document.scrypt, Buffer.from(document.salt, "hex"));
    const plaintext = openBoxDocument(document, box.key, path);
    try {
      return new KeyFile(path, box, decodeKeyMaterial(plaintext), document.checksum);
    } catch (cause) {
      if (cause instanceof ParseError)
        throw new KeyError("damaged", `${path}: the decrypted content is malformed`);
      throw cause;
    } finally {
      plaintext.fill(0);
    }
  }

  keySets(): readonly KeySet[] {
    this.#assertOpen();
    return this.#material.keySets.map((set) => this.#describe(set));
  }

  sealKey(keySetId: Uint8Array): Uint8Array | undefined {
    return keySetId.length === 4 ? this.#sealKeys.get(keyOf(keySetId)) : undefined;
  }

  async signUpdate(keySetId: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    this.#assertOpen();
    requireLength(digest, 32, "digest");
    const set = this.#findSet(keySetId);
    const secret = set && this.#material.issuerKeys[set.issuerKey];
    if (!secret)
      throw new KeyError(
        "unknown-key-set",
        `${this.path}: no key set ${Buffer.from(keySetId).toString("hex")}`,
      );
    return secp256k1.sign(digest, secret);
  }

  batchKeys(): readonly BatchKey[] {
    this.#assertOpen();
    return this.#material.batchKeys.map(({ id, label }) => ({ id: id.slice(), label }));
  }

  async batchMac(id: Uint8Array, input: Uint8Array): Promise<Uint8Array> {
    this.#assertOpen();
    const batch = this.#material.batchKeys.find((entry) => equalBytes(entry.id, id));
    if (!batch) throw new KeyError("unknown-batch-key", `${this.path}: no batch key ${bytesToHex(id)}`);
    return cmac(input, batch.key);
  }

  masterKeys(): readonly MasterKey[] {
    this.#assertOpen();
    return this.#material.masterKeys.map(({ version, diversification, key }) => ({
      version,
      diversification,
      wellKnown: isWellKnownKey(key),
    }));
  }

  async cardKeys(version: number, diversification: Uint8Array): Promise<CardStaticKeys> {
    this.#assertOpen();
    const master = this.#material.masterKeys.find((entry) => entry.version === version);
    if (!master)
      throw new KeyError("unknown-master-key", `${this.path}: no master key of version ${version}`);
    return master.diversification === "kdf3"
      ? kdf3(version, master.key, diversification)
      : undiversified(version, master.key);
  }

  /**
   * Adds a key set; new cards get it. Older sets stay, so that their cards go on working.
   * @throws KeyError `duplicate-key`, `conflict`, `file`; ValueError
   */
  async addKeySet(set: NewKeySet): Promise<KeySet> {
    await this.#change((material) => this.#appendKeySet(material, set));
    const added = this.#material.keySets.at(-1);
    if (!added) throw new KeyError("file", `${this.path}: no key set after adding one`);
    return this.#describe(added);
  }

  /**
   * Adds a batch key for Bolt Cards; new ones get it.
   * @param batch id: 4 bytes, random when absent; key: 16 bytes, the issuer key of another server, random when absent
   * @throws KeyError `duplicate-key`, `conflict`, `file`; ValueError
   */
  async addBatchKey(batch: NewBatchKey): Promise<BatchKey> {
    const id = batch.id ? Uint8Array.from(batch.id) : this.#random(4);
    await this.#change((material) => this.#appendBatchKey(material, { ...batch, id }));
    return { id: id.slice(), label: batch.label };
  }

  /** Adds a master key for the static keys of cards. @throws KeyError `duplicate-key`, `conflict`, `file`; ValueError */
  async addMasterKey(master: NewMasterKey): Promise<void> {
    await this.#change((material) => this.#appendMasterKey(material, master));
  }

  /** Encrypts the file again under another passphrase and another salt. @throws KeyError `no-passphrase`, `conflict`, `file` */
  async changePassphrase(passphrase: Uint8Array): Promise<void> {
    this.#assertOpen();
    const before = this.#box;
    this.#box = await deriveBoxKey(passphrase, before.parameters);
    try {
      await this.#save(this.#material);
    } catch (error) {
      this.#box.key.fill(0);
      this.#box = before;
      throw error;
    }
    before.key.fill(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    wipeKeyMaterial(this.#material);
    this.#sealKeys.clear();
    this.#box.key.fill(0);
  }

  #assertOpen(): void {
    if (this.#closed) throw new KeyError("closed", `${this.path}: was closed`);
  }

  #findSet(id: Uint8Array): KeySetMaterial | undefined {
    return this.#material.keySets.find((set) => Buffer.compare(set.id, id) === 0);
  }

  #describe(set: KeySetMaterial): KeySet {
    const secret = this.#material.issuerKeys[set.issuerKey];
    if (!secret) throw new KeyError("damaged", `${this.path}: a key set without its issuer key`);
    return { id: set.id.slice(), label: set.label, issuerPublicKey: secp256k1.publicKey(secret) };
  }

  #index(): void {
    this.#sealKeys = new Map(this.#material.keySets.map((set) => [keyOf(set.id), set.sealKey]));
  }

  #appendKeySet(material: KeyMaterial, set: NewKeySet): void {
    expectLabel(set.label);
    const id = set.id ? Uint8Array.from(set.id) : this.#random(4);
    requireLength(id, 4, "key set id");
    if ([...material.keySets, ...material.batchKeys].some((other) => Buffer.compare(other.id, id) === 0))
      throw new KeyError("duplicate-key", `${this.path}: has a key set of that id already`);
    const sealKey = set.sealKey ? Uint8Array.from(set.sealKey) : this.#random(16);
    requireLength(sealKey, 16, "seal key");
    if (material.keySets.length >= MAX_KEY_SETS) throw new ValueError("key sets", `at most ${MAX_KEY_SETS}`);
    if (set.newIssuerKey || material.issuerKeys.length === 0) {
      if (material.issuerKeys.length >= MAX_ISSUER_KEYS)
        throw new ValueError("issuer keys", `at most ${MAX_ISSUER_KEYS}`);
      let secret = this.#random(32);
      while (!secp256k1.isSecretKey(secret)) secret = this.#random(32);
      material.issuerKeys.push(secret);
    }
    material.keySets.push({ id, label: set.label, sealKey, issuerKey: material.issuerKeys.length - 1 });
  }

  #appendBatchKey(material: KeyMaterial, batch: NewBatchKey & { readonly id: Uint8Array }): void {
    expectLabel(batch.label);
    requireLength(batch.id, 4, "batch key id");
    const others = [...material.batchKeys, ...material.keySets];
    if (others.some((other) => equalBytes(other.id, batch.id)))
      throw new KeyError("duplicate-key", `${this.path}: has a key of that id already`);
    const key = batch.key ? Uint8Array.from(batch.key) : this.#random(16);
    requireLength(key, 16, "batch key");
    if (material.batchKeys.some((other) => equalBytes(other.key, key)))
      throw new KeyError("duplicate-key", `${this.path}: has this batch key already`);
    if (material.batchKeys.length >= MAX_BATCH_KEYS)
      throw new ValueError("batch keys", `at most ${MAX_BATCH_KEYS}`);
    material.batchKeys.push({ id: batch.id, label: batch.label, key });
  }

  #appendMasterKey(material: KeyMaterial, master: NewMasterKey): void {
    const { version, diversification = "kdf3" } = master;
    if (!Number.isInteger(version) || version < 1 || (version > 127 && version !== 255))
      throw new ValueError("master key version", `need 1 to 127, or 255 for a factory key, have ${version}`);
    if (material.masterKeys.some((other) => other.version === version))
      throw new KeyError("duplicate-key", `${this.path}: has a master key of version ${version} already`);
    if (material.masterKeys.length >= MAX_MASTER_KEYS)
      throw new ValueError("master keys", `at most ${MAX_MASTER_KEYS}`);
    const key = master.key ? Uint8Array.from(master.key) : this.#random(16);
    requireLength(key, 16, "master key");
    material.masterKeys.push({ version, diversification, key });
  }

  /** Applies a change to a copy, saves it, and only then lets it count. */
  async #change(apply: (material: KeyMaterial) => void): Promise<void> {
    this.#assertOpen();
    const next: KeyMaterial = {
      issuerKeys: [...this.#material.issuerKeys],
      masterKeys: [...this.#material.masterKeys],
      keySets: [...this.#material.keySets],
      batchKeys: [...this.#material.batchKeys],
    };
    apply(next);
    await this.#save(next);
    this.#material = next;
    this.#index();
  }

  async #save(material: KeyMaterial): Promise<void> {
    const plaintext = encodeKeyMaterial(material);
    const version = material.batchKeys.length > 0 ? KEY_FILE_VERSION : 1;
    const document = writeBoxDocument(KEY_FILE_FORMAT, version, this.#box, plaintext);
    plaintext.fill(0);
    await replacePrivateFile(this.path, `${JSON.stringify(document, undefined, 2)}\n`, () =>
      this.#assertUnchanged(),
    );
    this.#checksum = document.checksum;
  }

  async #assertUnchanged(): Promise<void> {
    if (this.#checksum === undefined) {
      if (
        await access(this.path).then(
          () => true,
          () => false,
        )
      )
        throw new KeyError("file", `${this.path}: exists already and is not overwritten`);
      return;
    }
    const text = await readPrivateFile(this.path);
    if (parseBoxDocument(text, KEY_FILE_FORMAT, KEY_FILE_VERSION, this.path).checksum !== this.#checksum)
      throw new KeyError("conflict", `${this.path}: another process changed it; open it again`);
  }
}

function expectLabel(text: string): void {
  const label = utf8(text).length;
  if (label === 0 || label > MAX_LABEL_LENGTH)
    throw new ValueError("label", `need 1 to ${MAX_LABEL_LENGTH} bytes, have ${label}`);
}

const keyOf = (id: Uint8Array): number =>
  (((id[0] ?? 0) << 24) | ((id[1] ?? 0) << 16) | ((id[2] ?? 0) << 8) | (id[3] ?? 0)) >>> 0;
