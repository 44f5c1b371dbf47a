import { ascii, hex, integer, join, need, uint, unhex } from "./bytes.js";
import { chacha20, hmac, isPoint, isSecretKey, sha256 } from "./crypto.js";
import { type InvoiceContent, makeInvoice, type RouteHop } from "./invoice.js";
import { mediumBits } from "./odt.js";
import { MAX_AMOUNT } from "./sealed.js";

/** Deputy Payment Processing, modern profile (specs/07 §4 to §9). Bytes are hex, amounts msat. */
export interface Metadata {
  readonly keyId: string;
  readonly nonce: string;
  readonly amountMsat: bigint;
  readonly expiresAt: number;
}

/** specs/07 §4, 33 bytes. */
export const writeMetadata = ({ keyId, nonce, amountMsat, expiresAt }: Metadata): Buffer =>
  join(unhex("01"), unhex(keyId), unhex(nonce), uint(amountMsat, 8), uint(expiresAt, 4));

/** @throws Refused `metadata`, `metadata/version`, `metadata/amount` */
export function readMetadata(bytes: Uint8Array): Metadata {
  need(bytes.length > 0, "metadata");
  need(bytes[0] === 1, "metadata/version");
  need(bytes.length === 33, "metadata");
  const amountMsat = integer(bytes.subarray(21, 29));
  need(amountMsat <= MAX_AMOUNT, "metadata/amount");
  return {
    keyId: hex(bytes.subarray(1, 5)),
    nonce: hex(bytes.subarray(5, 21)),
    amountMsat,
    expiresAt: Number(integer(bytes.subarray(29))),
  };
}

export const terminalKey = (master: Uint8Array, keyId: Uint8Array): Buffer =>
  hmac(master, ascii("chequecard/deputy-terminal"), keyId);
export const deputyPreimage = (key: Uint8Array, metadata: Uint8Array): Buffer =>
  hmac(key, ascii("chequecard/deputy-preimage"), metadata);
export const derivedSecret = (key: Uint8Array, metadata: Uint8Array): Buffer =>
  hmac(key, ascii("chequecard/deputy-payment-secret"), metadata);

/** specs/07 §5.3 */
export function ldkSecret(
  keys: { readonly metadataKey: string; readonly userPmtHashKey: string },
  paymentHash: Uint8Array,
  amountMsat: bigint,
  expiresAt: number,
): Buffer {
  const plain = join(uint(amountMsat + (1n << 61n), 8), uint(expiresAt + 7200, 8));
  const iv = hmac(unhex(keys.userPmtHashKey), plain, paymentHash).subarray(0, 16);
  return join(iv, chacha20(unhex(keys.metadataKey), iv, plain));
}

/** A deputy profile as its JSON holds it (specs/07 §6). */
export interface Profile {
  readonly network: string;
  readonly payeeKey: string;
  readonly routeHints: readonly (readonly RouteHop[])[];
  readonly secretScheme:
    | { readonly type: "derived" }
    | {
        readonly type: "ldk-user-payment-hash";
        readonly metadataKey: string;
        readonly userPmtHashKey: string;
      };
  readonly keyId: string;
  readonly terminalKey: string;
  readonly minFinalCltv: number;
  readonly multiPart: boolean;
  readonly media: readonly string[];
}

type Check = (value: unknown, path: string) => void;

const check =
  (right: (value: unknown) => boolean): Check =>
  (value, path) =>
    need(right(value), path);
const isHex = (value: unknown, length: number): value is string =>
  typeof value === "string" && value.length === 2 * length && /^[0-9a-f]*$/.test(value);
const bytes = (length: number): Check => check((value) => isHex(value, length));
const whole = (min: number, max: number): Check =>
  check((value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max);
const oneOf = (...values: readonly unknown[]): Check => check((value) => values.includes(value));

/** Every field is there and right, and there is no other. @throws Refused with the path */
function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    need(typeof value === "object" && value !== null && !Array.isArray(value), path);
    const found = value as Record<string, unknown>;
    for (const [name, right] of Object.entries(fields)) right(found[name], `${path}/${name}`);
    for (const name of Object.keys(found)) need(name in fields, `${path}/${name}`);
  };
}

