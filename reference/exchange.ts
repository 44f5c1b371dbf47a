import { ascii, hex, integer, join, need, Refused, uint, unhex } from "./bytes.js";
import { parseCommand } from "./card/answer.js";
import { must, readObjects, tlv } from "./tlv.js";

/** The exchange application of a phone (specs/06 §5): commands, answers, and the wallet. Bytes are hex. */
export const EXCHANGE_AID = "f043484551554502";
const MAX_INVOICE = 4096;
const MAX_MESSAGE = 2048;
const PART = 254;

export type Words = Readonly<Record<string, unknown>>;

/** The data of a chain of commands together, and P1 P2 of the last one. @throws Refused `name/field` */
function request(name: string, apdus: readonly Uint8Array[], header: string): { data: Buffer; p1p2: number } {
  const links = apdus.map(parseCommand);
  const last = links.at(-1);
  need(last !== undefined, name);
  for (const [at, field] of ["cla", "ins", "p1", "p2"].entries()) {
    const wanted = header.slice(2 * at, 2 * at + 2);
    need(wanted === "xx" || hex(last.bytes.subarray(at, at + 1)) === wanted, `${name}/${field}`);
  }
  return { data: join(...links.map((link) => link?.data ?? new Uint8Array())), p1p2: last.p1p2 };
}

const isInvoice = (text: string): boolean => /^[\x21-\x40\x5b-\x7e]+$/.test(text);

/** @throws Refused with the field's path */
export function readRequest(name: string, apdus: readonly Uint8Array[]): Words {
  switch (name) {
    case "SELECT": {
      const { data } = request(name, apdus, "00a40400");
      need(hex(data) === EXCHANGE_AID, "SELECT/aid");
      return {};
    }
    case "PRESENT": {
      const invoice = request(name, apdus, "80400000").data.toString("latin1");
      need(invoice.length <= MAX_INVOICE && isInvoice(invoice), "PRESENT/invoice");
      return { invoice };
    }
    default: {
      const { data, p1p2 } = request(name, apdus, "8042xxxx");
      need(p1p2 < MAX_MESSAGE, "COLLECT/offset");
      need(data.length === 0, "COLLECT");
      return { offset: p1p2 };
    }
  }
}

export function writeRequest(name: string, words: Words): Buffer[] {
  if (name === "SELECT") return [unhex(`00a4040008${EXCHANGE_AID}00`)];
  if (name === "COLLECT") return [join(unhex("8042"), uint(Number(words.offset), 2), unhex("00"))];
  const parts = hex(ascii(String(words.invoice))).match(/.{1,510}/g) ?? [];
  return parts.map((part, i) =>
    unhex(`${i < parts.length - 1 ? "90" : "80"}400000${hex(uint(part.length / 2, 1))}${part}`),
  );
}

/** @throws Refused with the field's path */
export function readResponse(name: string, data: Uint8Array): Words {
  const path = `${name} response`;
  if (name === "PRESENT") {
    need(data.length === 0, path);
    return {};
  }
  if (name === "COLLECT") {
    const total = Number(integer(data.subarray(0, 2)));
    const part = data.subarray(2);
    need(part.length >= 1 && part.length <= PART && part.length <= total && total <= MAX_MESSAGE, path);
    return { total, part: hex(part) };
  }
  // What is wrong with the bytes themselves is reported for what they are the content of.
  const within = (outer: string, content: Uint8Array, wanted: string): Buffer => {
    try {
      return must(readObjects(content, ""), wanted);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused(error.what === "" ? outer : `${outer}/${error.what}`);
    }
  };
  need(data[0] === 0x6f, path);
  const fci = within(path, data, "6F");
  need(tlv("6f", hex(fci)) === hex(data), path);
  const aid = within(`${path}/6F`, fci, "84");
  need(hex(aid) === EXCHANGE_AID, `${path}/6F/84`);
  const profile = within(`${path}/6F/A5`, within(`${path}/6F`, fci, "A5"), "C1");
  need(profile.length === 4, `${path}/6F/A5/C1`);
  const [major, minor, capabilities] = profile;
  need(major === 1, `${path}/6F/A5/C1/major`);
  return { major, minor, capabilities };
}

