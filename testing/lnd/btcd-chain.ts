import { bytesToHex, hexToBytes } from "../../common/index.js";
import type { Block, Chain } from "../../lightning/nodes/ldk/index.js";
import { readTransaction } from "../../lightning/nodes/ldk/transaction.js";
import type { Btcd } from "./btcd.js";

type Kept = Block & { readonly transactions: readonly Uint8Array[] };

/**
 * btcd's chain under an embedded node, so that it meets lnd. A node asks for blocks without waiting, so they are here
 * before it does: from the tip on at which the chain was opened, which is where a new node starts.
 */
export class BtcdChain implements Chain {
  readonly #btcd: Btcd;
  readonly #blocks = new Map<number, Kept>();
  readonly #listeners = new Set<() => void>();
  /** What btcd said of transactions that it did not take. */
  readonly refused: string[] = [];
  #tip: Kept;
  #timer: NodeJS.Timeout | undefined;
  #following: Promise<void> | undefined;

  static async open(btcd: Btcd): Promise<BtcdChain> {
    const chain = new BtcdChain(btcd, await read(btcd, await btcd.height()));
    chain.#timer = setInterval(() => void chain.#follow(), 50);
    return chain;
  }

  private constructor(btcd: Btcd, first: Kept) {
    this.#btcd = btcd;
    this.#tip = first;
    this.#blocks.set(first.height, first);
  }

  tip(): Block {
    return this.#tip;
  }

  block(height: number): Block | undefined {
    return this.#blocks.get(height);
  }

  transactions(height: number): readonly Uint8Array[] {
    return this.#blocks.get(height)?.transactions ?? [];
  }

  submit(raw: Uint8Array): boolean {
    readTransaction(raw);
    this.#btcd.call<string>("sendrawtransaction", bytesToHex(raw), true).catch((error: Error) => {
      this.refused.push(error.message);
    });
    return true;
  }

  onBlock(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nodes on this chain must be closed before. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#following;
  }

  #follow(): Promise<void> {
    // While btcd is down there are no blocks; the next turn asks again.
    this.#following ??= this.#catchUp()
      .catch(() => {})
      .finally(() => {
        this.#following = undefined;
      });
    return this.#following;
  }

  async #catchUp(): Promise<void> {
    const height = await this.#btcd.height();
    const before = this.#tip;
    while (this.#tip.height < height) {
      const block = await read(this.#btcd, this.#tip.height + 1);
      this.#blocks.set(block.height, block);
      this.#tip = block;
    }
    if (this.#tip !== before) for (const listener of [...this.#listeners]) listener();
  }
}

async function read(btcd: Btcd, height: number): Promise<Kept> {
  const hash = await btcd.call<string>("getblockhash", height);
  const [raw, { rawtx }] = await Promise.all([
    btcd.call<string>("getblock", hash, 0),
    btcd.call<{ rawtx: readonly { readonly hex: string }[] }>("getblock", hash, 2),
  ]);
  return {
    height,
    hash: hexToBytes(hash).reverse(),
    bytes: hexToBytes(raw),
    transactions: rawtx.map(({ hex }) => hexToBytes(hex)),
  };
}
