import { isIPv4, isIPv6 } from "node:net";
import { bytesToHex, hexToBytes, requireLength } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";
import { secp256k1 } from "../common/secp256k1/index.js";

/** Where a Lightning node can be reached: `pubkey@host:port`. */
export interface NodeUri {
  /** 33 bytes, a point on the curve. */
  readonly nodeId: Uint8Array;
  /** IPv4, IPv6 without brackets, `.onion` version 3 or a host name; lower case. */
  readonly host: string;
  /** 1..65535 */
  readonly port: number;
}

/** What a host is, by its form alone. */
export type HostKind = "ipv4" | "ipv6" | "onion" | "name";

/** Longest URI in bytes: what a card stores (specs/01 §4) and an ODT message carries (specs/06 §3.2). */
export const MAX_URI_LENGTH = 200;

/** The port that Lightning nodes listen on unless told otherwise (BOLT 1). Never assumed, only suggested. */
const USUAL_PORT = 9735;

const HEX_KEY = /^[0-9a-fA-F]{66}$/;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const ONION = /^(?:[a-z0-9-]+\.)*[a-z2-7]{56}\.onion$/;
/** Last labels that URL parsers and inet_aton read as a number: `127.1`, `0x7f000001`, `2130706433`. */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Reads `pubkey@host:port` (specs/06 §3.2). Strict: 66 hex digits of a point on the curve, exactly one `@`, IPv6
 * in brackets, a host that is an address or a host name, a decimal port without leading zeros. No port is assumed.
 * @param path names the value in the error
 * @throws ParseError that says in words which part is wrong
 */
export function parseNodeUri(text: string, path = "uri"): NodeUri {
  if (text.length > MAX_URI_LENGTH)
    throw new ParseError(path, `need at most ${MAX_URI_LENGTH} bytes, have ${text.length}`);
  if (/[^\x21-\x7e]/.test(text))
    throw new ParseError(path, "need printable ASCII without spaces, have another character");
  const at = text.indexOf("@");
  if (at < 0) throw new ParseError(path, "need pubkey@host:port, have no @");
  const key = text.slice(0, at);
  if (!HEX_KEY.test(key))
    throw new ParseError(`${path}/pubkey`, `need 66 hex digits before the @, have ${key.length} characters`);
  const nodeId = hexToBytes(key, `${path}/pubkey`);
  if (!secp256k1.isPublicKey(nodeId))
    throw new ParseError(`${path}/pubkey`, "not a compressed point on the curve");
  const { host, port } = splitAuthority(text.slice(at + 1), path);
  return { nodeId, host: readHost(host, path), port: readPort(port, path) };
}

/**
 * The canonical text of a URI: key and host in lower case, IPv6 in brackets. {@link parseNodeUri} reads it back.
 * @throws ValueError when a part is out of range or the text exceeds {@link MAX_URI_LENGTH}
 */
export function formatNodeUri(uri: NodeUri): string {
  requireLength(uri.nodeId, 33, "uri/pubkey");
  try {
    return write(parseNodeUri(write(uri)));
  } catch (cause) {
    if (cause instanceof ParseError)
      throw new ValueError(cause.path, cause.message.slice(cause.path.length + 2));
    throw cause;
  }
}

const write = ({ nodeId, host, port }: NodeUri): string =>
  `${bytesToHex(nodeId)}@${hostKind(host) === "ipv6" ? `[${host}]` : host}:${port}`;

/** What kind of host this is. Says nothing about whether it exists. */
export function hostKind(host: string): HostKind {
  if (isIPv4(host)) return "ipv4";
  if (isIPv6(host)) return "ipv6";
  return host.toLowerCase().endsWith(".onion") ? "onion" : "name";
}

function splitAuthority(text: string, path: string): { host: string; port: string } {
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    if (end < 0) throw new ParseError(`${path}/host`, "the bracket of an IPv6 address is not closed");
    const host = text.slice(1, end);
    if (!isIPv6(host) || host.includes("%"))
      throw new ParseError(`${path}/host`, "need an IPv6 address without a zone inside the brackets");
    const rest = text.slice(end + 1);
    if (!rest.startsWith(":")) throw new ParseError(`${path}/port`, missingPort);
    return { host, port: rest.slice(1) };
  }
  const colon = text.indexOf(":");
  if (colon < 0) throw new ParseError(`${path}/port`, missingPort);
  if (text.indexOf(":", colon + 1) >= 0)
    throw new ParseError(`${path}/host`, "an IPv6 address must stand in brackets: pubkey@[::1]:port");
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

const missingPort = `need a port after the host, usually :${USUAL_PORT}`;

function readHost(host: string, path: string): string {
  const name = host.toLowerCase();
  const kind = hostKind(name);
  if (kind === "ipv4" || kind === "ipv6") return name;
  if (kind === "onion") {
    if (!ONION.test(name))
      throw new ParseError(`${path}/host`, "need an onion address of version 3, 56 characters before .onion");
    return name;
  }
  const labels = name.split(".");
  if (name.length > 253 || !labels.every((label) => LABEL.test(label)))
    throw new ParseError(`${path}/host`, "need an IP address or a host name");
  if (NUMERIC_LABEL.test(labels.at(-1) ?? ""))
    throw new ParseError(`${path}/host`, "need four decimal numbers for an IPv4 address, or a host name");
  return name;
}

function readPort(port: string, path: string): number {
  const value = /^[1-9]\d{0,4}$/.test(port) ? Number.parseInt(port, 10) : 0;
  if (value < 1 || value > 65535)
    throw new ParseError(`${path}/port`, "need a decimal number from 1 to 65535 without leading zeros");
  return value;
}
