import type { LndRole } from "../lightning/nodes/lnd/permissions.js";
import type { CommandNode, OpenSales } from "./node/operation.js";

/** A node that this process works with, whichever kind it is. */
export interface OpenNode {
  readonly node: CommandNode;
  /** Does what a request of the control channel asks for. */
  run(request: unknown): Promise<unknown>;
  /** Says which sales this process has open, for those who ask for them on the control channel; undefined: none. */
  lend(sales: OpenSales | undefined): void;
  /** Everything is durable when it resolves. A second call does nothing. */
  close(): Promise<void>;
}

export interface OpenNodeOptions {
  /** What is done with an lnd, which its macaroon must allow. */
  readonly roles: readonly LndRole[];
  readonly log?: (level: "error" | "warn" | "info" | "debug", message: string) => void;
  /** Asks whether real money is meant; absent: nobody can be asked. */
  readonly agree?: (question: string) => Promise<boolean>;
}
