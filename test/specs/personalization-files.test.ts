import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CARD_AID, type Transport } from "../../apdu/index.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { isPageSecret, KeyFile, newPageSecret, pageAddress, pageHashes } from "../../keys/index.js";
import { decodeKeyMaterial, encodeKeyMaterial } from "../../keys/key-material.js";
import { deriveBoxKey, openBoxDocument, parseBoxDocument } from "../../keys/sealed-box.js";
import { profileFingerprint } from "../../personalize/batch.js";
import { packBlocks } from "../../personalize/card-data.js";
import { probeCard } from "../../personalize/chip.js";
import { Journal } from "../../personalize/journal.js";
import { JournalFile, readJournal } from "../../personalize/journal-file.js";
import { readPinLetters } from "../../personalize/pin-letters.js";
import { parseProfile } from "../../personalize/profile.js";
import { newFolder } from "../../testing/hooks.js";
import { readVectorFile } from "./vector-file.js";

interface Case {
  readonly comment: string;
  readonly valid: boolean;
  readonly error: string;
}
interface Material {
  readonly issuerKeys: readonly string[];
  readonly masterKeys: readonly { readonly version: number; readonly key: string }[];
  readonly keySets: readonly { readonly id: string; readonly sealKey: string; readonly label: string }[];
}
const vectors = readVectorFile<{
  keyFiles: readonly (Case & {
    passphrase: string;
    key: string;
    content: string;
    material: Material;
    file: { salt: string; scrypt: { n: number; r: number; p: number } };
  })[];
  fingerprints: readonly { comment: string; file: string; keySet: string; fingerprint: string }[];
  journals: readonly (Case & { file: string; texts: readonly string[] })[];
  pinLetters: readonly (Case & { passphrase: string; letters: readonly object[]; file: string })[];
  blocks: readonly {
    comment: string;
    room: number;
    groups: readonly { dgi: string; value: string }[];
    blocks: readonly (readonly string[])[];
  }[];
  productionData: readonly (Case & { hex: string; chip: string })[];
  cardPages: readonly (Case & {
    base: string;
    secret: string;
    address: string;
    code: string;
    secretHash: string;
    codeHash: string;
  })[];
}>("personalization-files.json");

const folder = newFolder();
let files = 0;
/** A file of this content that its owner alone may read. */
function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
const valid = <T extends Case>(cases: readonly T[]): T[] => cases.filter((entry) => entry.valid);
const invalid = <T extends Case>(cases: readonly T[]): T[] => cases.filter((entry) => !entry.valid);

describe("key files of the specification", () => {
  test.each(valid(vectors.keyFiles))("$comment", async ({ passphrase, key, content, material, file }) => {
    const path = fileOf(JSON.stringify(file));
    const opened = await KeyFile.open(path, hexToBytes(passphrase));
    expect(opened.keySets().map(({ id, label }) => ({ id: bytesToHex(id), label }))).toEqual(
      material.keySets.map(({ id, label }) => ({ id, label })),
    );
    for (const { id, sealKey } of material.keySets)
      expect(bytesToHex(opened.sealKey(hexToBytes(id)) ?? new Uint8Array())).toBe(sealKey);
    expect(opened.masterKeys().map(({ version }) => version)).toEqual(
      material.masterKeys.map(({ version }) => version),
    );
    await opened.close();

    const box = await deriveBoxKey(hexToBytes(passphrase), file.scrypt, hexToBytes(file.salt));
    expect(bytesToHex(box.key)).toBe(key);
    const document = parseBoxDocument(JSON.stringify(file), "chequecard-keys", 1, path);
    expect(bytesToHex(openBoxDocument(document, box.key, path))).toBe(content);
    const read = decodeKeyMaterial(hexToBytes(content));
    expect(read.issuerKeys.map(bytesToHex)).toEqual(material.issuerKeys);
    expect(read.masterKeys.map((master) => ({ ...master, key: bytesToHex(master.key) }))).toEqual(
      material.masterKeys,
    );
    expect(bytesToHex(encodeKeyMaterial(read))).toBe(content);
  });

  const CODES: Readonly<Record<string, string>> = {
    passphrase: "wrong-passphrase",
    version: "newer-version",
  };
  test.each(invalid(vectors.keyFiles))("refused: $comment", async ({ passphrase, file, error }) => {
    await expect(KeyFile.open(fileOf(JSON.stringify(file)), hexToBytes(passphrase))).rejects.toMatchObject({
      code: CODES[error] ?? "damaged",
    });
  });
});

test.each(vectors.fingerprints)("fingerprint of a batch: $comment", ({ file, keySet, fingerprint }) => {
  const set = { id: hexToBytes(keySet), label: "", issuerPublicKey: new Uint8Array(33) };
  expect(bytesToHex(profileFingerprint(parseProfile(file, "profile"), set))).toBe(fingerprint);
});

