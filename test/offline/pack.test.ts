import { closeSync, ftruncateSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hexToBytes, msat, secp256k1, u64 } from "../../common/index.js";
import { DenyList, MAX_DENIED } from "../../offline/deny-list.js";
import { fingerprint } from "../../offline/fingerprint.js";
import { type AcceptancePack, CLOCK_TOLERANCE, MAX_PACK_LENGTH } from "../../offline/pack.js";
import { checkPack, checkPackTime, openPack, openPackFile, writePack } from "../../offline/pack-file.js";
import { newFolder } from "../../testing/hooks.js";
import { PACK_MADE_AT, packFile, TERMINAL_KEY, testPack } from "../../testing/offline/pack.js";

const folder = newFolder();
const OTHER_KEY = hexToBytes("73".repeat(32));
const pack = testPack();
const file = await packFile(pack);
const expected = { issuer: pack.issuer, network: pack.network, now: PACK_MADE_AT + 60 };
const code = (wanted: string) => expect.objectContaining({ name: "PackError", code: wanted });
const changed = (at: number, by = 1): Uint8Array => file.map((byte, i) => (i === at ? byte ^ by : byte));
const cards = (count: number) => Array.from({ length: count }, (_, i) => u64(BigInt(i) * 0x1234567n + 5n));

describe("an acceptance pack", () => {
  it("is opened by its terminal with everything that the issuer put in", async () => {
    expect(openPack(file, TERMINAL_KEY)).toEqual(pack);
    const guarantee = { perCard: msat(1n), total: msat(2n), contradictions: true };
    const guaranteed = testPack({ guarantee, denied: DenyList.of(cards(3)) });
    expect(openPack(await packFile(guaranteed), TERMINAL_KEY)).toEqual(guaranteed);
    expect(() => checkPack(pack, { ...expected, installed: 6n })).not.toThrow();
  });

  it("never shows its seal key, its signature or its content twice", async () => {
    const again = await packFile(pack);
    expect(Buffer.from(again).subarray(19)).not.toEqual(Buffer.from(file).subarray(19));
    expect(Buffer.from(file).includes(Buffer.alloc(16, 0x5e))).toBe(false);
  });

  it("of 1,000 denied cards takes at most 16 KB", async () => {
    const long = await packFile(testPack({ denied: DenyList.of(cards(1000)) }));
    expect(long.length).toBeLessThanOrEqual(16_000);
    expect(openPack(long, TERMINAL_KEY).denied.length).toBe(1000);
  });

  it("of the most denied cards and key sets fits its greatest length", async () => {
    const keySets = Array.from({ length: 64 }, (_, i) => ({
      ...(pack.keySets[0] as AcceptancePack["keySets"][number]),
      id: Uint8Array.of(0, 0, 0, i),
    }));
    const nodes = Array.from({ length: 8 }, () => pack.nodes[0] as AcceptancePack["nodes"][number]);
    const most = await packFile(testPack({ keySets, nodes, denied: DenyList.of(cards(MAX_DENIED)) }));
    expect(most.length).toBeLessThanOrEqual(MAX_PACK_LENGTH);
  });

  it.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(0), "not-a-pack"],
    ["64 KiB of garbage", new Uint8Array(65_536).fill(0xa5), "not-a-pack"],
    ["longer than any pack", Uint8Array.of(...file.slice(0, 5), ...new Uint8Array(65_532)), "not-a-pack"],
    ["cut in its head", file.slice(0, 8), "cut"],
    ["cut by a byte", file.slice(0, -1), "cut"],
    ["followed by a byte", Uint8Array.of(...file, 0), "cut"],
    ["of a later version", changed(4, 3), "newer-version"],
    ["of version 0", changed(4, 1), "damaged"],
    ["with a changed terminal", changed(9), "other-terminal"],
    ["with a changed ephemeral key", changed(19, 0xff), "damaged"],
    ["with a changed nonce", changed(60), "damaged"],
    ["with a changed byte in its box", changed(100), "damaged"],
    ["with a changed authentication tag", changed(file.length - 1), "damaged"],
  ])("%s is refused", (_, bytes, wanted) => {
    expect(() => openPack(bytes, TERMINAL_KEY)).toThrow(code(wanted));
  });

  it("for another terminal is refused, and the sentence names the key to ask for", () => {
    const hint = `Ask the issuer for a pack for this terminal's key, ${fingerprint(secp256k1.publicKey(OTHER_KEY))}.`;
    expect(() => openPack(file, OTHER_KEY)).toThrow(
      expect.objectContaining({ code: "other-terminal", hint }),
    );
  });

  it("signed by another key is refused by its writer and by its reader", async () => {
    await expect(packFile(pack, OTHER_KEY)).rejects.toThrow("pack/issuer: another key signed");
    // An issuer of whom this terminal knows nothing.
    const theirs = testPack({
      issuer: secp256k1.publicKey(OTHER_KEY),
      keySets: [
        {
          ...(pack.keySets[0] as AcceptancePack["keySets"][number]),
          issuerPoint: secp256k1.publicKey(OTHER_KEY),
        },
      ],
    });
    const forged = await writePack(theirs, (digest) => secp256k1.sign(digest, OTHER_KEY));
    expect(() => checkPack(openPack(forged, TERMINAL_KEY), expected)).toThrow(code("other-issuer"));
  });

  it.each<[string, Partial<AcceptancePack>, object, string]>([
    ["for another network", { network: "tb" }, {}, "other-network"],
    ["older than the one installed", {}, { installed: 8n }, "older"],
    ["installed already", {}, { installed: 7n }, "older"],
    ["at the second it expires", {}, { now: pack.validUntil }, "expired"],
    ["from the future", {}, { now: PACK_MADE_AT - CLOCK_TOLERANCE - 1 }, "from-the-future"],
    ["made a day ahead of the terminal's clock", {}, { now: PACK_MADE_AT - 86_400 }, "from-the-future"],
  ])("%s is refused", (_, changes, expectations, wanted) => {
    expect(() => checkPack(testPack(changes), { ...expected, ...expectations })).toThrow(code(wanted));
  });

  it("is in use while the clocks differ by no more than the tolerance, until its last second", () => {
    expect(() => checkPackTime(pack, PACK_MADE_AT - CLOCK_TOLERANCE)).not.toThrow();
    expect(() => checkPackTime(pack, pack.validUntil - 1)).not.toThrow();
  });

  it("of 64 MiB is refused unread", () => {
    const path = join(folder, "garbage");
    const handle = openSync(path, "w");
    ftruncateSync(handle, 64 * 1024 * 1024);
    closeSync(handle);
    expect(() => openPackFile(path, TERMINAL_KEY)).toThrow(
      `${path}: need at most 65536 bytes, have 67108864`,
    );
  });

  it("in a file is opened like its bytes", () => {
    const path = join(folder, "pack");
    writeFileSync(path, file);
    expect(openPackFile(path, TERMINAL_KEY)).toEqual(pack);
  });
});
