import {
  bytesToHex,
  equalBytes,
  hexToBytes,
  requireLength,
  secp256k1,
  utf8,
  ValueError,
} from "../common/index.js";
import { KDF3_PURPOSE, kdf3Input } from "./kdf3.js";
import {
  type BatchKey,
  type CardStaticKeys,
  KeyError,
  type KeySet,
  type KeySource,
  type MasterKey,
} from "./key-source.js";
import {
  CK,
  type Handle,
  type Pkcs11Options,
  Pkcs11Session,
  SECP256K1_OID,
  type Template,
} from "./pkcs11-session.js";

export type { Pkcs11Options } from "./pkcs11-session.js";

const SEAL_LABEL = "chequecard seal ";
const ISSUER_LABEL = "chequecard issuer ";
const MASTER_LABEL = "chequecard master";
const BATCH_LABEL = "chequecard bolt ";
/** What the seal key of a key set is the AES-CMAC of, with the key set id behind it (specs/04 §2.3). */
const SEAL_DERIVATION = "chequecard/seal";

interface TokenKeySet extends KeySet {
  readonly sealKey: Uint8Array;
  readonly issuerKey: Handle;
}

interface TokenBatchKey extends BatchKey {
  readonly key: Handle;
}

interface TokenMasterKey extends MasterKey {
  readonly key: Handle;
}

/**
 * The issuer's keys in a PKCS #11 token (specs/04 §2.3). Issuer keys and master keys never leave it: it signs
 * updates (ECDSA on secp256k1) and derives the static keys of cards (AES-CMAC). Seal keys are on every card of a
 * batch and on the hot path, so they are derived once when the source opens.
 */
export class Pkcs11KeySource implements KeySource {
  readonly #session: Pkcs11Session;
  #keySets: TokenKeySet[] = [];
  #masterKeys: TokenMasterKey[] = [];
  #batchKeys: TokenBatchKey[] = [];

  private constructor(session: Pkcs11Session) {
    this.#session = session;
  }

