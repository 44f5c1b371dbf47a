import { ascii, hex, integer, join, need, Refused, uint, unhex } from "./bytes.js";
import { GROUP_ORDER, isPoint, pointOf, recover, sha256, signRecoverably, verify } from "./crypto.js";
import { MAX_AMOUNT } from "./sealed.js";

/** BOLT 11 invoices (specs/05). Words are 5-bit values; bytes are hex; amounts msat. */
export type Words = readonly number[];

export interface Field {
  readonly tag: number;
  readonly words: Words;
}

export interface RouteHop {
  readonly nodeId: string;
  /** Decimal. */
  readonly shortChannelId: string;
  readonly feeBase: number;
  readonly feeProportional: number;
  readonly cltvDelta: number;
}

export interface Invoice {
  readonly network: string;
  readonly amountMsat: bigint | null;
  readonly timestamp: number;
  readonly fields: readonly Field[];
  readonly paymentHash: string;
  readonly paymentSecret: string;
  readonly description?: string | undefined;
  readonly descriptionHash?: string | undefined;
  readonly metadata?: string | undefined;
  readonly deputyNonce?: string | undefined;
  readonly expirySeconds: number;
  readonly minFinalCltv: number;
  readonly features: readonly number[];
  readonly routeHints: readonly (readonly RouteHop[])[];
  readonly fallbacks: readonly { readonly version: number; readonly program: string }[];
  readonly payee: string;
}

const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const MAX_LENGTH = 4096;
const SCHEME = "lightning:";
const TAG = { p: 1, s: 16, d: 13, h: 23, n: 19, x: 6, c: 24, f9: 5, m: 27, r: 3, f: 9, nonce: 15 } as const;
const KNOWN_TAGS: readonly number[] = Object.values(TAG);

/** The canonical string (specs/05 §2). @throws Refused with the sentence's key word */
export function canonical(text: string): string {
  const hasScheme = (whole: string) => whole.slice(0, SCHEME.length).toLowerCase() === SCHEME;
  const body = hasScheme(text) ? text.slice(SCHEME.length) : text;
  need(body.length > 0, "empty");
  need(body.length <= MAX_LENGTH, "at most 4096");
  need(!hasScheme(body), "twice");
  need(!/\s/.test(body), "spaces");
  need(/^[\x21-\x7e]+$/.test(body), "ASCII");
  need(body === body.toLowerCase() || body === body.toUpperCase(), "mixes upper and lower case");
  return body.toLowerCase();
}

/** specs/05 §3 */
export const invoiceHash = (canonicalText: string): string => hex(sha256(ascii(canonicalText)));

function polymod(values: Words): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, constant] of generator.entries()) if ((top >>> bit) & 1) check ^= constant;
  }
  return check;
}

/** The prefix as BIP 173 puts it before the words of a checksum. */
const expanded = (prefix: string): number[] => {
  const codes = [...ascii(prefix)];
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
};

