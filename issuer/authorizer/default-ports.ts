import { randomBytes } from "node:crypto";
import { secp256k1 } from "../../common/secp256k1/index.js";
import type { IssuerPorts } from "./ports.js";
import { checkerOf } from "./signatures/checker.js";

/** The system's own clock, randomness and secp256k1 for whatever is not given; nothing is logged by default. */
export function issuerPorts(
  given: Pick<IssuerPorts, "store" | "node" | "network" | "nodeId" | "keys"> & Partial<IssuerPorts>,
): IssuerPorts {
  return {
    owner: randomBytes(8).readBigInt64BE(),
    deputies: [],
    otherNodes: () => [],
    clock: Date.now,
    monotonic: () => performance.now(),
    randomBytes,
    secp256k1,
    signatures: checkerOf(given.secp256k1 ?? secp256k1),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    htlcSlots: () => undefined,
    onStep: () => {},
    ...given,
  };
}
