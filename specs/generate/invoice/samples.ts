import { sha256 } from "../../../reference/crypto.js";
import { wordsOf } from "../../../reference/invoice.js";
import {
  assembleInvoice,
  bytes,
  type Field,
  features,
  field,
  join,
  publicKey,
  type Signing,
  text,
  unhex,
} from "./assemble.js";

export const KEY = new Uint8Array(32).fill(0x42);
export const OTHER_KEY = new Uint8Array(32).fill(0x43);
export const PAYEE = publicKey(KEY);
export const HASH = sha256(new Uint8Array(32).fill(7));
export const SECRET = new Uint8Array(32).fill(0x11);
export const TIME = 1_700_000_000;
export const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);

export const P = bytes("p", HASH);
export const S = bytes("s", SECRET);
export const D = text("coffee");
export const F = features(8, 14);
export const USUAL = [P, S, D, F];
export const HOP_NUMBERS = unhex("0102030405060708000000010000001400fd");
export const HOP = join(publicKey(OTHER_KEY), HOP_NUMBERS);

export const invoice = (prefix: string, fields: readonly Field[], signing: Partial<Signing> = {}): string =>
  assembleInvoice(prefix, TIME, fields, { key: KEY, ...signing });

/** Ends an hour after TIME. */
export const HOUR = invoice("lnbc1n", USUAL);
/** Features of an invoice with a bit more. */
export const withFeatures = (...bits: number[]): string => invoice("lnbc1n", [P, S, D, features(...bits)]);
export const fallback = (version: number, length: number): string =>
  invoice("lnbc1n", [...USUAL, field("f", [version, ...wordsOf(new Uint8Array(length).fill(0xab))])]);
