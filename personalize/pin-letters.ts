import { randomBytes } from "node:crypto";
import { z } from "zod";
import { bytesToHex, equalBytes, hexToBytes, utf8 } from "../common/index.js";
import { deriveBoxKey, KeyError, openBox, type ScryptParameters, sealBox } from "../keys/index.js";
import { JournalFile, type JournalFileOptions, readJournal } from "./journal-file.js";

const FORMAT = "chequecard-pin-letters";
const VERSION = 1;
const CHECK = utf8("chequecard/pin-letters");

/** The page of a card in letters and labels: who has both sees what is on the card, and can block it. */
export interface LetterPage {
  /** With the secret behind `#`: for the QR code on the card. */
  readonly address: string;
  /** 8 digits: for the letter. */
  readonly code: string;
}

/** What a PIN letter says: at least one of `pin` and `page`. */
export interface PinLetter {
  /** Card id, 16 hex digits. Only the letter of the id that the card has in the end counts. */
  readonly card: string;
  readonly number: string;
  readonly holder: string;
  /** 4..12 digits; absent: the card has no PIN. */
  readonly pin?: string;
  /** Absent: the card has no page. */
  readonly page?: LetterPage;
}

/**
 * A random PIN, every one of the 10^length equally likely.
 * @param random gives bytes; the system's generator when absent
 */
export function randomPin(length: number, random: (count: number) => Uint8Array = randomBytes): string {
  let pin = "";
  while (pin.length < length)
    // 250 is the largest multiple of 10 in a byte; what lies above would favour small digits.
    for (const byte of random(length)) if (byte < 250 && pin.length < length) pin += String(byte % 10);
  return pin;
}

interface Header {
  readonly format: string;
  readonly version: number;
  readonly scrypt: ScryptParameters;
  readonly salt: string;
  readonly check: string;
}

const associated = (index: number): Uint8Array => utf8(`${FORMAT}|${index}`);

/** The encrypted file of PIN letters (specs/04 §11): scrypt and XChaCha20-Poly1305, a line for each letter. */
export class PinLetters {
  readonly #file: JournalFile;
  readonly #key: Uint8Array;
  #count: number;

  private constructor(file: JournalFile, key: Uint8Array, count: number) {
    this.#file = file;
    this.#key = key;
    this.#count = count;
  }

  /** Makes the file. @param passphrase UTF-8, cleared by the caller @throws JournalError `exists`, `locked`, `io` */
  static async create(
    path: string,
    passphrase: Uint8Array,
    options: JournalFileOptions & { readonly scrypt?: ScryptParameters } = {},
  ): Promise<PinLetters> {
    const box = await deriveBoxKey(passphrase, options.scrypt);
    const header: Header = {
      format: FORMAT,
      version: VERSION,
      scrypt: box.parameters,
      salt: bytesToHex(box.salt),
      check: bytesToHex(sealBox(box.key, CHECK, associated(0))),
    };
    return new PinLetters(JournalFile.begin(path, JSON.stringify(header), options), box.key, 0);
  }

  /** Goes on with a file. @throws JournalError; KeyError `wrong-passphrase` */
  static async open(
    path: string,
    passphrase: Uint8Array,
    options: JournalFileOptions = {},
  ): Promise<PinLetters> {
    const { journal: file, lines } = JournalFile.open(path, options);
    try {
      const key = await openHeader(lines[0], passphrase, path);
      return new PinLetters(file, key, lines.length - 1);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The letter is on the disk, encrypted, when this returns. @throws JournalError `io` */
  append(letter: PinLetter): void {
    const plaintext = utf8(JSON.stringify(letter));
    this.#file.append(bytesToHex(sealBox(this.#key, plaintext, associated(this.#count + 1))));
    plaintext.fill(0);
    this.#count++;
  }

  close(): void {
    this.#key.fill(0);
    this.#file.close();
  }
}

/**
 * Decrypts the letters of a file.
 * @param keep which card ids count: those that the batch finished
 * @throws JournalError; KeyError `wrong-passphrase`, `damaged`
 */
export async function readPinLetters(
  path: string,
  passphrase: Uint8Array,
  keep: (cardId: Uint8Array) => boolean = () => true,
): Promise<PinLetter[]> {
  const { lines } = readJournal(path);
  const key = await openHeader(lines[0], passphrase, path);
  const letters = lines.slice(1).map((line, index): PinLetter => {
    const plaintext = openBox(key, hexToBytes(line), associated(index + 1));
    if (!plaintext)
      throw new KeyError("damaged", `${path}: letter ${index + 1} was not written by this software`);
    return JSON.parse(Buffer.from(plaintext).toString()) as PinLetter;
  });
  key.fill(0);
  return letters.filter((letter) => keep(hexToBytes(letter.card)));
}

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  scrypt: z.object({ n: z.number(), r: z.number(), p: z.number() }),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  check: z.string().regex(/^(?:[0-9a-f]{2})+$/),
});

async function openHeader(
  line: string | undefined,
  passphrase: Uint8Array,
  path: string,
): Promise<Uint8Array> {
  const unread = `${path}: not a file of PIN letters that this release reads`;
  let header: Header;
  try {
    header = headerSchema.parse(JSON.parse(line ?? ""));
  } catch (cause) {
    throw new KeyError("damaged", unread, { cause });
  }
  const { key } = await deriveBoxKey(passphrase, header.scrypt, hexToBytes(header.salt));
  const check = openBox(key, hexToBytes(header.check), associated(0));
  if (!check) throw new KeyError("wrong-passphrase", `${path}: the passphrase is wrong`);
  if (!equalBytes(check, CHECK)) throw new KeyError("damaged", unread);
  return key;
}
