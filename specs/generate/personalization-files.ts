import { hex } from "../../reference/bytes.js";
import { sha256, tagPrefix } from "../../reference/crypto.js";
import {
  boxKey,
  chipName,
  fileChecksum,
  headerText,
  type KeyFile,
  type KeyMaterial,
  packBlocks,
  sealBox,
  writeKeyContent,
  writeKeyFile,
  writeLetters,
  writeLines,
} from "../../reference/files.js";
import { bytes } from "./card/bytes.js";
import {
  CARD,
  ISSUER,
  KEY_SET,
  NODE_URI,
  named,
  OTHER_CARD,
  OTHER_ISSUER,
  OTHER_KEY_SET,
} from "./card/material.js";
import { GROUP } from "./scp03/groups.js";

export const file = "personalization-files.json";

/** The least that a reader takes: a vector must not cost a third of a second. */
const scrypt = { n: 2 ** 14, r: 8, p: 1 };
const PASSPHRASE = Buffer.from("correct horse – Batterie", "utf8");
const salt = hex(named("salt of a key file"));
const key = boxKey(PASSPHRASE, bytes(salt), scrypt);
const nonceOf = (name: string): Buffer => named(`nonce of ${name}`, 24);
const utf8 = (text: string): string => hex(Buffer.from(text, "utf8"));

const material: KeyMaterial = {
  issuerKeys: [hex(ISSUER.secretKey), hex(OTHER_ISSUER.secretKey)],
  masterKeys: [
    { version: 1, diversification: "kdf3", key: hex(named("card master key", 16)) },
    { version: 255, diversification: "none", key: hex(named("factory key", 16)) },
  ],
  keySets: [
    { id: hex(KEY_SET.keySetId), sealKey: hex(KEY_SET.sealKey), issuerKey: 0, label: "festival 2027" },
    { id: hex(OTHER_KEY_SET.keySetId), sealKey: hex(OTHER_KEY_SET.sealKey), issuerKey: 1, label: "Bäckerei" },
  ],
};
const content = writeKeyContent(material);
const keyFile = (name: string, plain: Uint8Array = content): KeyFile =>
  writeKeyFile(key, nonceOf(name), { scrypt, salt, content: plain });
const rightFile = keyFile("a key file");
/** Changed, and the checksum mended. */
const mended = (change: Partial<KeyFile>): KeyFile => {
  const changed = { ...rightFile, ...change };
  const header = headerText(changed.format, changed.version, changed.scrypt, changed.salt);
  return { ...changed, checksum: fileChecksum(header, changed.box) };
};
const refusedFile = (comment: string, error: string, content: KeyFile, passphrase = hex(PASSPHRASE)) => ({
  comment,
  valid: false,
  passphrase,
  file: content,
  error,
});
const lastDigit = (text: string): string => text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");

const keyFiles = [
  {
    comment: "two of each",
    valid: true,
    passphrase: hex(PASSPHRASE),
    key: hex(key),
    nonce: hex(nonceOf("a key file")),
    header: headerText(rightFile.format, 1, scrypt, salt),
    content: hex(content),
    material,
    file: rightFile,
  },
  refusedFile("another passphrase", "passphrase", rightFile, utf8("correct horse - Batterie")),
  refusedFile("the passphrase with a line feed", "passphrase", rightFile, `${hex(PASSPHRASE)}0a`),
  refusedFile("a digit of the box", "checksum", { ...rightFile, box: lastDigit(rightFile.box) }),
  refusedFile("a digit of the box, checksum mended", "passphrase", mended({ box: lastDigit(rightFile.box) })),
  refusedFile(
    "another p, checksum mended: the header is authenticated",
    "passphrase",
    mended({ scrypt: { ...scrypt, p: 2 } }),
  ),
  refusedFile(
    "the highest p, checksum mended: the header is authenticated",
    "passphrase",
    mended({ scrypt: { ...scrypt, p: 4 } }),
  ),
  refusedFile("another salt", "checksum", { ...rightFile, salt: lastDigit(salt) }),
  refusedFile("n 2^13", "scrypt", mended({ scrypt: { ...scrypt, n: 2 ** 13 } })),
  refusedFile("n 2^19", "scrypt", mended({ scrypt: { ...scrypt, n: 2 ** 19 } })),
  refusedFile("n is no power of two", "scrypt", mended({ scrypt: { ...scrypt, n: 2 ** 14 + 1 } })),
  refusedFile("r 4", "scrypt", mended({ scrypt: { ...scrypt, r: 4 } })),
  refusedFile("p 5", "scrypt", mended({ scrypt: { ...scrypt, p: 5 } })),
  refusedFile("p 0", "scrypt", mended({ scrypt: { ...scrypt, p: 0 } })),
  refusedFile("version 3", "version", mended({ version: 3 })),
  refusedFile("another format", "format", mended({ format: "chequecard-pin-letters" })),
  refusedFile(
    "content with a byte behind",
    "content",
    keyFile("a byte behind", Buffer.concat([content, Buffer.alloc(1)])),
  ),
  refusedFile("content without its last byte", "content", keyFile("a byte less", content.subarray(0, -1))),
  refusedFile(
    "a key set of a third issuer key",
    "content",
    keyFile(
      "a third issuer key",
      writeKeyContent({ ...material, keySets: material.keySets.map((set) => ({ ...set, issuerKey: 2 })) }),
    ),
  ),
  refusedFile("diversification 02", "content", keyFile("diversification 02", changed(1 + 2 * 32 + 2, 2))),
];