describe("journals of the specification", () => {
  test.each(valid(vectors.journals))("$comment", ({ file, texts }) => {
    const path = fileOf(hexToBytes(file));
    expect(readJournal(path).lines).toEqual(texts);
    expect(Journal.read(path).batch.cards).toHaveLength(2);
    const again = join(folder, `written-${files++}`);
    const journal = JournalFile.create(again, { durable: false });
    for (const text of texts) journal.append(text);
    journal.close();
    const written = readFileSync(again).toString("hex");
    expect(file.slice(0, written.length)).toBe(written);
  });

  test("every step is read as what it means", () => {
    const [whole] = valid(vectors.journals);
    const journal = Journal.read(fileOf(hexToBytes(whole?.file ?? "")));
    expect(journal.counts()).toEqual({ open: 1, assigned: 0, verified: 0, active: 0, done: 1 });
    expect(journal.items.map(({ order }) => order.credit)).toEqual([undefined, 1000n]);
    const [chip = ""] = journal.chips.keys();
    expect(journal.chips.get(chip)).toMatchObject({
      rotatedTo: 1,
      kept: 255,
      level: 0x33,
      rotating: undefined,
    });
    expect(journal.mayAttempt("aa".repeat(12), 1)).toBe(true);
  });

  test.each(invalid(vectors.journals))("damage: $comment", ({ file, error }) => {
    expect(() => readJournal(fileOf(hexToBytes(file)))).toThrow(
      expect.objectContaining({ code: "damaged", message: expect.stringContaining(error) }),
    );
  });
});

describe("PIN letters of the specification", () => {
  test.each(valid(vectors.pinLetters))("$comment", async ({ passphrase, letters, file }) => {
    expect(await readPinLetters(fileOf(hexToBytes(file)), hexToBytes(passphrase))).toEqual(letters);
  });

  test.each(invalid(vectors.pinLetters))("refused: $comment", async ({ passphrase, file, error }) => {
    await expect(readPinLetters(fileOf(hexToBytes(file)), hexToBytes(passphrase))).rejects.toMatchObject({
      code: error === "passphrase" ? "wrong-passphrase" : "damaged",
      message: expect.stringContaining(error === "head" ? "PIN letters" : error),
    });
  });
});

test.each(vectors.blocks)("groups fill blocks: $comment", ({ room, groups, blocks }) => {
  const given = groups.map(({ dgi, value }) => ({ dgi: Number.parseInt(dgi, 16), value: hexToBytes(value) }));
  const packed = packBlocks(given, room).map((block) =>
    block.map(({ dgi }) => dgi.toString(16).padStart(4, "0")),
  );
  expect(packed).toEqual(blocks);
});

describe("production data", () => {
  /** A card with this answer to GET DATA 9F7F, no key information, and a blank application. */
  const cardOf = (production: string): Transport => {
    const fci = `6f2e8408${bytesToHex(CARD_AID)}a522c12001000100${"00".repeat(28)}`;
    const answers: Readonly<Record<string, string>> = {
      "80ca9f7f": production,
      "80ca00e0": "",
      [`00a40400${bytesToHex(CARD_AID)}`]: fci,
    };
    return {
      transmit: async (bytes) => {
        const command = bytesToHex(bytes);
        const answer = answers[command.slice(0, 8)] ?? answers[command.slice(0, 8) + command.slice(10, 26)];
        return hexToBytes(answer === "" ? "6a88" : `${answer ?? ""}9000`);
      },
    } as Transport;
  };

  test.each(valid(vectors.productionData))("$comment name the chip", async ({ hex, chip }) => {
    expect((await probeCard(cardOf(hex))).chip).toBe(chip);
  });

  test.each(invalid(vectors.productionData))("$comment name no chip", async ({ hex, error }) => {
    const code = error === "serial" ? "unsupported-card" : "parse";
    await expect(probeCard(cardOf(hex))).rejects.toMatchObject({ code });
  });
});

describe("pages of cards of the specification", () => {
  test.each(valid(vectors.cardPages))("$comment", async ({ base, secret, address, code, ...hashes }) => {
    const text = newPageSecret(() => hexToBytes(secret));
    expect(pageAddress(base, text)).toBe(address);
    const { secretHash, codeHash } = await pageHashes(text, code);
    expect([bytesToHex(secretHash), bytesToHex(codeHash)]).toEqual([hashes.secretHash, hashes.codeHash]);
  });

  test.each(invalid(vectors.cardPages))("$comment opens nothing", ({ address }) => {
    expect(isPageSecret(new URL(address).hash.slice(1))).toBe(false);
  });
});