export function writeResponse(name: string, words: Words): Buffer {
  if (name === "PRESENT") return Buffer.alloc(0);
  if (name === "COLLECT") return join(uint(BigInt(String(words.total)), 2), unhex(String(words.part)));
  const profile = [words.major, words.minor, words.capabilities, 0].map((value) => uint(Number(value), 1));
  return unhex(tlv("6f", tlv("84", EXCHANGE_AID) + tlv("a5", tlv("c1", hex(join(...profile))))));
}

/** A wallet on a phone as plain data. */
export interface Wallet {
  readonly selected: boolean;
  /** What came of a chain so far, hex; undefined outside of a chain. */
  readonly chain: string | undefined;
  /** Presented since the selection. */
  readonly presented: string | undefined;
  /** What became of each invoice: undefined while it is paid. */
  readonly payments: Readonly<Record<string, "settled" | "failed" | "paying">>;
}

export const newWallet: Wallet = { selected: false, chain: undefined, presented: undefined, payments: {} };

/** Every payment in flight ends. */
export const endPayments = (wallet: Wallet, end: "settled" | "failed"): Wallet => ({
  ...wallet,
  payments: Object.fromEntries(
    Object.entries(wallet.payments).map(([invoice, state]) => [invoice, state === "paying" ? end : state]),
  ),
});

export interface WalletAnswer {
  readonly sw: string;
  readonly data: string;
  readonly wallet: Wallet;
}

/** What a wallet answers (specs/06 §5.2 to §5.5). @param preimage of every payment, hex */
export function walletAnswer(before: Wallet, bytes: Uint8Array, preimage: string): WalletAnswer {
  const refuse = (sw: string, wallet: Wallet): WalletAnswer => ({ sw, data: "", wallet });
  const command = parseCommand(bytes);
  if (!command) return refuse("6700", before);
  const { cla, ins, p1p2, data } = command;
  if (cla === 0x00 && ins === 0xa4) {
    if (p1p2 !== 0x0400 || hex(data) !== EXCHANGE_AID) return refuse("6a82", before);
    const answer = writeResponse("SELECT", { major: 1, minor: 0, capabilities: 1 });
    const wallet = { ...before, selected: true, chain: undefined, presented: undefined };
    return { sw: "9000", data: hex(answer), wallet };
  }
  const wallet: Wallet = { ...before, chain: undefined };
  if (cla !== 0x00 && cla !== 0x80 && cla !== 0x90) return refuse("6e00", wallet);
  if (cla === 0x00 || (ins !== 0x40 && ins !== 0x42)) return refuse("6d00", wallet);
  if (before.chain !== undefined && ins !== 0x40) return refuse("6883", wallet);
  if (ins === 0x42) return cla === 0x90 ? refuse("6e00", wallet) : collect(wallet, p1p2, data, preimage);
  if (p1p2 !== 0) return refuse("6a86", wallet);
  const whole = (before.chain ?? "") + hex(data);
  if (data.length === 0 || whole.length > 2 * MAX_INVOICE) return refuse("6700", wallet);
  if (cla === 0x90) return { sw: "9000", data: "", wallet: { ...wallet, chain: whole } };
  const invoice = unhex(whole).toString("latin1");
  if (!isInvoice(invoice)) return refuse("6a80", { ...wallet, presented: undefined });
  const payments = { [invoice]: "paying" as const, ...wallet.payments };
  return { sw: "9000", data: "", wallet: { ...wallet, presented: invoice, payments } };
}

function collect(wallet: Wallet, offset: number, data: Uint8Array, preimage: string): WalletAnswer {
  const refuse = (sw: string): WalletAnswer => ({ sw, data: "", wallet });
  if (data.length > 0) return refuse("6700");
  if (wallet.presented === undefined) return refuse("6985");
  const state = wallet.payments[wallet.presented];
  if (state === "failed") return refuse("9c11");
  if (state === "paying") return refuse("9c10");
  const message = `0000${preimage}`;
  if (2 * offset >= message.length) return refuse("6a86");
  const part = message.slice(2 * offset, 2 * (offset + PART));
  return { sw: "9000", data: hex(uint(message.length / 2, 2)) + part, wallet };
}