function changed(at: number, value: number): Buffer {
  const copy = Buffer.from(content);
  copy[at] = value;
  return copy;
}

const profile = {
  name: "festival",
  nodeUri: NODE_URI,
  credit: "50000000",
  limits: {
    maxPerTransaction: "20000000",
    pinThreshold: "10000000",
    noPinBudget: "18446744073709551615",
    maxTransactions: 4294967295,
  },
  pinLength: 4,
  publish: 12,
  cardKeys: { version: 255, rotateTo: 1, responses: "encrypted" },
  policy: { minPerTransaction: "2sat" },
};
const fingerprintText = JSON.stringify({ profile, keySet: hex(KEY_SET.keySetId) });
const fingerprint = hex(sha256(Buffer.from(fingerprintText, "utf8")));
const fingerprints = [
  {
    comment: "a profile of JSON, the text that it means, and its hash",
    file: JSON.stringify({
      name: "festival",
      "node-uri": NODE_URI,
      limits: { credit: "50000sat", "max-per-transaction": "0.0002btc", "pin-threshold": "10000000msat" },
      pin: "random",
      "card-keys": { "rotate-to": 1, responses: "encrypted" },
      policy: { minPerTransaction: "2sat" },
    }),
    keySet: hex(KEY_SET.keySetId),
    text: fingerprintText,
    fingerprint,
  },
  ...[
    {
      comment: "a profile whose cards get certificates until a day",
      terms: { limit: "20000sat", "valid-until": "2029-12-31" },
      offline: { limit: "20000000", validUntilSeconds: 1_893_455_999 },
    },
    {
      comment: "a profile whose cards get certificates for so many days",
      terms: { limit: "0.00001btc", "valid-for": "730d" },
      offline: { limit: "1000000", validForDays: 730 },
    },
  ].map(({ comment, terms, offline }) => {
    const { policy, ...rest } = profile;
    const text = JSON.stringify({ profile: { ...rest, offline, policy }, keySet: hex(KEY_SET.keySetId) });
    return {
      comment,
      file: JSON.stringify({
        name: "festival",
        "node-uri": NODE_URI,
        limits: { credit: "50000sat", "max-per-transaction": "0.0002btc", "pin-threshold": "10000000msat" },
        pin: "random",
        "card-keys": { "rotate-to": 1, responses: "encrypted" },
        offline: terms,
        policy: { minPerTransaction: "2sat" },
      }),
      keySet: hex(KEY_SET.keySetId),
      text,
      fingerprint: hex(sha256(Buffer.from(text, "utf8"))),
    };
  }),
];

