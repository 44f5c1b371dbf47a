import { BlockList, isIPv4 } from "node:net";
import { Fields, hex, integer, join, need, Refused, uint, unhex } from "./bytes.js";
import { sha256, tagPrefix } from "./crypto.js";
import { MAX_TOKEN, sized, writeSized } from "./odt.js";
import { SEALED_LENGTH } from "./sealed.js";

/** Authorized Payment Initiation (specs/08). Bytes are hex. */
const MAX_INVOICE = 4096;
const MAX_RECORDS = 1024;
/** 21 million bitcoin in millisatoshi. */
const MAX_AMOUNT = 2_100_000_000_000_000_000n;

/** BigSize of BOLT 1. @throws Refused `path` when it is cut or not in its shortest form */
export function readBigSize(from: Fields, path: string): bigint {
  const first = from.uint(1, path);
  if (first < 0xfd) return BigInt(first);
  const length = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
  const value = integer(from.take(length, path));
  need(value >= (length === 2 ? 0xfdn : 1n << BigInt(4 * length)), path);
  return value;
}

export function writeBigSize(value: bigint): Buffer {
  if (value < 0xfdn) return uint(value, 1);
  const [mark, length] = value < 1n << 16n ? ["fd", 2] : value < 1n << 32n ? ["fe", 4] : ["ff", 8];
  return join(unhex(mark as string), uint(value, length as number));
}

/** A TLV stream of BOLT 1: types rising, nothing cut. @throws Refused with the path of the record */
export function readRecords(bytes: Uint8Array, path: string): ReadonlyMap<bigint, Buffer> {
  const from = new Fields(bytes);
  const records = new Map<bigint, Buffer>();
  let last = -1n;
  while (from.left > 0) {
    const type = readBigSize(from, `${path}/type`);
    const name = `${path}/${type}`;
    need(type > last, name);
    last = type;
    const length = readBigSize(from, `${name}/length`);
    need(length <= BigInt(from.left), name);
    records.set(type, from.take(Number(length), name));
  }
  return records;
}

export const writeRecord = (type: bigint, value: Uint8Array): Buffer =>
  join(writeBigSize(type), writeBigSize(BigInt(value.length)), value);

export const MESSAGE_TYPE = {
  initiate_payment: 45001,
  reject_payment: 45003,
  card_status: 45005,
  card_update: 45007,
  refund_request: 45009,
  refund_answer: 45011,
  card_balance: 45013,
} as const;

export type Words = Readonly<Record<string, unknown>>;

/** The records behind a message's fields: unknown odd ones are ignored (specs/08 §3). */
function extension(from: Fields, name: string, known: readonly bigint[]): ReadonlyMap<bigint, Buffer> {
  need(from.left <= MAX_RECORDS, `${name}/tlv`);
  const records = readRecords(from.rest(), `${name}/tlv`);
  for (const type of records.keys()) need(type % 2n === 1n || known.includes(type), `${name}/tlv/${type}`);
  return records;
}

