import type { ChequecardError } from "../../common/errors.js";
import type { NodeUri } from "../node-uri.js";
import { NodeError } from "../nodes/errors.js";
import type { LightningNode } from "../nodes/port.js";
import { checkUntrustedUri, type UntrustedUriRule } from "../untrusted-uri.js";

/** Most addresses of one node that are tried, one after the other. */
const MAX_ATTEMPTS = 4;

export interface DialOptions extends UntrustedUriRule {
  /** Longest wait for one connection in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
}

/**
 * Connects to the node of a URI that a stranger supplied, at an address that the rule allows (specs/08 §7).
 * @throws UntrustedUriError, or the NodeError of the last address tried
 */
export async function dial(node: LightningNode, uri: NodeUri, options: DialOptions): Promise<void> {
  let last: ChequecardError | undefined;
  for (const address of (await checkUntrustedUri(uri, options)).slice(0, MAX_ATTEMPTS)) {
    try {
      return await node.connect(address, { timeoutMs: options.connectTimeoutMs ?? 5_000 });
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      last = error;
    }
  }
  throw last ?? new NodeError("unreachable", "the node has no address to try");
}