const chip = "474101040c71a1b2c3d40102";
const card = hex(CARD.cardId);
const records = [
  {
    step: "batch",
    format: "chequecard-batch",
    version: 1,
    batch: hex(named("batch", 8)),
    profile: "festival",
    fingerprint,
    cards: [
      { number: "0001", holder: "Zoë | Söhne" },
      { number: "0002", holder: "", credit: "1000" },
    ],
  },
  { step: "attempt", chip, version: 255 },
  { step: "ended", chip, version: 255, level: 51 },
  {
    step: "assigned",
    chip,
    item: 0,
    card: hex(OTHER_CARD.cardId),
    key: hex(OTHER_CARD.point),
    pin: true,
    certificate: { limit: "20000000", validUntil: 1_893_455_999 },
  },
  { step: "abandoned", card: hex(OTHER_CARD.cardId) },
  { step: "assigned", chip, item: 0, card, key: hex(CARD.point), pin: true },
  { step: "verified", card },
  { step: "active", card },
  { step: "rotating", chip, from: 255, to: 1 },
  { step: "rotated", chip, version: 1 },
  { step: "kept", chip, version: 255 },
  { step: "done", item: 0, card },
  { step: "attempt", chip: "aa".repeat(12), version: 1 },
  { step: "refused", chip: "aa".repeat(12), version: 1, reason: "wrong-keys" },
  { step: "retry", chip: "aa".repeat(12) },
  { step: "released", item: 1, chip: "aa".repeat(12) },
];
const texts = records.map((record) => JSON.stringify(record));
const LAST = texts.length - 1;
const journal = writeLines(texts);
const lineStart = (index: number): number => writeLines(texts.slice(0, index)).length;
const journalOf = (comment: string, content: Uint8Array, lines: readonly string[]) => ({
  comment,
  valid: true,
  file: hex(content),
  texts: lines,
});
const damaged = (comment: string, content: Uint8Array, error: string) => ({
  comment,
  valid: false,
  file: hex(content),
  error,
});
const withByte = (at: number, value: number): Buffer => {
  const copy = Buffer.from(journal);
  copy[at] = value;
  return copy;
};
const journals = [
  journalOf("every step of a batch", journal, texts),
  journalOf("the line feed of the last line is cut", journal.subarray(0, -1), texts.slice(0, -1)),
  journalOf(
    "the last line is cut in its check",
    journal.subarray(0, lineStart(LAST) + 5),
    texts.slice(0, LAST),
  ),
  journalOf("the last line does not fit its check", withByte(journal.length - 3, 0x58), texts.slice(0, LAST)),
  damaged("a byte of line 2", withByte(lineStart(1) + 20, 0x58), "line 2"),
  damaged("a digit of the check of line 3", withByte(lineStart(2), 0x78), "line 3"),
  damaged(
    "line 2 is missing",
    Buffer.concat([journal.subarray(0, lineStart(1)), journal.subarray(lineStart(2))]),
    "line 2",
  ),
  damaged(
    "the checks of lines that stand alone",
    Buffer.concat(texts.map((text) => writeLines([text]))),
    "line 2",
  ),
];

const letters = [
  { card, number: "0001", holder: "Zoë | Söhne", pin: "0042" },
  { card: hex(OTHER_CARD.cardId), number: "0002", holder: "", pin: "123456789012" },
];
const nonces = ["the head", "letter 1", "letter 2"].map(nonceOf);
const lettersSalt = hex(named("salt of PIN letters"));
const lettersKey = boxKey(PASSPHRASE, bytes(lettersSalt), scrypt);
const lines = writeLetters(lettersKey, { scrypt, salt: lettersSalt }, nonces, letters);
const [head = "", first = "", second = ""] = lines;
const refusedLetters = (
  comment: string,
  lineTexts: readonly string[],
  error: string,
  passphrase = hex(PASSPHRASE),
) => ({
  comment,
  valid: false,
  passphrase,
  texts: lineTexts,
  file: hex(writeLines(lineTexts)),
  error,
});
const strangeHead = JSON.stringify({
  ...(JSON.parse(head) as object),
  check: hex(
    sealBox(
      lettersKey,
      nonces[0] ?? Buffer.alloc(0),
      bytes(utf8("chequecard/pin-letter")),
      "chequecard-pin-letters|0",
    ),
  ),
});
const pinLetters = [
  {
    comment: "two letters",
    valid: true,
    passphrase: hex(PASSPHRASE),
    key: hex(lettersKey),
    nonces: nonces.map(hex),
    letters,
    texts: lines,
    file: hex(writeLines(lines)),
  },
  refusedLetters("another passphrase", lines, "passphrase", utf8("another")),
  refusedLetters("the head's check says something else", [strangeHead, first], "head"),
  refusedLetters("the letters in another order", [head, second, first], "letter 1"),
  refusedLetters("the first letter is missing", [head, second], "letter 1"),
  refusedLetters("a digit of a letter", [head, first, lastDigit(second)], "letter 2"),
  refusedLetters("version 2", [head.replace('"version":1', '"version":2'), first], "head"),
];

