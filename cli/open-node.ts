import type { LndConfig } from "../lightning/nodes/lnd/config.js";
import { isEmbeddedNode, openEmbeddedNode, readEmbeddedNodeConfig } from "./embedded-node.js";
import { hasDeputyProfile, readProfile } from "./offline/terminal-folder.js";
import type { OpenNode, OpenNodeOptions } from "./opened-node.js";
import { lndOfFolder } from "./terminal-settings.js";

/**
 * Opens the node of a folder: the lnd of the configuration or of the folder's terminal.yaml, else the embedded node.
 * @param lnd of the issuer's configuration, which may name one instead of an embedded node
 * @throws InputError, ParseError; NodeError; NodeInUseError when another process runs it
 */
export async function openNode(
  folder: string,
  options: OpenNodeOptions,
  lnd: LndConfig | undefined = lndOfFolder(folder),
): Promise<OpenNode> {
  if (lnd) {
    // Loaded only where there is an lnd.
    const { openLndNode } = await import("./lnd-node.js");
    return await openLndNode(folder, lnd, options);
  }
  const profile = isEmbeddedNode(folder) ? undefined : readProfile(folder);
  if (profile) {
    const { openAbsentNode } = await import("./offline/absent-node.js");
    return await openAbsentNode(folder, profile);
  }
  return await openEmbeddedNode(folder, options.log === undefined ? {} : { log: options.log });
}

/** Holds that there is a node in this folder. @throws InputError, ParseError naming the field */
export function expectNode(folder: string): void {
  if (isEmbeddedNode(folder) || !(lndOfFolder(folder) || hasDeputyProfile(folder)))
    readEmbeddedNodeConfig(folder);
}
