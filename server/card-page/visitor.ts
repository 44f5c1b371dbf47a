import { isIPv4, isIPv6 } from "node:net";

/** Groups of an IPv6 address that one holder of a connection has at most: the first 48 bits. */
const NETWORK_GROUPS = 3;

/**
 * The network of a visitor, for what one may do: an IPv4 address, or the first 48 bits of an IPv6 one. What is neither
 * counts as one visitor.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (isIPv4(address)) return address;
  const [bare = ""] = address.split("%");
  if (!isIPv6(bare)) return "unknown";
  const [before = "", after] = bare.split("::");
  const groups = before === "" ? [] : before.split(":");
  const rest = after ? after.split(":").length : 0;
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups.length - rest);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...(after ? after.split(":") : [])];
  return `${all
    .slice(0, NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::`;
}

/**
 * The address of a visitor behind a proxy: the last one of `X-Forwarded-For`, which the proxy itself wrote. Those before it
 * are whatever the visitor says.
 */
export const forwardedAddress = (header: string | undefined, socket: string): string =>
  header?.split(",").at(-1)?.trim() || socket;