const groups = (uri: string) => [
  { dgi: "0102", value: utf8(uri) },
  GROUP.sealKey,
  GROUP.identity,
  GROUP.issuer,
  GROUP.limits,
  { dgi: "8102", value: "241234ffffffffff" },
];
const blocks = [
  { comment: "S8, encrypted", room: 239, uri: NODE_URI },
  { comment: "S16, encrypted", room: 223, uri: NODE_URI },
  { comment: "the longest URI, S16, encrypted", room: 223, uri: "u".repeat(200) },
  { comment: "the longest URI leaves exactly room for the shortest group", room: 214, uri: "u".repeat(200) },
  { comment: "one byte less", room: 213, uri: "u".repeat(200) },
  { comment: "equal lengths: URI and identity", room: 100, uri: "u".repeat(12) },
  { comment: "equal lengths: URI and seal key", room: 40, uri: "u".repeat(16), leave: ["0103", "0104"] },
].map(({ comment, room, uri, leave = [] }) => {
  const some = groups(uri).filter(({ dgi }) => !leave.includes(dgi));
  return {
    comment,
    room,
    groups: some,
    blocks: packBlocks(some, room).map((block) => block.map(({ dgi }) => dgi)),
  };
});

const production = Buffer.from(Array.from({ length: 42 }, (_, at) => 0xa0 + at));
const chipObject = (data: Uint8Array): Buffer => Buffer.concat([bytes("9f7f"), Buffer.of(data.length), data]);
/** The production data with another serial number. */
const withSerial = (serial: string): Buffer =>
  chipObject(Buffer.concat([production.subarray(0, 12), bytes(serial), production.subarray(16)]));
const PAGE_BASE = "https://card.example/";
const pageOf = (comment: string, code: string) => {
  const secret = named(`secret of a page: ${comment}`, 16);
  const salt = sha256(tagPrefix("chequecard/card-page/code"), secret);
  return {
    comment,
    valid: true,
    base: PAGE_BASE,
    secret: hex(secret),
    address: `${PAGE_BASE}#${secret.toString("base64url")}`,
    code,
    secretHash: hex(sha256(tagPrefix("chequecard/card-page/secret"), secret)),
    codeHash: hex(boxKey(Buffer.from(code, "ascii"), salt, { n: 2 ** 15, r: 8, p: 1 })),
  };
};
const noPage = (comment: string, secret: string) => ({
  comment,
  valid: false,
  address: `${PAGE_BASE}#${secret}`,
  error: "secret",
});
const aSecret = named("secret of no page", 16).toString("base64url");
const cardPages = [
  pageOf("a page", "12345678"),
  pageOf("a code that begins with zeros", "00000042"),
  noPage("a secret with padding", `${aSecret}==`),
  noPage("a secret that is too short", aSecret.slice(1)),
  noPage("a secret in the other base64", `+${aSecret.slice(1)}`),
  noPage("bits of a secret that carry nothing and are not 0", `${aSecret.slice(0, 21)}B`),
  noPage("no secret", ""),
];

const productionData = [
  ...[
    { comment: "42 bytes", object: chipObject(production) },
    { comment: "18 bytes", object: chipObject(production.subarray(0, 18)) },
    { comment: "42 bytes without tag and length", object: production },
    { comment: "a serial number of three letters and a digit", object: withSerial("6e6e6e35") },
    { comment: "a serial number that begins with FFFFFF", object: withSerial("ffffff00") },
  ].map(({ comment, object }) => ({ comment, valid: true, hex: hex(object), chip: chipName(object) })),
  ...[
    { comment: "17 bytes", object: chipObject(production.subarray(0, 17)), error: "chip" },
    { comment: "41 bytes without tag and length", object: production.subarray(0, 41), error: "chip" },
    { comment: "serial number FFFFFFFF", object: withSerial("ffffffff"), error: "serial" },
    { comment: "serial number 00000000", object: withSerial("00000000"), error: "serial" },
    { comment: "text for a serial number", object: withSerial("6e6e6e50"), error: "serial" },
  ].map(({ comment, object, error }) => ({ comment, valid: false, hex: hex(object), error })),
];

export function generate(): unknown {
  return {
    title: "Key file, journal, PIN letters, blocks, production data",
    spec: "specs/04 §2.2, §6, §8.1, §10, §11",
    keyFiles,
    fingerprints,
    journals,
    pinLetters,
    blocks,
    productionData,
    cardPages,
  };
}
