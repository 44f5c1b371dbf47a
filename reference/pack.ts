import { createECDH } from "node:crypto";
import * as noble from "@noble/secp256k1";
import { ascii, Fields, hex, integer, join, need, uint, unhex } from "./bytes.js";
import { isPoint, pointOf, sha256, sign, tagPrefix, verify } from "./crypto.js";
import { openBox, sealBox } from "./files.js";
import { MAX_URI, readUri, sized, writeSized, writeUri } from "./odt.js";
import { readRecords, writeRecord } from "./peer.js";

/** An acceptance pack (specs/09 §3). Bytes are hex, 64-bit integers decimal strings. */
export interface Pack {
  readonly issuer: string;
  readonly name: string;
  readonly network: string;
  readonly sequence: string;
  readonly madeAt: number;
  readonly validUntil: number;
  readonly terminal: string;
  readonly label: string;
  readonly keySets: readonly {
    readonly id: string;
    readonly sealKey: string;
    readonly issuerPoint: string;
  }[];
  readonly denied: readonly string[];
  readonly floorLimits: {
    readonly perSale: string;
    readonly perCard: string;
    readonly perTerminal: string;
    readonly maxSales: number;
    readonly maxPackAgeSeconds: number;
  };
  readonly forwardingWindow: number;
  readonly nodes: readonly string[];
  readonly guarantee: {
    readonly perCard: string;
    readonly total: string;
    readonly contradictions: boolean;
  } | null;
}

const MAX_PACK = 65_536;
const MAX_DENIED = 7_500;
const WEEK = 604_800;
const MAX_AMOUNT = 2_100_000_000_000_000_000n;
const HEAD_LENGTH = 76;

/** The records of a pack in clear. */
export function writeContent(pack: Pack): Buffer {
  const { floorLimits: floor, guarantee } = pack;
  const values = [
    unhex("01"),
    unhex(pack.issuer),
    ascii(pack.name),
    ascii(pack.network),
    uint(BigInt(pack.sequence), 8),
    uint(pack.madeAt, 4),
    uint(pack.validUntil, 4),
    unhex(pack.terminal),
    ascii(pack.label),
    unhex(pack.keySets.map(({ id, sealKey, issuerPoint }) => id + sealKey + issuerPoint).join("")),
    unhex(pack.denied.join("")),
    join(
      ...[floor.perSale, floor.perCard, floor.perTerminal].map((amount) => uint(BigInt(amount), 8)),
      uint(floor.maxSales, 4),
      uint(floor.maxPackAgeSeconds, 4),
    ),
    uint(pack.forwardingWindow, 4),
    join(...pack.nodes.map((uri) => writeSized(ascii(uri)))),
    ...(guarantee
      ? [
          join(
            uint(BigInt(guarantee.perCard), 8),
            uint(BigInt(guarantee.total), 8),
            uint(guarantee.contradictions ? 1 : 0, 1),
          ),
        ]
      : []),
  ];
  return join(...values.map((value, i) => writeRecord(BigInt(2 * i), value)));
}

