import { isEmbeddedNode } from "../embedded-node.js";
import { InputError } from "../error-report.js";
import { askRunning } from "./ask-node.js";

/**
 * The URI of a peer that is named by it, or by the folder of a node that runs on this machine.
 * @throws InputError when that node does not run
 */
export async function peerUri(peer: string, signal: AbortSignal): Promise<string> {
  if (!isEmbeddedNode(peer)) return peer;
  const info = await askRunning(peer, "info", {}, signal);
  if (!info)
    throw new InputError(`${peer}: the node of this folder does not run, so it cannot be a peer`, {
      hint: `Start it in another terminal window: chequecard node start ${peer}`,
    });
  return info.uri;
}