function bech32(prefix: string, words: Words): string {
  const check = polymod([...expanded(prefix), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const checksum = [25, 20, 15, 10, 5, 0].map((shift) => (check >>> shift) & 31);
  return `${prefix}1${[...words, ...checksum].map((word) => CHARSET[word]).join("")}`;
}

/** @throws Refused `invoice` */
function readBech32(text: string): { readonly prefix: string; readonly words: Words } {
  const at = text.lastIndexOf("1");
  const words = [...text.slice(at + 1)].map((letter) => CHARSET.indexOf(letter));
  const prefix = text.slice(0, at);
  need(!words.includes(-1) && polymod([...expanded(prefix), ...words]) === 1, "invoice");
  return { prefix, words: words.slice(0, -6) };
}

/** Msat in one unit of each multiplier, in tenths. */
const TENTHS: Readonly<Record<string, bigint>> = {
  "": 1_000_000_000_000n,
  m: 1_000_000_000n,
  u: 1_000_000n,
  n: 1_000n,
  p: 1n,
};

/** @throws Refused `invoice/network`, `invoice/amount` */
function readPrefix(prefix: string): Pick<Invoice, "network" | "amountMsat"> {
  const [, network = "", digits, letter = ""] =
    /^ln(bcrt|bc|tbs|tb|sb)(?:(\d+)([a-z]?))?$/.exec(prefix) ?? [];
  need(network !== "", "invoice/network");
  if (digits === undefined) return { network, amountMsat: null };
  const tenths = BigInt(digits) * (TENTHS[letter] ?? 0n);
  const amountMsat = tenths / 10n;
  // More than 20 digits are more than 21 million bitcoin, whatever the unit.
  const right = !digits.startsWith("0") && tenths > 0n && tenths % 10n === 0n;
  need(right && amountMsat <= MAX_AMOUNT, "invoice/amount");
  return { network, amountMsat };
}

/** The shortest form of the amount (specs/05 §5). */
export function writePrefix(network: string, amountMsat: bigint | null): string {
  if (amountMsat === null) return `ln${network}`;
  const fits = Object.entries(TENTHS).find(([, tenths]) => (10n * amountMsat) % tenths === 0n);
  const [letter, unit] = fits as [string, bigint];
  return `ln${network}${(10n * amountMsat) / unit}${letter}`;
}

const bits = (words: Words): string => words.map((word) => word.toString(2).padStart(5, "0")).join("");

/** What is signed: all bits, then zero bits up to a whole byte. */
function packed(words: Words): Buffer {
  const text = bits(words);
  const octets = text.padEnd(Math.ceil(text.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  return Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
}

/** Whole bytes with zero padding. @throws Refused with `path` */
function bytesOf(words: Words, path: string): Buffer {
  const spare = (5 * words.length) % 8;
  need(
    spare < 5 &&
      !bits(words)
        .slice(5 * words.length - spare)
        .includes("1"),
    path,
  );
  return packed(words).subarray(0, Math.floor((5 * words.length) / 8));
}

export function wordsOf(bytes: Uint8Array): number[] {
  const text = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = text.padEnd(Math.ceil(text.length / 5) * 5, "0").match(/.{5}/g) ?? [];
  return groups.map((group) => Number.parseInt(group, 2));
}

const numberOf = (words: Words): number => words.reduce((value, word) => 32 * value + word, 0);

/** The fewest words of a number; `count` of them where it is given. */
export function numberWords(value: number | bigint, count = 0): number[] {
  const words: number[] = [];
  for (let rest = BigInt(value); rest > 0n || words.length < count; rest /= 32n)
    words.unshift(Number(rest % 32n));
  return words;
}

/** @throws Refused `invoice/fields[n]` */
function splitFields(words: Words): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < words.length; ) {
    const start = at + 3;
    const end = start + numberOf(words.slice(at + 1, start));
    need(start <= words.length && end <= words.length, `invoice/fields[${fields.length}]`);
    fields.push({ tag: words[at] ?? 0, words: words.slice(start, end) });
    at = end;
  }
  return fields;
}

type Read<T> = (words: Words, path: string) => T | undefined;

const hash: Read<string> = (words, path) => (words.length === 52 ? hex(bytesOf(words, path)) : undefined);
const point: Read<string> = (words, path) => {
  if (words.length !== 53) return undefined;
  const bytes = bytesOf(words, path);
  need(isPoint(bytes), path);
  return hex(bytes);
};
const number: Read<number> = (words, path) => {
  need(words.length <= 10 && words[0] !== 0, path);
  return numberOf(words);
};
const utf8: Read<string> = (words, path) => {
  const bytes = bytesOf(words, path);
  const text = bytes.toString("utf8");
  need(Buffer.from(text, "utf8").equals(bytes), path);
  return text;
};
const featureList: Read<number[]> = (words, path) => {
  need(words[0] !== 0, path);
  return [...bits(words)].reverse().flatMap((bit, at) => (bit === "1" ? [at] : []));
};

function routeHint(words: Words, path: string): RouteHop[] {
  const bytes = bytesOf(words, path);
  need(bytes.length > 0 && bytes.length % 51 === 0, path);
  return Array.from({ length: bytes.length / 51 }, (_, i) => {
    const hop = bytes.subarray(51 * i, 51 * i + 51);
    need(isPoint(hop.subarray(0, 33)), `${path}[${i}]/node id`);
    return {
      nodeId: hex(hop.subarray(0, 33)),
      shortChannelId: integer(hop.subarray(33, 41)).toString(),
      feeBase: hop.readUInt32BE(41),
      feeProportional: hop.readUInt32BE(45),
      cltvDelta: hop.readUInt16BE(49),
    };
  });
}

/** A fallback address; none for a version that is not known. */
function fallback(words: Words, path: string): Invoice["fallbacks"] {
  const version = words[0] ?? 0;
  if (version > 18) return [];
  const program = bytesOf(words.slice(1), path);
  const size = program.length;
  const right =
    version === 0 ? size === 20 || size === 32 : version > 16 ? size === 20 : size >= 2 && size <= 40;
  need(right, path);
  return [{ version, program: hex(program) }];
}

/** The first field of a tag that counts. */
function first<T>(fields: readonly Field[], tag: number, path: string, read: Read<T>): T | undefined {
  for (const field of fields) {
    const value = field.tag === tag ? read(field.words, path) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** @throws Refused with `path` when it is missing */
function required<T>(fields: readonly Field[], tag: number, path: string, read: Read<T>): T {
  const value = first(fields, tag, path, read);
  need(value !== undefined, path);
  return value;
}

/** @throws Refused `invoice` */
function canonicalAt(text: string): string {
  try {
    return canonical(text);
  } catch {
    throw new Refused("invoice");
  }
}

/** specs/05 §4 @throws Refused with the field's path */
export function readInvoice(text: string): Invoice {
  const { prefix, words } = readBech32(canonicalAt(text));
  const { network, amountMsat } = readPrefix(prefix);
  need(words.length >= 111, "invoice");
  const signedWords = words.slice(0, -104);
  const fields = splitFields(signedWords.slice(7));
  const paymentHash = required(fields, TAG.p, "invoice/payment hash", hash);
  const paymentSecret = required(fields, TAG.s, "invoice/payment secret", hash);
  const description = first(fields, TAG.d, "invoice/description", utf8);
  const descriptionHash = first(fields, TAG.h, "invoice/description hash", hash);
  need((description === undefined) !== (descriptionHash === undefined), "invoice/description");
  const all = (tag: number) => fields.filter((field) => field.tag === tag);
  const named = first(fields, TAG.n, "invoice/payee", point);
  return {
    network,
    amountMsat,
    timestamp: numberOf(words.slice(0, 7)),
    fields,
    paymentHash,
    paymentSecret,
    description,
    descriptionHash,
    metadata: first(fields, TAG.m, "invoice/payment metadata", (data, path) => hex(bytesOf(data, path))),
    deputyNonce: first(fields, TAG.nonce, "invoice/deputy nonce", hash),
    expirySeconds: first(fields, TAG.x, "invoice/expiry", number) ?? 3600,
    minFinalCltv: first(fields, TAG.c, "invoice/min final cltv", number) ?? 18,
    features: first(fields, TAG.f9, "invoice/features", featureList) ?? [],
    routeHints: all(TAG.r).map((field, i) => routeHint(field.words, `invoice/route hint[${i}]`)),
    fallbacks: all(TAG.f).flatMap((field, i) => fallback(field.words, `invoice/fallback[${i}]`)),
    payee: payeeOf(join(ascii(prefix), packed(signedWords)), words.slice(-104), named),
  };
}

/** @throws Refused `invoice/signature` */
function payeeOf(signed: Uint8Array, words: Words, named: string | undefined): string {
  const bytes = bytesOf(words, "invoice/signature");
  const signature = bytes.subarray(0, 64);
  const recovery = Number(integer(bytes.subarray(64)));
  need(recovery <= 3, "invoice/signature");
  if (named === undefined) {
    const found = recover(signature, recovery, signed);
    need(found !== undefined, "invoice/signature");
    return hex(found);
  }
  const low = integer(signature.subarray(32)) <= GROUP_ORDER / 2n;
  need(low && verify(signature, unhex(named), signed), "invoice/signature");
  return named;
}

/** Fields that no reader here has a name for. */
export const unknownFields = ({ fields }: Invoice): Field[] =>
  fields.filter(({ tag }) => !KNOWN_TAGS.includes(tag));

/** The words of a field: tag, length, data. */
export const fieldWords = ({ tag, words }: Field): number[] => [
  tag,
  ...numberWords(words.length, 2),
  ...words,
];

/** Makes r, s and recovery id, 65 bytes, over the SHA-256 of the bytes. */
export type Signer = (signed: Uint8Array) => Uint8Array;

const signerOf =
  (secretKey: Uint8Array): Signer =>
  (bytes) => {
    const signed = signRecoverably(secretKey, bytes);
    return join(signed.subarray(1), signed.subarray(0, 1));
  };

/** Signs and writes an invoice of any words (specs/05 §5). */
export function assemble(prefix: string, timestamp: number, fields: Words, sign: Signer): string {
  const words = [...numberWords(timestamp, 7), ...fields];
  const signature = sign(join(ascii(prefix), packed(words)));
  return bech32(prefix, [...words, ...wordsOf(signature)]);
}

/** Writes an invoice again from what was read, field by field. */
export const writeInvoice = (invoice: Invoice, secretKey: Uint8Array): string =>
  assemble(
    writePrefix(invoice.network, invoice.amountMsat),
    invoice.timestamp,
    invoice.fields.flatMap(fieldWords),
    signerOf(secretKey),
  );

/** Field `9` from feature bits; the fewest words. */
export const featureWords = (features: readonly number[]): number[] =>
  numberWords(features.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n));

const hopBytes = (hop: RouteHop): Buffer =>
  join(
    unhex(hop.nodeId),
    uint(BigInt(hop.shortChannelId), 8),
    uint(hop.feeBase, 4),
    uint(hop.feeProportional, 4),
    uint(hop.cltvDelta, 2),
  );

/** What a writer puts into an invoice; absent fields are left out. */
export interface InvoiceContent {
  readonly network: string;
  readonly amountMsat: bigint | null;
  readonly timestamp: number;
  readonly paymentHash: Uint8Array;
  readonly paymentSecret: Uint8Array;
  readonly description: string;
  readonly expirySeconds: number;
  readonly minFinalCltv: number;
  readonly features: readonly number[];
  readonly metadata?: Uint8Array;
  readonly routeHints: readonly (readonly RouteHop[])[];
  readonly deputyNonce?: Uint8Array;
}

/** An invoice with its fields in the order `p s d x c 9 m r 0` (specs/05 §5). */
export function makeInvoice(content: InvoiceContent, secretKey: Uint8Array): string {
  const data = (tag: number, bytes: Uint8Array | undefined): Field[] =>
    bytes ? [{ tag, words: wordsOf(bytes) }] : [];
  const fields: Field[] = [
    ...data(TAG.p, content.paymentHash),
    ...data(TAG.s, content.paymentSecret),
    ...data(TAG.d, Buffer.from(content.description)),
    { tag: TAG.x, words: numberWords(content.expirySeconds) },
    { tag: TAG.c, words: numberWords(content.minFinalCltv) },
    { tag: TAG.f9, words: featureWords(content.features) },
    ...data(TAG.m, content.metadata),
    ...content.routeHints.flatMap((hops) => data(TAG.r, join(...hops.map(hopBytes)))),
    ...data(TAG.nonce, content.deputyNonce),
  ];
  const prefix = writePrefix(content.network, content.amountMsat);
  return assemble(prefix, content.timestamp, fields.flatMap(fieldWords), signerOf(secretKey));
}

/** What an invoice is checked against (specs/05 §6). */
export interface Expectation {
  readonly network: string;
  readonly now: number;
  readonly minRemainingSeconds?: number;
  readonly allowAmountless?: boolean;
  readonly profile?: string;
}

const DEPENDENCIES = [[16, 14]] as const;
const KNOWN_FEATURES = [8, 12, 14, 16, 24, 36, 48];
/** Tags that may stand once, those of a fixed length with it. */
const SINGLE: readonly (readonly [number, number?])[] = [
  [TAG.p, 52],
  [TAG.s, 52],
  [TAG.n, 53],
  [TAG.d],
  [TAG.h, 52],
  [TAG.m],
  [TAG.x],
  [TAG.c],
  [TAG.f9],
  [TAG.nonce, 52],
];

/** The first reason why an invoice cannot be paid here and now; undefined when there is none (specs/05 §6). */
export function invoiceProblem(invoice: Invoice, expected: Expectation): string | undefined {
  const { features, fields } = invoice;
  const draft = expected.profile === "draft-819";
  const has = (bit: number): boolean => features.includes(bit) || features.includes(bit + 1);
  if (invoice.network !== expected.network) return "network";
  if (!draft && DEPENDENCIES.some(([bit, on]) => has(bit) && !has(on))) return "feature-dependency";
  const known = draft ? [...KNOWN_FEATURES, 22] : KNOWN_FEATURES;
  if (features.some((bit) => bit % 2 === 0 && !known.includes(bit))) return "unknown-feature";
  const times = ([tag, size]: readonly [number, number?]): number =>
    fields.filter((field) => field.tag === tag && (size ?? field.words.length) === field.words.length).length;
  if (SINGLE.some((single) => times(single) > 1)) return "duplicate-field";
  if (invoice.amountMsat === null && !expected.allowAmountless) return "amountless";
  const left = invoice.timestamp + invoice.expirySeconds - expected.now;
  if (left <= 0) return "expired";
  return left < (expected.minRemainingSeconds ?? 0) ? "expires-soon" : undefined;
}

/** The point of a node's secret key, compressed. */
export const nodeId = (secretKey: Uint8Array): string => hex(pointOf(secretKey, true));