/** A list of `min` to `max`. @throws Refused with the path */
function list(min: number, max: number, each: Check): Check {
  return (value, path) => {
    need(Array.isArray(value) && value.length >= min && value.length <= max, path);
    for (const [i, entry] of (value as unknown[]).entries()) each(entry, `${path}/${i}`);
  };
}

const hop = object({
  nodeId: check((value) => isHex(value, 33) && isPoint(unhex(value))),
  shortChannelId: check(
    (value) => typeof value === "string" && /^(0|[1-9]\d{0,19})$/.test(value) && BigInt(value) < 1n << 64n,
  ),
  feeBase: whole(0, 0xffffffff),
  feeProportional: whole(0, 0xffffffff),
  cltvDelta: whole(0, 0xffff),
});

const hint: Check = (value, path) => {
  list(0, 8, hop)(value, path);
  const last = (value as RouteHop[]).at(-1);
  need(last?.feeBase === 0 && last.feeProportional === 0 && last.cltvDelta >= 40, path);
};

const SCHEMES: Readonly<Record<string, Check>> = {
  derived: object({ type: oneOf("derived") }),
  "ldk-user-payment-hash": object({
    type: oneOf("ldk-user-payment-hash"),
    metadataKey: bytes(32),
    userPmtHashKey: bytes(32),
  }),
};

const scheme: Check = (value, path) => {
  need(value !== undefined, path);
  const { type }: { type?: unknown } = Object(value);
  const found = SCHEMES[String(type)];
  need(found !== undefined, `${path}/type`);
  found(value, path);
};

const profile = object({
  format: oneOf("chequecard/deputy-profile"),
  version: oneOf(1),
  network: oneOf("bc", "tb", "tbs", "bcrt", "sb"),
  name: check((value) => typeof value === "string" && value.length >= 1 && value.length <= 64),
  payeeKey: check((value) => isHex(value, 32) && isSecretKey(unhex(value))),
  routeHints: list(1, 4, hint),
  secretScheme: scheme,
  keyId: bytes(4),
  terminalKey: bytes(32),
  minFinalCltv: whole(40, 2016),
  multiPart: oneOf(true, false),
  media: list(0, 2, oneOf("nfc", "qr")),
});

/** @throws Refused with the path of the field */
export function readProfile(json: unknown): Profile {
  profile(json, "profile");
  return json as Profile;
}

export interface SaleRequest {
  /** Null: the payer chooses. */
  readonly amountMsat: bigint | null;
  readonly description: string;
  readonly expirySeconds: number;
}

/** A sale of a point of sale: its invoice, and what was computed for it. */
export interface Sale {
  readonly metadata: string;
  readonly preimage: string;
  readonly paymentHash: string;
  readonly paymentSecret: string;
  readonly expiresAt: number;
  readonly invoice: string;
}

/** specs/07 §4 @param nonce 16 bytes */
export function makeSale(profile: Profile, request: SaleRequest, now: number, nonce: string): Sale {
  const { secretScheme, keyId, media, multiPart } = profile;
  const amountMsat = request.amountMsat ?? 0n;
  const expiresAt = now + request.expirySeconds;
  const metadata = writeMetadata({ keyId, nonce, amountMsat, expiresAt });
  const key = unhex(profile.terminalKey);
  const preimage = deputyPreimage(key, metadata);
  const paymentHash = sha256(preimage);
  const paymentSecret =
    secretScheme.type === "derived"
      ? derivedSecret(key, metadata)
      : ldkSecret(secretScheme, paymentHash, amountMsat, expiresAt);
  const content: InvoiceContent = {
    network: profile.network,
    amountMsat: request.amountMsat,
    timestamp: now,
    paymentHash,
    paymentSecret,
    description: request.description,
    expirySeconds: request.expirySeconds,
    minFinalCltv: profile.minFinalCltv,
    features: [8, 14, ...(multiPart ? [17] : []), 48, ...mediumBits(media, "modern")],
    metadata,
    routeHints: profile.routeHints,
  };
  return {
    metadata: hex(metadata),
    preimage: hex(preimage),
    paymentHash: hex(paymentHash),
    paymentSecret: hex(paymentSecret),
    expiresAt,
    invoice: makeInvoice(content, unhex(profile.payeeKey)),
  };
}
