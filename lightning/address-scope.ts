import { isIPv4, isIPv6 } from "node:net";
import { ValueError } from "../common/errors.js";

/** How far an IP address reaches, in the words of specs/08 §7. */
export type AddressScope =
  /** Routed on the public internet. */
  | "public"
  /** This machine. */
  | "loopback"
  /** A private network: RFC 1918, RFC 4193, shared space of carriers (RFC 6598). */
  | "private"
  /** This link only: RFC 3927 (cloud metadata services live here), fe80::/10. */
  | "link-local"
  /** Never a peer: unspecified, multicast, broadcast, documentation, benchmarks, tunnels, unassigned. */
  | "reserved";

/** First bytes, prefix length in bits, scope. The first that matches counts. Source: IANA special registries. */
type Rule = readonly [prefix: readonly number[], bits: number, scope: AddressScope];

const V4: readonly Rule[] = [
  [[0], 8, "reserved"],
  [[10], 8, "private"],
  [[100, 64], 10, "private"],
  [[127], 8, "loopback"],
  [[169, 254], 16, "link-local"],
  [[172, 16], 12, "private"],
  [[192, 0, 0], 24, "reserved"],
  [[192, 0, 2], 24, "reserved"],
  [[192, 88, 99], 24, "reserved"],
  [[192, 168], 16, "private"],
  [[198, 18], 15, "reserved"],
  [[198, 51, 100], 24, "reserved"],
  [[203, 0, 113], 24, "reserved"],
  [[224], 4, "reserved"],
  [[240], 4, "reserved"],
];

const V6: readonly Rule[] = [
  [[0xfc], 7, "private"],
  [[0xfe, 0x80], 10, "link-local"],
  [[0x20, 0x01, 0x00], 23, "reserved"], // IETF protocols, with Teredo
  [[0x20, 0x01, 0x0d, 0xb8], 32, "reserved"],
  [[0x20, 0x02], 16, "reserved"], // 6to4 carries an IPv4 address that was not checked
  [[0x3f, 0xff, 0x00], 20, "reserved"],
  [[0x20], 3, "public"], // the only space that is given out; everything else is unassigned or multicast
];

const LOOPBACK_V6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
/** IPv4-mapped ::ffff:0:0/96 and the translation prefix 64:ff9b::/96 (RFC 6052): judged by the IPv4 inside. */
const CARRIES_V4 = [
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
  [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
];

/**
 * The scope of an IP address.
 * @param address IPv4 in four decimal numbers, or IPv6 without brackets and zone
 * @throws ValueError for anything else
 */
export function addressScope(address: string): AddressScope {
  if (isIPv4(address)) return match(V4, quad(address)) ?? "public";
  if (!isIPv6(address) || address.includes("%"))
    throw new ValueError("address", "need an IPv4 or IPv6 address without a zone");
  const bytes = sixteen(address);
  if (startsWith(bytes, LOOPBACK_V6, 128)) return "loopback";
  if (CARRIES_V4.some((prefix) => startsWith(bytes, prefix, 96)))
    return match(V4, bytes.slice(12)) ?? "public";
  return match(V6, bytes) ?? "reserved";
}

const match = (rules: readonly Rule[], bytes: readonly number[]): AddressScope | undefined =>
  rules.find(([prefix, bits]) => startsWith(bytes, prefix, bits))?.[2];

function startsWith(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let at = 0; at * 8 < bits; at++) {
    const mask = (0xff << Math.max(0, 8 - (bits - at * 8))) & 0xff;
    if (((bytes[at] ?? 0) & mask) !== ((prefix[at] ?? 0) & mask)) return false;
  }
  return true;
}

const quad = (address: string): number[] => address.split(".").map((part) => Number.parseInt(part, 10));

/**
 * Whom an address stands for where connections are counted: a whole IPv4 address, or the first 64 bits of an IPv6
 * one, which is what one customer of a network has. Addresses that carry an IPv4 one count as that.
 * @param address as the system reports it, a zone included; anything else is returned as it is
 */
export function addressOwner(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (!isIPv6(bare)) return bare;
  const bytes = sixteen(bare);
  if (CARRIES_V4.some((prefix) => startsWith(bytes, prefix, 96))) return bytes.slice(12).join(".");
  return bytes
    .slice(0, 8)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** The 16 bytes of a valid IPv6 address. */
function sixteen(address: string): number[] {
  const dotted = address.lastIndexOf(":") + 1;
  const text = address.includes(".")
    ? `${address.slice(0, dotted)}${hexPair(quad(address.slice(dotted)))}`
    : address;
  const [head = "", tail] = text.split("::");
  const left = words(head);
  const right = words(tail ?? "");
  const zeros = tail === undefined ? [] : new Array<number>(16 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right];
}

const hexPair = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string =>
  `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;

const words = (text: string): number[] =>
  text === ""
    ? []
    : text.split(":").flatMap((word) => {
        const value = Number.parseInt(word, 16);
        return [value >> 8, value & 0xff];
      });
