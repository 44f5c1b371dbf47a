import { equalBytes } from "../common/bytes.js";
import { type AddressScope, addressScope } from "./address-scope.js";
import type { Network } from "./network.js";
import { hostKind, type NodeUri } from "./node-uri.js";
import type { PeerAddress } from "./nodes/port.js";
import { UntrustedUriError } from "./untrusted-uri-error.js";
import { type Resolve, resolveHost } from "./web/resolve-host.js";

export interface UntrustedUriRule {
  /** Network of the node that will dial. */
  readonly network: Network;
  /** Issuer nodes that the operator trusts, with the address at which to reach them. */
  readonly allowList?: readonly NodeUri[];
  /** Refuse every node that is not on the list. Default false. */
  readonly allowListOnly?: boolean;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Longest wait for the name service in milliseconds. Default 3,000. */
  readonly timeoutMs?: number;
}

/**
 * Decides whether a URI that a stranger supplied may be dialed, and at which addresses (specs/08 §7). A node on the
 * allow-list is dialed where the operator's list says, whatever the stranger says. Any other: public addresses
 * only; on regtest also loopback, private and link-local ones. A host name is resolved here and every address of it
 * is checked; the answer holds addresses, never the name, so that a second look-up cannot lead elsewhere.
 * @returns one or more addresses to try in order; a host name only for a node of the allow-list, and `.onion`
 * @throws UntrustedUriError
 */
export async function checkUntrustedUri(
  uri: NodeUri,
  rule: UntrustedUriRule,
): Promise<readonly [PeerAddress, ...PeerAddress[]]> {
  const listed = (rule.allowList ?? []).filter((entry) => equalBytes(entry.nodeId, uri.nodeId));
  const [first, ...rest] = listed;
  if (first) return [first, ...rest];
  if (rule.allowListOnly)
    throw new UntrustedUriError("not-allowed", "the card's node is not on the list of allowed issuers", {
      hint: "Add the issuer's node to the allow-list, or ask for another card.",
    });
  const kind = hostKind(uri.host);
  if (kind === "onion") return [uri];
  const addresses = kind === "name" ? await resolveHost(uri.host, rule) : [uri.host];
  const [head, ...tail] = addresses.map((host) => ({ nodeId: uri.nodeId, host, port: uri.port }));
  if (!head) throw new RangeError("a name that was resolved has an address");
  for (const { host } of [head, ...tail])
    checkScope(host, uri.host, rule.network, {
      hint: "If this is your own issuer, add its node to the allow-list; else ask for another card.",
    });
  return [head, ...tail];
}

/**
 * The addresses at which a stranger's web server may be asked (specs/08 §7), as for his node.
 * @param host of a URL; an onion host has no address here
 * @throws UntrustedUriError
 */
export async function untrustedWebAddresses(
  host: string,
  rule: Pick<UntrustedUriRule, "network" | "resolve" | "timeoutMs">,
): Promise<readonly string[]> {
  const bare = host.replace(/^\[|\]$/g, "");
  const kind = hostKind(bare);
  if (kind === "onion")
    throw new UntrustedUriError(
      "unresolved",
      `${host} is an onion address, which needs a proxy that is not there`,
    );
  const addresses = kind === "name" ? await resolveHost(bare, rule) : [bare];
  for (const address of addresses) checkScope(address, bare, rule.network);
  return addresses;
}

const LOCAL: ReadonlySet<AddressScope> = new Set(["loopback", "private", "link-local"]);

/** Strangers' addresses are dialed in public networks only, and on regtest nearby. */
const isDialed = (scope: AddressScope, network: Network): boolean =>
  scope === "public" || (network === "bcrt" && LOCAL.has(scope));

function checkScope(
  address: string,
  host: string,
  network: Network,
  options: { readonly hint?: string } = {},
): void {
  // Resolvers append a zone to link-local addresses: fe80::1%eth0.
  const scope = addressScope(address.replace(/%.*$/, ""));
  if (isDialed(scope, network)) return;
  const where = address === host ? `${host} is` : `${host} leads to ${address}, which is`;
  throw new UntrustedUriError(
    "not-public",
    `${where} a ${scope} address; only public ones are dialed`,
    options,
  );
}

/**
 * Why no stranger can dial a node, by the form of its address alone; names are not resolved. For addresses that are
 * to be written to cards.
 * @returns undefined when nothing speaks against it
 */
export function strangersProblem({ host }: NodeUri, network: Network): string | undefined {
  const scope = scopeByForm(host);
  if (isDialed(scope, network)) return undefined;
  return `${host} is a ${scope} address, which no stranger can dial`;
}

/** Whether only machines nearby can dial a node, by the form of its address alone. */
export const isLocalAddress = ({ host }: NodeUri): boolean => LOCAL.has(scopeByForm(host));

function scopeByForm(host: string): AddressScope {
  const kind = hostKind(host);
  if (kind === "ipv4" || kind === "ipv6") return addressScope(host);
  return /(^|\.)localhost$/.test(host) ? "loopback" : "public";
}
