import { expect, it } from "vitest";
import { boltCardKeys } from "../../bolt-card/keys.js";
import { hexToBytes, secp256k1 } from "../../common/index.js";
import { keysOf } from "../../issuer/bolt-cards/batches.js";
import { KeyError, kdf3, Pkcs11KeySource } from "../../keys/index.js";
import { describeWithSoftHsm } from "./soft-hsm.js";

describeWithSoftHsm("PKCS #11 token (SoftHSM2)", (options) => {
  const id = hexToBytes("0a0b0c0d");

  it("makes keys that stay in the token, and does with them what a key file does", async () => {
    const source = await Pkcs11KeySource.open(options);
    expect([source.keySets(), source.masterKeys()]).toEqual([[], []]);
    const set = await source.addKeySet(id, "festival");
    await source.addKeySet(hexToBytes("0a0b0c0e"), "festival");
    const master = hexToBytes("404142434445464748494a4b4c4d4e4f");
    await source.addMasterKey(1, master);
    await source.addMasterKey(2);
    const data = hexToBytes("00010203040506070809");
    expect(await source.cardKeys(1, data)).toEqual(kdf3(1, master, data));
    const made = await source.cardKeys(2, data);
    const sealKey = source.sealKey(id)?.slice();
    expect(sealKey).toHaveLength(16);
    expect(source.sealKey(hexToBytes("0a0b0c0e"))).not.toEqual(sealKey);
    await source.close();
    await source.close();

    const again = await Pkcs11KeySource.open(options);
    const found = again.keySets().find((other) => Buffer.compare(other.id, id) === 0);
    expect(found).toMatchObject({ id: set.id, label: "festival", issuerPublicKey: set.issuerPublicKey });
    expect(again.sealKey(id)).toEqual(sealKey);
    expect(await again.cardKeys(2, data)).toEqual(made);
    const digests = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i + 1));
    const signatures = await Promise.all(digests.map((digest) => again.signUpdate(id, digest)));
    for (const [i, signature] of signatures.entries()) {
      expect(secp256k1.verify(signature, digests[i] ?? new Uint8Array(), set.issuerPublicKey)).toBe(true);
      expect(signature[32]).toBeLessThan(0x80);
    }
    await expect(again.addKeySet(id, "x")).rejects.toMatchObject({ code: "duplicate-key" });
    await expect(again.addMasterKey(2)).rejects.toMatchObject({ code: "duplicate-key" });
    await expect(again.cardKeys(9, data)).rejects.toMatchObject({ code: "unknown-master-key" });
    await expect(again.signUpdate(new Uint8Array(4), new Uint8Array(32))).rejects.toMatchObject({
      code: "unknown-key-set",
    });
    await again.close();
  });

  it("derives the keys of Bolt Cards as a key file does, without the batch key leaving it", async () => {
    const source = await Pkcs11KeySource.open(options);
    const [own, other] = [hexToBytes("b0170001"), hexToBytes("b0170002")];
    const issuerKey = hexToBytes("00000000000000000000000000000001");
    await source.addBatchKey(own, "festival", issuerKey);
    await source.addBatchKey(other, "another");
    await expect(source.addBatchKey(own, "x")).rejects.toMatchObject({ code: "duplicate-key" });
    await source.close();
    const again = await Pkcs11KeySource.open(options);
    expect(again.batchKeys()).toContainEqual({ id: own, label: "festival" });
    // Bolt Card's published example of its derivation.
    const uid = hexToBytes("04a39493cc8680");
    const { k0, k1, k2 } = await keysOf(again, own, uid, 1);
    expect([k0, k1, k2]).toEqual(Object.values(boltCardKeys(issuerKey, uid, 1)).slice(0, 3));
    expect((await keysOf(again, other, uid, 1)).k1).not.toEqual(k1);
    await expect(again.batchMac(new Uint8Array(4), uid)).rejects.toMatchObject({ code: "unknown-batch-key" });
    await again.close();
  });

  it("names what is wrong with the library, the token or the PIN, and never the PIN", async () => {
    for (const wrong of [
      { ...options, library: "/nonexistent.so" },
      { ...options, token: "another" },
      { ...options, pin: "999999" },
    ]) {
      const error = await Pkcs11KeySource.open(wrong).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(KeyError);
      expect(error).toMatchObject({ code: "hsm" });
      expect(String(error)).not.toContain(wrong.pin);
    }
    const source = await Pkcs11KeySource.open(options);
    await source.close();
  });
});