  /** Opens a token and reads which keys it has. @throws KeyError `hsm` */
  static async open(options: Pkcs11Options): Promise<Pkcs11KeySource> {
    const session = Pkcs11Session.open(options);
    const source = new Pkcs11KeySource(session);
    try {
      await source.#read();
      return source;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  keySets(): readonly KeySet[] {
    return this.#keySets;
  }

  sealKey(keySetId: Uint8Array): Uint8Array | undefined {
    return this.#find(keySetId)?.sealKey;
  }

  async signUpdate(keySetId: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    requireLength(digest, 32, "digest");
    const set = this.#find(keySetId);
    if (!set) throw new KeyError("unknown-key-set", `HSM: no key set ${bytesToHex(keySetId)}`);
    return lowS(Uint8Array.from(await this.#session.sign(CK.M_ECDSA, set.issuerKey, digest, 64)));
  }

  batchKeys(): readonly BatchKey[] {
    return this.#batchKeys.map(({ id, label }) => ({ id, label }));
  }

  async batchMac(id: Uint8Array, input: Uint8Array): Promise<Uint8Array> {
    const batch = this.#batchKeys.find((entry) => equalBytes(entry.id, id));
    if (!batch) throw new KeyError("unknown-batch-key", `HSM: no batch key ${bytesToHex(id)}`);
    return Uint8Array.from(await this.#session.sign(CK.M_AES_CMAC, batch.key, input, 16));
  }

  masterKeys(): readonly MasterKey[] {
    return this.#masterKeys;
  }

  async cardKeys(version: number, diversification: Uint8Array): Promise<CardStaticKeys> {
    const master = this.#masterKeys.find((entry) => entry.version === version);
    if (!master) throw new KeyError("unknown-master-key", `HSM: no master key of version ${version}`);
    const derive = async (purpose: number) =>
      Uint8Array.from(
        await this.#session.sign(CK.M_AES_CMAC, master.key, kdf3Input(purpose, diversification), 16),
      );
    return {
      version,
      enc: await derive(KDF3_PURPOSE.ENC),
      mac: await derive(KDF3_PURPOSE.MAC),
      dek: await derive(KDF3_PURPOSE.DEK),
    };
  }

  /**
   * Makes a key set in the token: an issuer key and the key that its seal key comes from, both unextractable.
   * @param id 4 bytes; @throws KeyError `duplicate-key`, `hsm`
   */
  async addKeySet(id: Uint8Array, label: string): Promise<KeySet> {
    requireLength(id, 4, "key set id");
    if (utf8(label).length === 0 || utf8(label).length > 64)
      throw new ValueError("label", "need 1 to 64 bytes");
    if (this.#find(id)) throw new KeyError("duplicate-key", "HSM: has a key set of that id already");
    const { library, handle } = this.#session;
    await this.#session.run("making a key set failed", () => {
      library.C_GenerateKeyPair(
        handle,
        { mechanism: CK.M_EC_KEY_PAIR_GEN },
        [
          { type: CK.A_TOKEN, value: true },
          { type: CK.A_VERIFY, value: true },
          { type: CK.A_EC_PARAMS, value: SECP256K1_OID },
          { type: CK.A_ID, value: Buffer.from(id) },
          { type: CK.A_LABEL, value: ISSUER_LABEL + label },
        ],
        [...secretTemplate(id, ISSUER_LABEL + label)],
      );
      // The seal key last: a key set counts once it is there.
      library.C_GenerateKey(handle, { mechanism: CK.M_AES_KEY_GEN }, [
        ...secretTemplate(id, SEAL_LABEL + label),
        { type: CK.A_VALUE_LEN, value: 16 },
      ]);
    });
    await this.#read();
    const added = this.#find(id);
    if (!added) throw new KeyError("hsm", "HSM: the new key set is not there");
    return added;
  }

  /**
   * Makes a master key in the token, or imports one that exists already.
   * @param version 1..127; @param existing 16 bytes, cleared by the caller
   * @throws KeyError `duplicate-key`, `hsm`
   */
  async addMasterKey(version: number, existing?: Uint8Array): Promise<void> {
    if (!Number.isInteger(version) || version < 1 || version > 127)
      throw new ValueError("master key version", `need 1 to 127, have ${version}`);
    if (existing) requireLength(existing, 16, "master key");
    if (this.#masterKeys.some((entry) => entry.version === version))
      throw new KeyError("duplicate-key", `HSM: has a master key of version ${version} already`);
    const template = secretTemplate(Uint8Array.of(version), MASTER_LABEL);
    await this.#makeSecret(template, existing, "making a master key failed");
  }

  /**
   * Makes a batch key for Bolt Cards in the token, or imports the issuer key of another server.
   * @param id 4 bytes; @param existing 16 bytes, cleared by the caller
   * @throws KeyError `duplicate-key`, `hsm`; ValueError
   */
  async addBatchKey(id: Uint8Array, label: string, existing?: Uint8Array): Promise<BatchKey> {
    requireLength(id, 4, "batch key id");
    if (utf8(label).length === 0 || utf8(label).length > 64)
      throw new ValueError("label", "need 1 to 64 bytes");
    if (existing) requireLength(existing, 16, "batch key");
    if ([...this.#batchKeys, ...this.#keySets].some((entry) => equalBytes(entry.id, id)))
      throw new KeyError("duplicate-key", "HSM: has a key of that id already");
    await this.#makeSecret(secretTemplate(id, BATCH_LABEL + label), existing, "making a batch key failed");
    return { id: id.slice(), label };
  }

  async #makeSecret(template: Template, existing: Uint8Array | undefined, failure: string): Promise<void> {
    const { library, handle } = this.#session;
    await this.#session.run(failure, () => {
      if (!existing)
        return library.C_GenerateKey(handle, { mechanism: CK.M_AES_KEY_GEN }, [
          ...template,
          { type: CK.A_VALUE_LEN, value: 16 },
        ]);
      return library.C_CreateObject(handle, [
        { type: CK.A_CLASS, value: CK.O_SECRET_KEY },
        { type: CK.A_KEY_TYPE, value: CK.K_AES },
        ...template,
        { type: CK.A_VALUE, value: Buffer.from(existing) },
      ]);
    });
    await this.#read();
  }

  async close(): Promise<void> {
    for (const set of this.#keySets) set.sealKey.fill(0);
    this.#keySets = [];
    this.#masterKeys = [];
    this.#batchKeys = [];
    await this.#session.close();
  }

  #find(id: Uint8Array): TokenKeySet | undefined {
    return this.#keySets.find((set) => Buffer.compare(set.id, id) === 0);
  }

  async #read(): Promise<void> {
    const session = this.#session;
    const { secrets, masters, batches } = await session.run("listing keys failed", () => {
      const keys = session.find([{ type: CK.A_CLASS, value: CK.O_SECRET_KEY }]).map((key) => ({
        key,
        id: session.attribute(key, CK.A_ID),
        label: session.attribute(key, CK.A_LABEL).toString(),
      }));
      return {
        secrets: keys.filter((entry) => entry.label.startsWith(SEAL_LABEL) && entry.id.length === 4),
        masters: keys.filter((entry) => entry.label === MASTER_LABEL && entry.id.length === 1),
        batches: keys.filter((entry) => entry.label.startsWith(BATCH_LABEL) && entry.id.length === 4),
      };
    });
    const sets: TokenKeySet[] = [];
    for (const { key, id, label } of secrets) {
      const name = label.slice(SEAL_LABEL.length);
      const { issuerKey, point } = await session.run("reading an issuer key failed", () => {
        const named = (type: number): Handle => {
          const [found] = session.find([
            { type: CK.A_CLASS, value: type },
            { type: CK.A_ID, value: id },
            { type: CK.A_LABEL, value: ISSUER_LABEL + name },
          ]);
          if (!found) throw new KeyError("hsm", `HSM: the key set "${name}" has no issuer key`);
          return found;
        };
        return {
          issuerKey: named(CK.O_PRIVATE_KEY),
          point: session.attribute(named(CK.O_PUBLIC_KEY), CK.A_EC_POINT),
        };
      });
      const input = Buffer.concat([utf8(SEAL_DERIVATION), id]);
      const sealKey = Uint8Array.from(await session.sign(CK.M_AES_CMAC, key, input, 16));
      // CKA_EC_POINT is the point in a DER OCTET STRING.
      const issuerPublicKey = secp256k1.convert(Uint8Array.from(point.subarray(-65)), true);
      sets.push({ id: Uint8Array.from(id), label: name, sealKey, issuerKey, issuerPublicKey });
    }
    this.#keySets = sets;
    this.#batchKeys = batches.map(({ key, id, label }) => ({
      key,
      id: Uint8Array.from(id),
      label: label.slice(BATCH_LABEL.length),
    }));
    this.#masterKeys = masters.map(({ key, id }) => ({
      key,
      version: id[0] ?? 0,
      diversification: "kdf3",
      wellKnown: false,
    }));
  }
}

const secretTemplate = (id: Uint8Array, label: string): Template => [
  { type: CK.A_TOKEN, value: true },
  { type: CK.A_PRIVATE, value: true },
  { type: CK.A_SENSITIVE, value: true },
  { type: CK.A_EXTRACTABLE, value: false },
  { type: CK.A_SIGN, value: true },
  { type: CK.A_ID, value: Buffer.from(id) },
  { type: CK.A_LABEL, value: label },
];

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The same signature with the lower of s and n - s; tokens return either. */
function lowS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${bytesToHex(signature.subarray(32))}`);
  if (s <= ORDER / 2n) return signature;
  signature.set(hexToBytes((ORDER - s).toString(16).padStart(64, "0")), 32);
  return signature;
}
