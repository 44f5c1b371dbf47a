import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { acquireProcessLock, bytesToHex, isHeld, secp256k1, utf8, ValueError } from "../../common/index.js";
import { findKeySet, KeyError, KeyFile } from "../../keys/index.js";
import { newFolder } from "../../testing/hooks.js";

const folder = newFolder();
const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
const passphrase = utf8("correct horse");
let number = 0;
const fresh = () => join(folder, `keys-${++number}.json`);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KeyError) return error.code;
    throw error;
  }
  return "none";
}

describe("key file", () => {
  const path = fresh();
  let file: KeyFile;
  beforeAll(async () => {
    file = await KeyFile.create(path, passphrase, "festival", cheap);
  });

  it("opens to the same keys", async () => {
    const again = await KeyFile.open(path, passphrase);
    const [set] = file.keySets();
    const [sameSet] = again.keySets();
    if (!set || !sameSet) throw new Error("no key set");
    expect(sameSet).toEqual(set);
    expect(again.sealKey(set.id)).toEqual(file.sealKey(set.id));
    const digest = new Uint8Array(32).fill(7);
    const signature = await again.signUpdate(set.id, digest);
    expect(secp256k1.verify(signature, digest, set.issuerPublicKey)).toBe(true);
    const data = new Uint8Array(10).fill(3);
    expect(await again.cardKeys(48, data)).toEqual(await file.cardKeys(48, data));
    expect(again.masterKeys()).toEqual([{ version: 48, diversification: "kdf3", wellKnown: false }]);
    await again.close();
  });

  it("keeps batch keys of Bolt Cards, under a version that earlier releases refuse to write over", async () => {
    const own = fresh();
    const made = await KeyFile.create(own, passphrase, "festival", cheap);
    const version = () => (JSON.parse(readFileSync(own, "utf8")) as { version: number }).version;
    expect(version()).toBe(1);
    const key = new Uint8Array(16).fill(0x42);
    const batch = await made.addBatchKey({ label: "Bolt Cards", key });
    await made.addBatchKey({ label: "more" });
    expect(version()).toBe(2);
    expect(await codeOf(made.addBatchKey({ label: "twice", key }))).toBe("duplicate-key");
    expect(await codeOf(made.addKeySet({ label: "same id", id: batch.id }))).toBe("duplicate-key");
    expect(await codeOf(made.addBatchKey({ label: "same id", id: batch.id }))).toBe("duplicate-key");
    await expect(made.addBatchKey({ label: "" })).rejects.toThrow(ValueError);
    const again = await KeyFile.open(own, passphrase);
    expect(again.batchKeys().map(({ label }) => label)).toEqual(["Bolt Cards", "more"]);
    expect(again.keySets()).toEqual(made.keySets());
    expect(await again.batchMac(batch.id, utf8("x"))).toEqual(await made.batchMac(batch.id, utf8("x")));
    expect(await codeOf(again.batchMac(new Uint8Array(4), utf8("x")))).toBe("unknown-batch-key");
    await again.close();
    expect(await codeOf(again.batchMac(batch.id, utf8("x")))).toBe("closed");
  });

  it("is readable by its owner only, and refuses to be used otherwise", async () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o640);
    expect(await codeOf(KeyFile.open(path, passphrase))).toBe("permissions");
    chmodSync(path, 0o600);
  });

  it("tells a wrong passphrase from a damaged file, a cut one and a newer one", async () => {
    expect(await codeOf(KeyFile.open(path, utf8("wrong horse")))).toBe("wrong-passphrase");
    expect(await codeOf(KeyFile.open(path, new Uint8Array()))).toBe("no-passphrase");
    expect(await codeOf(KeyFile.open(join(folder, "none"), passphrase))).toBe("file");
    const text = readFileSync(path, "utf8");
    const document = JSON.parse(text) as Record<string, unknown>;
    const box = document.box as string;
    const variants: [string, string][] = [
      ["damaged", text.slice(0, text.length / 2)],
      ["damaged", ""],
      ["damaged", "null"],
      ["damaged", JSON.stringify({ ...document, box: `${box.startsWith("0") ? "1" : "0"}${box.slice(1)}` })],
      ["damaged", JSON.stringify({ ...document, scrypt: { n: 2 ** 14, r: 8, p: 2 } })],
      ["damaged", JSON.stringify({ ...document, scrypt: { n: 2 ** 30, r: 8, p: 1 } })],
      ["damaged", JSON.stringify({ ...document, format: "other" })],
      ["newer-version", JSON.stringify({ ...document, version: 3 })],
    ];
    for (const [code, content] of variants) {
      const damaged = fresh();
      writeFileSync(damaged, content, { mode: 0o600 });
      expect([code, await codeOf(KeyFile.open(damaged, passphrase))]).toEqual([code, code]);
      expect(readFileSync(damaged, "utf8")).toBe(content);
    }
  });

  it("bounds the memory that a file may ask for, also with a mended checksum", async () => {
    const { writeBoxDocument } = await import("../../keys/sealed-box.js");
    for (const scrypt of [
      { n: 2 ** 24, r: 8, p: 1 },
      { n: 2, r: 8, p: 1 },
      { n: 2 ** 14, r: 1024, p: 1 },
      { n: 2 ** 14 + 1, r: 8, p: 1 },
      { n: 2 ** 14, r: 8, p: 1000 },
    ]) {
      const key = { parameters: scrypt, salt: new Uint8Array(32), key: new Uint8Array(32) };
      const hostile = fresh();
      const document = writeBoxDocument("chequecard-keys", 1, key, new Uint8Array(4));
      writeFileSync(hostile, JSON.stringify(document), { mode: 0o600 });
      expect(await codeOf(KeyFile.open(hostile, passphrase))).toBe("damaged");
    }
  });

  it("never overwrites", async () => {
    const before = readFileSync(path);
    expect(await codeOf(KeyFile.create(path, passphrase, "other", cheap))).toBe("file");
    expect(readFileSync(path)).toEqual(before);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("grows: key sets with and without a new issuer key, master keys", async () => {
    const own = await KeyFile.create(fresh(), passphrase, "one", cheap);
    const two = await own.addKeySet({ label: "two" });
    const three = await own.addKeySet({ label: "three", id: Uint8Array.of(1, 2, 3, 4), newIssuerKey: true });
    const [one] = own.keySets();
    expect(two.issuerPublicKey).toEqual(one?.issuerPublicKey);
    expect(three.issuerPublicKey).not.toEqual(one?.issuerPublicKey);
    await own.addMasterKey({ version: 2 });
    await own.addMasterKey({ version: 255, key: new Uint8Array(16).fill(9), diversification: "none" });
    expect(await codeOf(own.addMasterKey({ version: 2 }))).toBe("duplicate-key");
    expect(await codeOf(own.addKeySet({ label: "x", id: Uint8Array.of(1, 2, 3, 4) }))).toBe("duplicate-key");
    for (const version of [0, 128, 254, 256, 1.5])
      await expect(own.addMasterKey({ version })).rejects.toThrow(ValueError);
    await expect(own.addKeySet({ label: "" })).rejects.toThrow(ValueError);
    await expect(own.addKeySet({ label: "ü".repeat(33) })).rejects.toThrow(ValueError);
    const again = await KeyFile.open(own.path, passphrase);
    expect(again.keySets().map((set) => set.label)).toEqual(["one", "two", "three"]);
    expect(again.masterKeys().map((master) => master.version)).toEqual([48, 2, 255]);
    expect((await again.cardKeys(255, new Uint8Array(10))).dek).toEqual(new Uint8Array(16).fill(9));
    expect(await codeOf(again.cardKeys(3, new Uint8Array(10)))).toBe("unknown-master-key");
    expect(await codeOf(again.signUpdate(new Uint8Array(4), new Uint8Array(32)))).toBe("unknown-key-set");
    expect(() => findKeySet(again, new Uint8Array(4))).toThrow(KeyError);
    expect(findKeySet(again, three.id).label).toBe("three");
  });

  it("changes its passphrase", async () => {
    const own = await KeyFile.create(fresh(), passphrase, "one", cheap);
    await own.changePassphrase(utf8("another"));
    expect(await codeOf(KeyFile.open(own.path, passphrase))).toBe("wrong-passphrase");
    const again = await KeyFile.open(own.path, utf8("another"));
    expect(again.keySets()).toEqual(own.keySets());
    expect(await codeOf(own.changePassphrase(new Uint8Array()))).toBe("no-passphrase");
    await own.addKeySet({ label: "still writable" });
  });

  it("does not lose what another process wrote", async () => {
    const own = await KeyFile.create(fresh(), passphrase, "one", cheap);
    const other = await KeyFile.open(own.path, passphrase);
    await other.addKeySet({ label: "two" });
    expect(await codeOf(own.addKeySet({ label: "three" }))).toBe("conflict");
    expect(own.keySets()).toHaveLength(1);
    expect((await KeyFile.open(own.path, passphrase)).keySets().map((set) => set.label)).toEqual([
      "one",
      "two",
    ]);
    const held = acquireProcessLock(`${own.path}.lock`);
    if (isHeld(held)) throw new Error("the lock is taken");
    expect(await codeOf(other.addKeySet({ label: "three" }))).toBe("conflict");
    held.release();
    writeFileSync(
      `${own.path}.lock`,
      JSON.stringify({ pid: 1, started: "0", boot: "another", pidNamespace: "" }),
    );
    await other.addKeySet({ label: "after a killed writer" });
  });

  it("clears its keys when closed and gives none afterwards", async () => {
    const own = await KeyFile.create(fresh(), passphrase, "one", cheap);
    const [set] = own.keySets();
    const seal = set && own.sealKey(set.id);
    if (!set || !seal) throw new Error("no seal key");
    await own.close();
    await own.close();
    expect(seal).toEqual(new Uint8Array(16));
    expect(own.sealKey(set.id)).toBeUndefined();
    expect(() => own.keySets()).toThrow(KeyError);
    expect(await codeOf(own.signUpdate(set.id, new Uint8Array(32)))).toBe("closed");
    expect(await codeOf(own.cardKeys(48, new Uint8Array(10)))).toBe("closed");
  });

  it("keeps every secret out of the file and out of errors", async () => {
    const sealKey = utf8("sixteen byte key");
    const own = await KeyFile.create(fresh(), passphrase, "one", cheap);
    await own.addKeySet({ label: "two", sealKey });
    const text = readFileSync(own.path, "utf8");
    for (const secret of ["sixteen byte key", bytesToHex(sealKey), "correct horse", bytesToHex(passphrase)])
      expect(text).not.toContain(secret);
    const error = await KeyFile.open(own.path, utf8("wrong horse")).catch((caught: Error) => caught);
    expect(JSON.stringify([String(error), { ...(error as Error) }])).not.toContain("horse");
  });
});
