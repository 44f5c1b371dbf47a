import { createCipheriv } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  ascii,
  assembleInvoice,
  big,
  bytes,
  features,
  hex,
  join,
  mac,
  number,
  publicKey,
  text,
  unhex,
} from "../invoice/assemble.js";

/** The modern profile by hand: keys, metadata, payment secrets and invoices, without the code that they test. */
const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

export const TIME = 1_700_000_000;
export const PAYEE_KEY = fill(0x61);
export const MASTER = fill(0x62);
export const LDK_METADATA_KEY = fill(0x63);
export const LDK_USER_KEY = fill(0x64);
const RECIPIENT = publicKey(fill(0x65));
const ROUTER = publicKey(fill(0x66));
export const KEY_ID = unhex("00000007");

export const terminalKey = (keyId: Uint8Array): Uint8Array =>
  mac(MASTER, ascii("chequecard/deputy-terminal"), keyId);
export const TERMINAL_KEY = terminalKey(KEY_ID);

export interface MetadataFields {
  readonly version?: number;
  readonly keyId?: Uint8Array;
  readonly nonce: Uint8Array;
  readonly amount: bigint;
  readonly expiresAt: number;
}

export const metadata = (fields: MetadataFields): Uint8Array =>
  join(
    Uint8Array.of(fields.version ?? 1),
    fields.keyId ?? KEY_ID,
    fields.nonce,
    big(fields.amount, 8),
    big(fields.expiresAt, 4),
  );

export const preimage = (metadata: Uint8Array, key = TERMINAL_KEY): Uint8Array =>
  mac(key, ascii("chequecard/deputy-preimage"), metadata);

export const derivedSecret = (metadata: Uint8Array, key = TERMINAL_KEY): Uint8Array =>
  mac(key, ascii("chequecard/deputy-payment-secret"), metadata);

export function ldkSecret(paymentHash: Uint8Array, amount: bigint, expiresAt: number): Uint8Array {
  const plain = join(big((1n << 61n) + amount, 8), big(expiresAt + 7200, 8));
  const iv = mac(LDK_USER_KEY, plain, paymentHash).slice(0, 16);
  return join(iv, createCipheriv("chacha20", LDK_METADATA_KEY, iv).update(plain));
}

export const LAST_HOP = {
  nodeId: hex(RECIPIENT),
  shortChannelId: "123456789012345678",
  feeBase: 0,
  feeProportional: 0,
  cltvDelta: 42,
};
const ROUTER_HOP = {
  nodeId: hex(ROUTER),
  shortChannelId: "72623859790382856",
  feeBase: 1000,
  feeProportional: 100,
  cltvDelta: 72,
};
type Hop = typeof LAST_HOP;

/** A profile as its JSON holds it. */
export const PROFILE = {
  format: "chequecard/deputy-profile",
  version: 1,
  network: "bcrt",
  name: "beer tap 7",
  payeeKey: hex(PAYEE_KEY),
  routeHints: [[LAST_HOP]] as Hop[][],
  secretScheme: { type: "derived" } as Record<string, string>,
  keyId: hex(KEY_ID),
  terminalKey: hex(TERMINAL_KEY),
  minFinalCltv: 40,
  multiPart: true,
  media: [] as string[],
};
export const LDK_PROFILE = {
  ...PROFILE,
  secretScheme: {
    type: "ldk-user-payment-hash",
    metadataKey: hex(LDK_METADATA_KEY),
    userPmtHashKey: hex(LDK_USER_KEY),
  },
};
export const ROUTED_PROFILE = {
  ...PROFILE,
  network: "bc",
  routeHints: [[ROUTER_HOP, LAST_HOP], [LAST_HOP]],
  multiPart: false,
  media: ["qr", "nfc"],
};

const hop = (h: Hop): Uint8Array =>
  join(
    unhex(h.nodeId),
    big(BigInt(h.shortChannelId), 8),
    big(h.feeBase, 4),
    big(h.feeProportional, 4),
    big(h.cltvDelta, 2),
  );

/** One invoice with everything that it was made from. */
export function sale(
  comment: string,
  profile: typeof PROFILE,
  request: {
    readonly prefix: string;
    readonly amount: bigint;
    readonly description: string;
    readonly seconds: number;
  },
) {
  const nonce = sha256(ascii(comment)).slice(0, 16);
  const expiresAt = TIME + request.seconds;
  const data = metadata({ nonce, amount: request.amount, expiresAt });
  const paymentHash = sha256(preimage(data));
  const secret =
    profile.secretScheme.type === "derived"
      ? derivedSecret(data)
      : ldkSecret(paymentHash, request.amount, expiresAt);
  const media = profile.media.map((medium) => (medium === "qr" ? 269 : 271));
  const invoice = assembleInvoice(
    request.prefix,
    TIME,
    [
      bytes("p", paymentHash),
      bytes("s", secret),
      text(request.description),
      number("x", request.seconds),
      number("c", profile.minFinalCltv),
      features(8, 14, ...(profile.multiPart ? [17] : []), 48, ...media),
      bytes("m", data),
      ...profile.routeHints.map((hops) => bytes("r", join(...hops.map(hop)))),
    ],
    { key: PAYEE_KEY },
  );
  return {
    comment,
    valid: true,
    profile,
    request: {
      amountMsat: request.amount === 0n ? null : request.amount.toString(),
      description: request.description,
      expirySeconds: request.seconds,
    },
    now: TIME,
    nonce: hex(nonce),
    fields: {
      metadata: hex(data),
      preimage: hex(preimage(data)),
      paymentHash: hex(paymentHash),
      paymentSecret: hex(secret),
      expiresAt,
    },
    invoice,
  };
}
