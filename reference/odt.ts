import { isIPv4, isIPv6 } from "node:net";
import { ascii, Fields, hex, join, need, Refused, uint, unhex } from "./bytes.js";
import { isPoint } from "./crypto.js";

/** Offline messages (specs/06 §2 to §4). Bytes are hex. */
export type OdtMessage =
  | { readonly kind: "preimage"; readonly preimage: string }
  | { readonly kind: "payment-authorization"; readonly uri: string; readonly token: string }
  | { readonly kind: "unknown"; readonly type: number; readonly payload: string };

const MAX_MESSAGE = 2048;
export const MAX_URI = 200;
export const MAX_TOKEN = 1024;

/** A length of two bytes, and as many bytes, 1 to `max`. @throws Refused `path/length`, `path` */
export function sized(from: Fields, max: number, path: string): Buffer {
  const length = from.uint(2, `${path}/length`);
  need(length >= 1 && length <= max, `${path}/length`);
  return from.take(length, path);
}

export const writeSized = (bytes: Uint8Array): Buffer => join(uint(bytes.length, 2), bytes);

/** @param typeLength 1 or 2, agreed outside of the message @throws Refused with the path */
export function readOdt(bytes: Uint8Array, typeLength: number): OdtMessage {
  need(bytes.length <= MAX_MESSAGE, "odt");
  const from = new Fields(bytes);
  const type = from.uint(typeLength, "odt/type");
  if (type === 0) {
    const preimage = from.take(32, "odt/preimage");
    from.end("odt/preimage");
    return { kind: "preimage", preimage: hex(preimage) };
  }
  if (type !== 1) return { kind: "unknown", type, payload: hex(from.rest()) };
  const uri = sized(from, MAX_URI, "odt/uri");
  const token = sized(from, MAX_TOKEN, "odt/token");
  from.end("odt");
  return {
    kind: "payment-authorization",
    uri: writeUri(readUri(uri.toString("latin1"), "odt/uri")),
    token: hex(token),
  };
}

export function writeOdt(message: OdtMessage, typeLength: number): Buffer {
  switch (message.kind) {
    case "preimage":
      return join(uint(0, typeLength), unhex(message.preimage));
    case "payment-authorization":
      return join(
        uint(1, typeLength),
        writeSized(ascii(writeUri(readUri(message.uri)))),
        writeSized(unhex(message.token)),
      );
    case "unknown":
      return join(uint(message.type, typeLength), unhex(message.payload));
  }
}

/** A QR code's text as bytes (specs/06 §4.1). @throws Refused `odt` */
export function readOdtText(text: string): Buffer {
  need(text.length <= 2 * MAX_MESSAGE + 16, "odt");
  const digits = text.trim();
  need(/^([0-9a-f]{2})*$/i.test(digits), "odt");
  return unhex(digits);
}

export const writeOdtText = (bytes: Uint8Array): string => hex(bytes).toUpperCase();

/** `pubkey@host:port` (specs/06 §3.2). */
export interface NodeUri {
  readonly pubkey: string;
  readonly host: string;
  readonly port: number;
}

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

function isHostName(host: string): boolean {
  const labels = host.split(".");
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) return false;
  return host.endsWith(".onion")
    ? /^[a-z2-7]{56}$/.test(labels.at(-2) ?? "")
    : !/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "");
}

/** @throws Refused with `path`, or the part behind it */
export function readUri(text: string, path = "uri"): NodeUri {
  need(text.length <= MAX_URI && /^[\x21-\x7e]*$/.test(text) && text.includes("@"), path);
  const at = text.indexOf("@");
  const pubkey = text.slice(0, at).toLowerCase();
  need(/^[0-9a-f]{66}$/.test(pubkey) && isPoint(unhex(pubkey)), `${path}/pubkey`);
  const rest = text.slice(at + 1).toLowerCase();
  const bracketed = rest.startsWith("[");
  const [, host = "", tail = ""] = (bracketed ? /\[([^\]]*)\](.*)/ : /([^:]*)(.*)/).exec(rest) ?? [];
  const right = bracketed ? isIPv6(host) && !host.includes("%") : tail.lastIndexOf(":") <= 0;
  need(right, `${path}/host`);
  need(bracketed || isIPv4(host) || isHostName(host), `${path}/host`);
  const [, port] = /^:([1-9]\d{0,4})$/.exec(tail) ?? [];
  need(port !== undefined && Number(port) <= 0xffff, `${path}/port`);
  return { pubkey, host, port: Number(port) };
}

/** The canonical text. */
export const writeUri = ({ pubkey, host, port }: NodeUri): string =>
  `${pubkey}@${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Even feature bit of each medium (specs/06 §4). */
const MEDIA: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  modern: { nfc: 270, qr: 268 },
  "draft-819": { nfc: 130, qr: 128 },
};

/** The odd bits with which an invoice announces media. */
export const mediumBits = (media: readonly string[], profile: string): number[] =>
  media.map((medium) => (MEDIA[profile]?.[medium] ?? Number.NaN) + 1).sort((a, b) => a - b);

/** The medium that a payer uses for its message, null when it has none; then it should not pay. */
export function chooseMedium(
  features: readonly number[],
  own: readonly string[],
  profile: string,
): string | null {
  const announced = Object.entries(MEDIA[profile] ?? {})
    .filter(([, bit]) => features.includes(bit) || features.includes(bit + 1))
    .map(([medium]) => medium);
  const silent = profile === "modern" && announced.length === 0;
  return own.find((medium) => silent || announced.includes(medium)) ?? null;
}

/** What a reader says is wrong; undefined when it refuses nothing. */
export function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.what;
    throw error;
  }
}