/** @throws Refused with the path of the field */
export function readMessage(type: number, bytes: Uint8Array): Words {
  const from = new Fields(bytes);
  switch (type) {
    case MESSAGE_TYPE.initiate_payment: {
      const name = "initiate_payment";
      const token = sized(from, MAX_TOKEN, `${name}/token`);
      const invoice = sized(from, MAX_INVOICE, `${name}/invoice`);
      extension(from, name, []);
      return { token: hex(token), invoice: hex(invoice) };
    }
    case MESSAGE_TYPE.reject_payment: {
      const name = "reject_payment";
      const tokenHash = from.take(32, `${name}/tokenhash`);
      const invoice = sized(from, MAX_INVOICE, `${name}/invoice`);
      const reason = extension(from, name, []).get(1n);
      need(reason === undefined || reason.length === 2, `${name}/tlv/1`);
      return {
        tokenHash: hex(tokenHash),
        invoice: hex(invoice),
        reason: reason ? Number(integer(reason)) : null,
      };
    }
    case MESSAGE_TYPE.card_status: {
      const name = "card_status";
      const status = from.take(SEALED_LENGTH, name);
      const time = integer(from.take(8, name));
      const nonce = from.take(24, name);
      extension(from, name, []);
      return { status: hex(status), time, nonce: hex(nonce) };
    }
    case MESSAGE_TYPE.card_update: {
      const name = "card_update";
      const requestHash = from.take(32, name);
      const update = from.take(SEALED_LENGTH, name);
      extension(from, name, []);
      return { requestHash: hex(requestHash), update: hex(update) };
    }
    case MESSAGE_TYPE.refund_request: {
      const name = "refund_request";
      const paymentHash = from.take(32, name);
      const preimage = from.take(32, name);
      const amount = integer(from.take(8, name));
      const refundId = from.take(16, name);
      need(amount >= 1n && amount <= MAX_AMOUNT, `${name}/amount`);
      extension(from, name, []);
      return { paymentHash: hex(paymentHash), preimage: hex(preimage), amount, refundId: hex(refundId) };
    }
    case MESSAGE_TYPE.refund_answer: {
      const name = "refund_answer";
      const requestHash = from.take(32, `${name}/requesthash`);
      const refunded = integer(from.take(8, `${name}/refunded`));
      need(refunded <= MAX_AMOUNT, `${name}/refunded`);
      const length = from.uint(2, `${name}/invoice/length`);
      need(length <= MAX_INVOICE, `${name}/invoice/length`);
      const invoice = from.take(length, `${name}/invoice`);
      const reason = extension(from, name, []).get(1n);
      need((reason === undefined) === length > 0, `${name}/tlv/1`);
      need(reason === undefined || reason.length === 2, `${name}/tlv/1`);
      return {
        requestHash: hex(requestHash),
        refunded,
        invoice: reason ? null : hex(invoice),
        reason: reason ? Number(integer(reason)) : null,
      };
    }
    case MESSAGE_TYPE.card_balance: {
      const name = "card_balance";
      const requestHash = from.take(32, name);
      const left = extension(from, name, []).get(1n);
      need(left === undefined || (left.length === 8 && integer(left) <= MAX_AMOUNT), `${name}/tlv/1`);
      return { requestHash: hex(requestHash), left: left ? integer(left) : null };
    }
    default:
      throw new Refused("type");
  }
}

export function writeMessage(type: number, words: Words): Buffer {
  const bytes = (name: string): Buffer => unhex(String(words[name]));
  switch (type) {
    case MESSAGE_TYPE.initiate_payment:
      return join(writeSized(bytes("token")), writeSized(bytes("invoice")));
    case MESSAGE_TYPE.reject_payment: {
      const reason = words.reason === null ? Buffer.alloc(0) : writeRecord(1n, uint(Number(words.reason), 2));
      return join(bytes("tokenHash"), writeSized(bytes("invoice")), reason);
    }
    case MESSAGE_TYPE.card_status:
      return join(bytes("status"), uint(BigInt(String(words.time)), 8), bytes("nonce"));
    case MESSAGE_TYPE.card_balance: {
      const left =
        words.left === null ? Buffer.alloc(0) : writeRecord(1n, uint(BigInt(String(words.left)), 8));
      return join(bytes("requestHash"), left);
    }
    case MESSAGE_TYPE.card_update:
      return join(bytes("requestHash"), bytes("update"));
    case MESSAGE_TYPE.refund_request:
      return join(
        bytes("paymentHash"),
        bytes("preimage"),
        uint(BigInt(String(words.amount)), 8),
        bytes("refundId"),
      );
    default: {
      const fields = join(bytes("requestHash"), uint(BigInt(String(words.refunded)), 8));
      return words.reason === null
        ? join(fields, writeSized(bytes("invoice")))
        : join(fields, uint(0, 2), writeRecord(1n, uint(Number(words.reason), 2)));
    }
  }
}

/** What stands in the invoice that answers a request (specs/08 §3.6). Both in hex. */
export const refundDescription = (paymentHash: string, refundId: string): string =>
  `chequecard refund ${refundId} of ${paymentHash}`;

/** The challenge of a status (specs/08 §6). @param nodeId 33 bytes; @param nonce 24 */
export const statusChallenge = (nodeId: Uint8Array, time: bigint, nonce: Uint8Array): Buffer =>
  sha256(tagPrefix("chequecard/status-challenge"), nodeId, uint(time, 8), nonce);

