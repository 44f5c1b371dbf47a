import { randomInt } from "node:crypto";
import { isIPv6 } from "node:net";
import { NodeError } from "../errors.js";
import type { PeerSockets } from "./sockets.js";

/** Below what systems give to outgoing connections, so that a node's port is still free after its restart. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;
const TRIES = 50;

/** `host:port`, an IPv6 address in brackets. */
export const formatAddress = (host: string, port: number): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** The inverse of {@link formatAddress}. @throws NodeError `bad-request` */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ""] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number.parseInt(digits, 10);
  if (host === undefined || !(port > 0 && port <= 0xffff))
    throw new NodeError("bad-request", `address: need host:port, have "${address.slice(0, 80)}"`);
  return { host, port };
}

/**
 * Listens on `wanted`, or on the port of the last run, or on a free one that stays the node's own.
 * @returns the port. @throws NodeError `unreachable` when the wanted port is taken, or no port can be had
 */
export async function listenOn(
  sockets: PeerSockets,
  host: string,
  wanted: number | undefined,
  last: number | undefined,
): Promise<number> {
  if (wanted !== undefined) return sockets.listen(host, wanted);
  let port = last ?? randomInt(FIRST_PORT, LAST_PORT + 1);
  for (let tries = 1; ; tries++) {
    try {
      return await sockets.listen(host, port);
    } catch (error) {
      if (tries === TRIES) throw error;
      port = randomInt(FIRST_PORT, LAST_PORT + 1);
    }
  }
}
