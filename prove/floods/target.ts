import { randomBytes } from "node:crypto";
import { bytesToHex, secp256k1 } from "../../common/index.js";
import type { Rate } from "../../common/token-bucket.js";
import { parseAddress } from "../../lightning/nodes/ldk/address.js";
import { LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import { DEFAULT_PEER_LIMITS } from "../../lightning/nodes/ldk/peer-limits.js";
import { type RawAddress, RawPeer } from "../../testing/floods/raw-peer.js";

const REQUEST = 45001;
const ANSWER = 45003;
const REQUEST_LENGTH = 700;
/** Only a node that is stuck takes so long. */
const STUCK_MS = 30_000;

/** A peer that behaves, with a key of its own. */
export class Honest {
  readonly #address: RawAddress;
  readonly #secretKey = new Uint8Array(randomBytes(32));
  #peer: RawPeer | undefined;

  constructor(address: RawAddress) {
    this.#address = address;
  }

  get nodeId(): Uint8Array {
    return secp256k1.publicKey(this.#secretKey);
  }

  get isConnected(): boolean {
    return this.#peer !== undefined && !this.#peer.isClosed;
  }

  /** Asks, connecting first where need be. Rejects when the node does not answer. */
  async ask(): Promise<void> {
    const { promise, give } = timeLimit();
    await Promise.race([promise, this.#ask().finally(give)]);
  }

  close(): void {
    this.#peer?.close();
  }

  async #ask(): Promise<void> {
    if (!this.isConnected) this.#peer = await RawPeer.dial(this.#address, { secretKey: this.#secretKey });
    this.#peer?.send(REQUEST, new Uint8Array(REQUEST_LENGTH));
    await this.#peer?.next(ANSWER);
  }
}

function timeLimit() {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STUCK_MS} ms`)), STUCK_MS);
  });
  return { promise, give: () => clearTimeout(timer) };
}

/** What a stranger has does not grow with time, so that what is handled does not depend on the machine. */
const fixedFlow = (stranger: number): Rate => ({ burst: stranger, perSecond: 0 });

/** A node that answers every request. */
export class FloodTarget {
  readonly node: LdkNode;
  readonly address: RawAddress;
  readonly #chain: SimulatedChain;

  private constructor(node: LdkNode, address: RawAddress, chain: SimulatedChain) {
    this.node = node;
    this.address = address;
    this.#chain = chain;
  }

  /** @param stranger bytes that a stranger may send, once; @param known the flow of a peer that has asked before */
  static async start(stranger: number, known: Rate): Promise<FloodTarget> {
    const chain = new SimulatedChain();
    chain.mine();
    const flow = { ...DEFAULT_PEER_LIMITS.flow, stranger: fixedFlow(stranger), known };
    const node = await LdkNode.start({ network: "bcrt", chain, peerLimits: { flow } });
    const { nodeId, addresses } = await node.info();
    node.onMessage(({ peer, type }) => {
      if (type === REQUEST) node.sendMessage(peer, ANSWER, new Uint8Array(0)).catch(() => undefined);
    });
    return new FloodTarget(node, { ...parseAddress(addresses[0] ?? ""), nodeId }, chain);
  }

  honest(): Honest {
    return new Honest(this.address);
  }

  /** Waits until no more than `most` connections are open. @returns how many there are, when it takes too long */
  async calm(most: number): Promise<number> {
    const end = performance.now() + STUCK_MS;
    while (this.node.intake().connections > most && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return this.node.intake().connections;
  }

  async close(): Promise<void> {
    await this.node.close();
    this.#chain.close();
  }
}

export const hexKey = (): { readonly secretKey: string; readonly nodeId: Uint8Array } => {
  const secretKey = new Uint8Array(randomBytes(32));
  return { secretKey: bytesToHex(secretKey), nodeId: secp256k1.publicKey(secretKey) };
};
