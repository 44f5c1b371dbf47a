import { readFileSync, writeFileSync } from "node:fs";
import { hexToBytes, utf8 } from "../common/index.js";
import { KEY_FILE_FORMAT, KEY_FILE_VERSION } from "../keys/key-file.js";
import { deriveBoxKey, openBoxDocument, parseBoxDocument, writeBoxDocument } from "../keys/sealed-box.js";

/** The least that a key file may ask for: an eighth of what a new one does. */
const EASY = { n: 2 ** 14, r: 8, p: 1 };

/** Encrypts a key file again so that its passphrase is soon turned into the key, for tests that open it often. */
export async function easeKeyFile(path: string, passphrase: string): Promise<void> {
  const document = parseBoxDocument(readFileSync(path, "utf8"), KEY_FILE_FORMAT, KEY_FILE_VERSION, path);
  const salt = Buffer.from(hexToBytes(document.salt));
  const { key } = await deriveBoxKey(utf8(passphrase), document.scrypt, salt);
  const material = openBoxDocument(document, key, path);
  const easy = await deriveBoxKey(utf8(passphrase), EASY);
  const eased = writeBoxDocument(KEY_FILE_FORMAT, document.version, easy, material);
  writeFileSync(path, `${JSON.stringify(eased)}\n`);
}
