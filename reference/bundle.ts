import { ascii, Fields, hex, join, need, uint, unhex } from "./bytes.js";
import { hmac } from "./crypto.js";
import { MAX_URI } from "./odt.js";

/** What stands in front of the records of a bundle or of results (specs/09 §7). Bytes are hex. */
export interface ListHead {
  readonly network: string;
  readonly keyId: string;
  readonly fileId: string;
  readonly madeAt: number;
}

/** A bundle (specs/09 §7.1). */
export interface Bundle extends ListHead {
  readonly sales: readonly {
    readonly number: number;
    readonly acceptedAt: number;
    readonly token: string;
    readonly nodeUri: string;
    readonly invoice: string;
  }[];
}

/** A file of results (specs/09 §7.2); amounts are decimal strings. */
export interface Results extends ListHead {
  readonly results: readonly {
    readonly paymentHash: string;
    readonly state: string;
    readonly reason: number | null;
    readonly received: string;
    readonly paidAt: number;
  }[];
}

/** Who reads. */
export interface ListReader {
  readonly network: string;
  readonly keyId: string;
  readonly terminalKey: string;
  /** Of the terminal that reads results. */
  readonly fileId: string;
}

const NETWORKS = ["bc", "tb", "tbs", "bcrt", "sb"];
const STATES = ["open", "paid", "refused"];
const MAX_LENGTH = 32 * 1024 * 1024;
const HEAD = 37;
const MAC = 32;

const KINDS = {
  bundle: { magic: "CQBD", tag: "chequecard/offline-bundle" },
  results: { magic: "CQRS", tag: "chequecard/offline-results" },
} as const;
type Kind = keyof typeof KINDS;

const macOf = (kind: Kind, terminalKey: Uint8Array, bytes: Uint8Array): Buffer =>
  hmac(hmac(terminalKey, ascii(KINDS[kind].tag)), bytes);

/** head | records | MAC over whatever is given: also for files that no writer makes. */
export function writeFrame(
  kind: Kind,
  { network, keyId, fileId, madeAt }: ListHead,
  records: readonly Uint8Array[],
  terminalKey: Uint8Array,
  count = records.length,
): Buffer {
  const letters = join(ascii(network), Buffer.alloc(4 - network.length));
  const head = join(ascii(KINDS[kind].magic), uint(1, 1), letters, unhex(keyId), unhex(fileId));
  const bytes = join(head, uint(madeAt, 4), uint(count, 4), ...records);
  return join(bytes, macOf(kind, terminalKey, bytes));
}

const sizedText = (text: string): Buffer => join(uint(text.length, 2), ascii(text));

export const saleRecord = ({
  number,
  acceptedAt,
  token,
  nodeUri,
  invoice,
}: Bundle["sales"][number]): Buffer =>
  join(uint(number, 4), uint(acceptedAt, 4), unhex(token), sizedText(nodeUri), sizedText(invoice));

export const resultRecord = ({
  paymentHash,
  state,
  reason,
  received,
  paidAt,
}: Results["results"][number]): Buffer =>
  join(
    unhex(paymentHash),
    uint(STATES.indexOf(state), 1),
    uint(reason ?? 0xffff, 2),
    uint(BigInt(received), 8),
    uint(paidAt, 4),
  );

export const writeBundle = (bundle: Bundle, terminalKey: Uint8Array): Buffer =>
  writeFrame("bundle", bundle, bundle.sales.map(saleRecord), terminalKey);

export const writeResults = (results: Results, terminalKey: Uint8Array): Buffer =>
  writeFrame("results", results, results.results.map(resultRecord), terminalKey);

function readFrame(kind: Kind, file: Uint8Array, reader: ListReader) {
  const bytes = Buffer.from(file);
  const isOne = bytes.length <= MAX_LENGTH && bytes.subarray(0, 4).toString("latin1") === KINDS[kind].magic;
  need(isOne, "not-a-bundle");
  need((bytes[4] ?? 1) <= 1, "newer-version");
  need(bytes.length >= HEAD + MAC, "cut");
  const network = bytes.subarray(5, 9).toString("latin1").replace(/\0+$/, "");
  need(bytes[4] === 1 && NETWORKS.includes(network), "damaged");
  need(network === reader.network, "other-network");
  const keyId = hex(bytes.subarray(9, 13));
  need(keyId === reader.keyId, "other-terminal");
  const signed = bytes.subarray(0, bytes.length - MAC);
  need(macOf(kind, unhex(reader.terminalKey), signed).equals(bytes.subarray(-MAC)), "damaged");
  const head = { network, keyId, fileId: hex(bytes.subarray(13, 29)), madeAt: bytes.readUInt32BE(29) };
  return { head, count: bytes.readUInt32BE(33), fields: new Fields(signed.subarray(HEAD)) };
}

function textOf(fields: Fields, most: number, what: string): string {
  const length = fields.uint(2, what);
  need(length <= most, what);
  const text = fields.take(length, what).toString("latin1");
  need(/^[\x20-\x7e]*$/.test(text), what);
  return text;
}

function readAll<T>(count: number, fields: Fields, name: string, read: (at: string) => T): T[] {
  const all: T[] = [];
  while (all.length < count && fields.left > 0) all.push(read(`${name}/${all.length}`));
  need(all.length === count && fields.left === 0, name);
  return all;
}

/** @throws Refused */
export function readBundle(file: Uint8Array, reader: ListReader): Bundle {
  const { head, count, fields } = readFrame("bundle", file, reader);
  const sales = readAll(count, fields, "bundle", (at) => ({
    number: fields.uint(4, `${at}/number`),
    acceptedAt: fields.uint(4, `${at}/acceptedAt`),
    token: hex(fields.take(149, `${at}/token`)),
    nodeUri: textOf(fields, MAX_URI, `${at}/nodeUri`),
    invoice: textOf(fields, 4096, `${at}/invoice`),
  }));
  return { ...head, sales };
}

/** @throws Refused */
export function readResults(file: Uint8Array, reader: ListReader): Results {
  const { head, count, fields } = readFrame("results", file, reader);
  const results = readAll(count, fields, "file of results", (at) => {
    const paymentHash = hex(fields.take(32, `${at}/paymentHash`));
    const state = fields.uint(1, `${at}/state`);
    const reason = fields.uint(2, `${at}/reason`);
    const received = fields.take(8, `${at}/received`).readBigUInt64BE();
    need(received <= 2_100_000_000_000_000_000n, `${at}/received`);
    const paidAt = fields.uint(4, `${at}/paidAt`);
    const name = STATES[state];
    need(name !== undefined, `${at}/state`);
    return {
      paymentHash,
      state: name,
      reason: name === "refused" && reason !== 0xffff ? reason : null,
      received: name === "paid" ? received.toString() : "0",
      paidAt: name === "paid" ? paidAt : 0,
    };
  });
  need(head.fileId === reader.fileId, "other-terminal");
  return { ...head, results };
}
