/**
 * The embedded Lightning node (its protocol is real, its chain simulated), a network of two for tests, the adapter for an
 * lnd that runs already ({@link LndNode}), and the interface that a node adapter implements.
 */

export type { Network } from "../lightning/network.js";
export { NodeError, type NodeErrorCode } from "../lightning/nodes/errors.js";
export * from "../lightning/nodes/ldk/index.js";
export type { IntakeCounts } from "../lightning/nodes/ldk/intake.js";
export type { Bound, PeerLimits, Standing } from "../lightning/nodes/ldk/peer-limits.js";
export type { CommitObserver } from "../lightning/nodes/ldk/pump.js";
export * from "../lightning/nodes/lnd/index.js";
export type * from "../lightning/nodes/port.js";
