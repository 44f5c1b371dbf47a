/** A block as a node needs it. */
export interface Block {
  readonly height: number;
  /** Internal byte order, 32 bytes. */
  readonly hash: Uint8Array;
  /** Whole serialized block. */
  readonly bytes: Uint8Array;
}

/** Makes coins and blocks, where the chain is not a real one. */
export interface ChainMaker {
  /** A transaction out of a coin made from nothing that pays `satoshis` to a script; not submitted yet. */
  fund(satoshis: bigint, script: Uint8Array): Uint8Array;
  /** Makes a block of what waits. */
  mine(): void;
  /** Makes a block unless the last is younger than `seconds`. */
  mineIfOlderThan(seconds: number): void;
}

/**
 * The regtest chain under an embedded node, which asks it without waiting: blocks are there before `tip` names them.
 * It never takes a block back.
 */
export interface Chain {
  /** The last block; height 0 with regtest's genesis hash before the first. */
  tip(): { readonly height: number; readonly hash: Uint8Array };
  /** The block at a height of 1 or more; undefined beyond the tip. */
  block(height: number): Block | undefined;
  /** The transactions of the block at a height of 1 or more, in its order. */
  transactions(height: number): readonly Uint8Array[];
  /**
   * Takes a transaction for the next blocks. Submitting it again does nothing.
   * @returns false when it is refused
   * @throws ParseError when it is no transaction
   */
  submit(raw: Uint8Array): boolean;
  /** Calls `listener` whenever there are new blocks. Returns the function that ends it. */
  onBlock(listener: () => void): () => void;
  /** Absent: somebody else makes the blocks, and opens the channels, since the node has no wallet. */
  readonly maker?: ChainMaker;
}
