import type { Network } from "../../network.js";
import type { Chain } from "./chain.js";
import type { ForwardingFees } from "./config.js";
import type { DeputyDecision } from "./deputy.js";
import type { PeerLimits } from "./peer-limits.js";
import type { CommitObserver } from "./pump.js";
import type { Log } from "./traits.js";

/** How an embedded node is started. */
export interface LdkNodeOptions {
  /** Only regtest: the node has no care for real money. */
  readonly network: Network;
  /** Outlives the node. */
  readonly chain: Chain;
  /** The node's file, made when absent. Without one the node lives in memory and is gone when closed. */
  readonly file?: string;
  readonly alias?: string;
  /** Where to listen for peers. Default 127.0.0.1 and the port of the last run, or a free one. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  readonly forwardingFees?: ForwardingFees;
  /** Decides about payments to the deputy; absent: they are failed. One that throws stops the node. */
  readonly deputy?: DeputyDecision;
  /** What peers are granted, where it differs from the defaults. */
  readonly peerLimits?: Partial<PeerLimits>;
  /** Milliseconds between LDK's regular ticks. Default 30,000. */
  readonly tickMs?: number;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number;
  readonly log?: Log;
  /** For tests that end the node around a commit. */
  readonly onCommit?: CommitObserver;
}