/** @throws Refused `pack/` and the record's name */
export function readContent(content: Uint8Array): Pack {
  need(hex(content.subarray(0, 3)) === "000101", "pack/version");
  const records = readRecords(content, "pack");
  for (const type of records.keys()) need(type % 2n === 1n || type <= 28n, `pack/${type}`);
  const value = (type: bigint, name: string, length?: number): Buffer => {
    const found = records.get(type);
    need(found !== undefined && (length === undefined || found.length === length), `pack/${name}`);
    return Buffer.from(found);
  };
  const guarantee = records.has(28n) ? value(28n, "guarantee", 17) : null;
  const pack = {
    issuer: point(value(2n, "issuer", 33), "pack/issuer"),
    name: text(value(4n, "name"), "pack/name"),
    network: value(6n, "network").toString("latin1"),
    sequence: integer(value(8n, "sequence", 8)).toString(),
    madeAt: value(10n, "madeAt", 4).readUInt32BE(),
    validUntil: value(12n, "validUntil", 4).readUInt32BE(),
    terminal: point(value(14n, "terminal", 33), "pack/terminal"),
    label: text(value(16n, "label"), "pack/label"),
    keySets: readKeySets(value(18n, "keySets")),
    denied: readDenied(value(20n, "denied")),
    floorLimits: readFloorLimits(value(22n, "floorLimits", 32)),
    forwardingWindow: value(24n, "forwardingWindow", 4).readUInt32BE(),
    nodes: readNodes(value(26n, "nodes")),
    guarantee: guarantee && readGuarantee(guarantee),
  };
  need(["bc", "tb", "tbs", "bcrt", "sb"].includes(pack.network), "pack/network");
  need(pack.sequence !== "0", "pack/sequence");
  need(pack.validUntil > pack.madeAt, "pack/validUntil");
  need(pack.forwardingWindow >= 1 && pack.forwardingWindow <= WEEK, "pack/forwardingWindow");
  need(
    pack.keySets.some(({ issuerPoint }) => issuerPoint === pack.issuer),
    "pack/issuer",
  );
  return pack;
}

function point(bytes: Buffer, what: string): string {
  need(isPoint(bytes), what);
  return hex(bytes);
}

function text(bytes: Buffer, what: string): string {
  const read = bytes.toString();
  const length = [...read].length;
  need(ascii(read).equals(bytes) && length >= 1 && length <= 64 && !/\p{C}/u.test(read), what);
  return read;
}

function readKeySets(bytes: Buffer): Pack["keySets"] {
  const from = new Fields(bytes);
  need(bytes.length % 53 === 0 && bytes.length >= 53 && bytes.length <= 64 * 53, "pack/keySets");
  const sets: { id: string; sealKey: string; issuerPoint: string }[] = [];
  while (from.left > 0) {
    const [id, sealKey] = [hex(from.take(4, "")), hex(from.take(16, ""))];
    const issuerPoint = point(from.take(33, ""), `pack/keySets/${sets.length}/issuerPoint`);
    sets.push({ id, sealKey, issuerPoint });
  }
  for (const [i, { id }] of sets.entries())
    need(i === 0 || id > (sets[i - 1]?.id ?? ""), `pack/keySets/${i}/id`);
  return sets;
}

function readDenied(bytes: Buffer): string[] {
  need(bytes.length % 8 === 0 && bytes.length / 8 <= MAX_DENIED, "pack/denied");
  const ids = hex(bytes).match(/.{16}/g) ?? [];
  for (const [i, id] of ids.entries()) need(i === 0 || id > (ids[i - 1] ?? ""), `pack/denied/${i}`);
  return ids;
}

function amount(from: Fields, what: string): string {
  const read = integer(from.take(8, what));
  need(read <= MAX_AMOUNT, what);
  return read.toString();
}

function readFloorLimits(bytes: Buffer): Pack["floorLimits"] {
  const from = new Fields(bytes);
  return {
    perSale: amount(from, "pack/floorLimits/perSale"),
    perCard: amount(from, "pack/floorLimits/perCard"),
    perTerminal: amount(from, "pack/floorLimits/perTerminal"),
    maxSales: from.uint(4, ""),
    maxPackAgeSeconds: from.uint(4, ""),
  };
}

function readGuarantee(bytes: Buffer): NonNullable<Pack["guarantee"]> {
  const from = new Fields(bytes);
  need((bytes[16] ?? 0) <= 1, "pack/guarantee/flags");
  return {
    perCard: amount(from, "pack/guarantee/perCard"),
    total: amount(from, "pack/guarantee/total"),
    contradictions: from.uint(1, "") === 1,
  };
}

function readNodes(bytes: Buffer): string[] {
  const from = new Fields(bytes);
  const nodes: string[] = [];
  while (from.left > 0) {
    const path = `pack/nodes/${nodes.length}`;
    const uri = sized(from, MAX_URI, path).toString("latin1");
    need(writeUri(readUri(uri, path)) === uri, path);
    nodes.push(uri);
  }
  need(nodes.length >= 1 && nodes.length <= 8, "pack/nodes");
  return nodes;
}

