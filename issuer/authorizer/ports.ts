import type { Secp256k1 } from "../../common/secp256k1/interface.js";
import type { KeySource } from "../../keys/key-source.js";
import type { Network } from "../../lightning/network.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { Store } from "../store/types.js";
import type { SignatureChecker } from "../verify.js";

/** Places in the work at which the process may die; a test stops it at each. */
export type Step =
  | "received"
  | "verified"
  | "before-reserve"
  | "in-reserve"
  | "reserved"
  | "paid"
  | "failed"
  | "in-settle"
  | "settled"
  | "in-void"
  | "voided"
  | "in-refuse"
  | "in-gap"
  | "in-status"
  | "claimed"
  | ReadingStep;

/** Those of a reading of a Bolt Card, before its payment. */
export type ReadingStep = "in-reading" | "read";

/** Structured log, as pino writes it. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the authorizer and the reconciler work with. */
export interface IssuerPorts {
  readonly store: Store;
  readonly node: Pick<LightningNode, "pay" | "lookupPayment" | "listPayments">;
  readonly network: Network;
  /** The node's own id, 33 bytes. */
  readonly nodeId: Uint8Array;
  /** The ids of the issuer's other nodes, 33 bytes each, as they are now. Default none. */
  readonly otherNodes: () => readonly Uint8Array[];
  /** Payees that are deputies of the node, 33 bytes each. Default none. */
  readonly deputies: readonly Uint8Array[];
  readonly keys: Pick<KeySource, "sealKey" | "signUpdate">;
  /** Names this process in leases; never used by another. */
  readonly owner: bigint;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** Milliseconds that only ever grow, for what must not depend on the clock being set. */
  readonly monotonic: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly secp256k1: Secp256k1;
  /** Checks both signatures of a request to pay. */
  readonly signatures: SignatureChecker;
  readonly log: Log;
  /** HTLCs that the node's channels take at once; undefined where it is not known. */
  readonly htlcSlots: () => number | undefined;
  readonly onStep: (step: Step) => void;
}