/** specs/08 §7, in the order in which they are looked for. */
const SCOPES: Readonly<Record<string, string>> = {
  loopback: "127.0.0.0/8 ::1/128",
  private: "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7",
  "link-local": "169.254.0.0/16 fe80::/10",
  reserved:
    "0.0.0.0/8 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 " +
    "2001::/23 2001:db8::/32 2002::/16 3fff::/20",
};

const family = (address: string): "ipv4" | "ipv6" => (isIPv4(address) ? "ipv4" : "ipv6");

function within(address: string, networks: string): boolean {
  const list = new BlockList();
  for (const network of networks.split(" ")) {
    const [base = "", prefix = ""] = network.split("/");
    if (family(base) === family(address)) list.addSubnet(base, Number(prefix), family(base));
  }
  return list.check(address, family(address));
}

/** The eight groups of an IPv6 address. No IPv4 network of §7 has fewer than 256 addresses: their last byte is left out. */
function groups(address: string): number[] {
  const [, head = address, tail = ""] = /^(.*)::(.*)$/.exec(address) ?? [];
  const parse = (part: string): number[] =>
    part.split(":").flatMap((group) => {
      if (!group.includes(".")) return group === "" ? [] : [Number.parseInt(group, 16)];
      const [a, b, c] = group.split(".").map(Number);
      return [256 * (a ?? 0) + (b ?? 0), 256 * (c ?? 0)];
    });
  const [left, right] = [parse(head), parse(tail)];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** What an address may be dialed from (specs/08 §7). */
export function scopeOf(address: string): string {
  if (!isIPv4(address) && within(address, "::ffff:0:0/96 64:ff9b::/96")) {
    const [high = 0, low = 0] = groups(address).slice(6);
    return scopeOf([high >> 8, high & 255, low >> 8, 0].join("."));
  }
  const found = Object.entries(SCOPES).find(([, networks]) => within(address, networks));
  if (found) return found[0];
  return isIPv4(address) || within(address, "2000::/3") ? "public" : "reserved";
}

/** How far the payment of an invoice was asked for (specs/08 §4.2). */
export type Initiation =
  | { readonly phase: "idle" | "paid" | "cancelled" }
  | { readonly phase: "asked"; readonly payer: string; readonly tokenHashes: readonly string[] };

export interface InitiationEvent {
  readonly event: "ask" | "rejected" | "settled" | "cancelled" | "not-sent";
  readonly payer?: string;
  readonly tokenHash?: string;
  /** Of a reject; absent: none was given. */
  readonly reason?: number;
}

const MAX_TOKENS = 8;

/** Whether a reject with this code may be taken back by asking again (specs/08 §5). */
export const isTemporary = (reason: number | undefined): boolean =>
  reason !== undefined && reason >= 64 && reason <= 127;

/** The next state. @param before the last `ask`, to which `not-sent` returns @throws Refused with the error's name */
export function nextInitiation(state: Initiation, happened: InitiationEvent, before: Initiation): Initiation {
  const { payer = "", tokenHash = "" } = happened;
  switch (happened.event) {
    case "settled":
      return { phase: "paid" };
    case "cancelled":
      return state.phase === "paid" ? state : { phase: "cancelled" };
    case "not-sent":
      return state.phase === "asked" ? before : state;
    case "rejected": {
      if (state.phase !== "asked" || state.payer !== payer || isTemporary(happened.reason)) return state;
      const tokenHashes = state.tokenHashes.filter((hash) => hash !== tokenHash);
      return tokenHashes.length === 0 ? { phase: "idle" } : { ...state, tokenHashes };
    }
    case "ask": {
      need(state.phase !== "paid", "already-paid");
      need(state.phase !== "cancelled", "cancelled");
      if (state.phase !== "asked") return { phase: "asked", payer, tokenHashes: [tokenHash] };
      need(state.payer === payer, "in-doubt");
      if (state.tokenHashes.includes(tokenHash)) return state;
      need(state.tokenHashes.length < MAX_TOKENS, "too-many-tokens");
      return { ...state, tokenHashes: [...state.tokenHashes, tokenHash] };
    }
  }
}

/** The state after events, one after the other. @throws Refused */
export function initiationAfter(from: Initiation, events: readonly InitiationEvent[]): Initiation {
  let [state, before] = [from, from];
  for (const happened of events) {
    const next = nextInitiation(state, happened, before);
    if (happened.event === "ask") before = state;
    state = next;
  }
  return state;
}