const signed = (content: Uint8Array): readonly Uint8Array[] => [
  tagPrefix("chequecard/offline-pack"),
  content,
];

/** First 10 bytes that stand for a key where people compare it (§3.4). @param point 33 bytes */
export const fingerprintOf = (point: Uint8Array): Buffer =>
  sha256(tagPrefix("chequecard/fingerprint"), point).subarray(0, 10);

/** The key of the box; both sides come to the same. */
function boxKey(
  secretKey: Uint8Array,
  other: Uint8Array,
  ephemeral: Uint8Array,
  terminal: Uint8Array,
): Buffer {
  const shared = noble.Point.fromBytes(other).multiply(integer(secretKey)).toBytes(true);
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(secretKey);
  if (!pair.computeSecret(other).equals(shared.subarray(1))) throw new Error("two ways to one point differ");
  return sha256(tagPrefix("chequecard/offline-pack-key"), sha256(shared), ephemeral, terminal);
}

/** How a pack is written: what is drawn at random, and who signs. */
export interface Sealing {
  readonly ephemeralKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly signingKey: Uint8Array;
}

/** The whole file around a content, whatever that is. @param terminal 33 bytes, for whom it is encrypted */
export function sealContent(
  content: Uint8Array,
  terminal: Uint8Array,
  { ephemeralKey, nonce, signingKey }: Sealing,
): Buffer {
  const ephemeral = pointOf(ephemeralKey, true);
  const clear = join(sign(signingKey, signed(content)), content);
  const length = HEAD_LENGTH + clear.length + 16;
  const head = join(ascii("CQPK"), uint(1, 1), uint(length, 4), fingerprintOf(terminal), ephemeral);
  const key = boxKey(ephemeralKey, terminal, ephemeral, terminal);
  return join(head, sealBox(key, nonce, clear, join(head, nonce)));
}

export const writePack = (pack: Pack, sealing: Sealing): Buffer =>
  sealContent(writeContent(pack), unhex(pack.terminal), sealing);

/** @throws Refused */
export function openPack(file: Uint8Array, terminalKey: Uint8Array): Pack {
  need(file.length <= MAX_PACK && hex(file.subarray(0, 4)) === hex(ascii("CQPK")), "not-a-pack");
  const from = new Fields(file.subarray(4));
  const version = from.left > 0 ? from.uint(1, "cut") : 1;
  need(version <= 1, "newer-version");
  need(from.uint(4, "cut") === file.length && file.length >= HEAD_LENGTH + 80, "cut");
  need(version === 1, "damaged");
  const terminal = pointOf(terminalKey, true);
  need(from.take(10, "cut").equals(fingerprintOf(terminal)), "other-terminal");
  const ephemeral = from.take(33, "cut");
  need(isPoint(ephemeral), "damaged");
  const key = boxKey(terminalKey, ephemeral, ephemeral, terminal);
  const clear = openBox(key, from.rest(), file.subarray(0, HEAD_LENGTH), "damaged");
  const content = clear.subarray(64);
  const pack = readContent(content);
  need(verify(clear.subarray(0, 64), unhex(pack.issuer), ...signed(content)), "not-genuine");
  need(pack.terminal === hex(terminal), "other-terminal");
  return pack;
}

/** What a terminal holds an opened pack against (§3.5). */
export interface Expectations {
  readonly issuer: string;
  readonly network: string;
  readonly installed: string | null;
  readonly now: number;
}

/** Why a terminal does not install an opened pack; null when it does. */
export function installProblem(pack: Pack, { issuer, network, installed, now }: Expectations): string | null {
  if (pack.issuer !== issuer) return "other-issuer";
  if (pack.network !== network) return "other-network";
  if (installed !== null && BigInt(pack.sequence) <= BigInt(installed)) return "older";
  if (pack.madeAt > now + 600) return "from-the-future";
  return pack.validUntil <= now ? "expired" : null;
}
