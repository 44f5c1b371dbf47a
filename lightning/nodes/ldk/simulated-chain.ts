import { randomBytes } from "node:crypto";
import { bytesToHex, concatBytes, hexToBytes } from "../../../common/index.js";
import type { SqliteFile, SqliteValue } from "../../../common/sqlite-file.js";
import { openNodeFile } from "../node-file.js";
import type { Block, Chain, ChainMaker } from "./chain.js";
import {
  coinbase,
  compactSize,
  littleEndian,
  merkleRoot,
  readTransaction,
  sha256d,
  spendCoin,
  type TransactionFacts,
} from "./transaction.js";

/** Hash of regtest's genesis block, internal byte order. */
export const REGTEST_GENESIS = hexToBytes("06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f");

const REGTEST_BITS = 0x207fffff;
const LOCK_TIME_THRESHOLD = 500_000_000;
const SCHEMA = `
  CREATE TABLE blocks (height INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE TABLE transactions (txid TEXT PRIMARY KEY, raw BLOB NOT NULL, height INTEGER, arrival INTEGER NOT NULL);
  CREATE INDEX transactions_waiting ON transactions (arrival) WHERE height IS NULL;
  CREATE TABLE outputs (txid TEXT NOT NULL, vout INTEGER NOT NULL, spent_by TEXT, PRIMARY KEY (txid, vout));
`;

export interface SimulatedChainOptions {
  /** A file that several processes may share; absent: in memory, gone when closed. */
  readonly file?: string;
  /** Milliseconds between looks for blocks that another process made; only with a file. Default 50. */
  readonly pollMs?: number;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

type BlockRow = Block & { time: number };

/**
 * A simulated regtest chain: real blocks and headers, with regtest's proof of work, made by this program whenever
 * {@link mine} is called. There is no network, no reorganization and no money behind it. It refuses transactions
 * that spend an unknown or a spent output, or before their lock time; it runs no scripts and checks no signatures.
 * Every change is one durable transaction, so that processes can share the file and be killed at any time.
 */
export class SimulatedChain implements Chain, ChainMaker {
  readonly #file: SqliteFile;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #pollMs: number | undefined;
  #poll: NodeJS.Timeout | undefined;
  #seen: number;

  /** @throws NodeError `storage` when the file cannot be opened or is not a chain of this version */
  constructor(options: SimulatedChainOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#file = openNodeFile(options.file, {
      name: "a simulated chain's file",
      applicationId: 0x63714348, // "cqCH"
      // The second version has the file's application id.
      migrations: [SCHEMA, ""],
      markedFrom: 2,
      shared: true,
      waitMs: 5000,
    });
    this.#pollMs = options.file === undefined ? undefined : (options.pollMs ?? 50);
    this.#seen = this.tip().height;
  }

  get maker(): ChainMaker {
    return this;
  }

  /** The last block; height 0 with regtest's genesis hash before the first. */
  tip(): { readonly height: number; readonly hash: Uint8Array; readonly time: number } {
    return (
      this.#first<BlockRow>("SELECT * FROM blocks ORDER BY height DESC LIMIT 1") ?? {
        height: 0,
        hash: REGTEST_GENESIS,
        time: 0,
      }
    );
  }

  /** The block at a height of 1 or more, if there is one. */
  block(height: number): Block | undefined {
    return this.#first<BlockRow>("SELECT * FROM blocks WHERE height = ?", height);
  }

  /** The transactions of the block at a height of 1 or more, in its order. */
  transactions(height: number): Uint8Array[] {
    const sql = "SELECT raw FROM transactions WHERE height = ? ORDER BY arrival";
    return [coinbase(height), ...this.#file.all(sql, [height], rawOf)];
  }

  /**
   * A transaction that pays `satoshis` to a script out of a coin made from nothing. It is not in the chain yet:
   * {@link submit} it.
   */
  fund(satoshis: bigint, script: Uint8Array): Uint8Array {
    const coin = randomBytes(32);
    this.#file.run("INSERT INTO outputs (txid, vout) VALUES (?, 0)", [bytesToHex(coin)]);
    return spendCoin(coin, satoshis, script);
  }

  /**
   * Takes a transaction for the next block. Submitting it again does nothing.
   * @returns false when it is refused: an input is unknown or spent, or its lock time is not reached
   * @throws ParseError when it is no transaction
   */
  submit(raw: Uint8Array): boolean {
    const facts = readTransaction(raw);
    return this.#file.transaction(() => this.#accept(raw, facts));
  }

  #accept(raw: Uint8Array, facts: TransactionFacts): boolean {
    if (this.#first("SELECT 1 FROM transactions WHERE txid = ?", facts.txid)) return true;
    const tip = this.tip();
    const reached = facts.lockTime < LOCK_TIME_THRESHOLD ? tip.height : Math.floor(this.#now() / 1000);
    if (facts.locked && facts.lockTime > reached) return false;
    const unspent = "SELECT 1 FROM outputs WHERE txid = ? AND vout = ? AND spent_by IS NULL";
    if (!facts.inputs.every(({ txid, index }) => this.#first(unspent, txid, index))) return false;
    for (const { txid, index } of facts.inputs)
      this.#file.run("UPDATE outputs SET spent_by = ? WHERE txid = ? AND vout = ?", [
        facts.txid,
        txid,
        index,
      ]);
    for (let index = 0; index < facts.outputCount; index++)
      this.#file.run("INSERT INTO outputs (txid, vout) VALUES (?, ?)", [facts.txid, index]);
    this.#file.run(
      "INSERT INTO transactions (txid, raw, arrival) SELECT ?, ?, coalesce(max(arrival), 0) + 1 FROM transactions",
      [facts.txid, raw],
    );
    return true;
  }

  /** How many transactions wait for a block. */
  waiting(): number {
    return this.#first<{ n: number }>("SELECT count(*) AS n FROM transactions WHERE height IS NULL")?.n ?? 0;
  }

  /** Makes `count` blocks; the first takes all waiting transactions. */
  mine(count = 1): void {
    this.#file.transaction(() => {
      for (let i = 0; i < count; i++) this.#mineOne();
    });
    this.#tell();
  }

  /** Makes one block unless the last is younger than `seconds`; whichever process asks first does it for all. */
  mineIfOlderThan(seconds: number): void {
    this.#file.transaction(() => {
      if (this.#now() / 1000 - this.tip().time >= seconds) this.#mineOne();
    });
    this.#tell();
  }

  #mineOne(): void {
    const tip = this.tip();
    const height = tip.height + 1;
    const waiting = "SELECT raw FROM transactions WHERE height IS NULL ORDER BY arrival";
    const transactions = [coinbase(height), ...this.#file.all(waiting, [], rawOf)];
    const time = Math.max(Math.floor(this.#now() / 1000), tip.time);
    const header = proveWork(
      concatBytes(
        littleEndian(0x20000000, 4),
        tip.hash,
        merkleRoot(transactions.map((raw) => readTransaction(raw).id)),
        littleEndian(time, 4),
        littleEndian(REGTEST_BITS, 4),
        littleEndian(0, 4),
      ),
    );
    const bytes = concatBytes(header, compactSize(transactions.length), ...transactions);
    this.#file.run("INSERT INTO blocks (height, hash, time, bytes) VALUES (?, ?, ?, ?)", [
      height,
      sha256d(header),
      time,
      bytes,
    ]);
    this.#file.run("UPDATE transactions SET height = ? WHERE height IS NULL", [height]);
  }

  /** Calls `listener` whenever there are new blocks, from any process. Returns the function that ends it. */
  onBlock(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#pollMs !== undefined) this.#poll ??= setInterval(() => this.#tell(), this.#pollMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#poll);
      this.#poll = undefined;
    };
  }

  /** Closes the file. Nodes on this chain must be closed before. */
  close(): void {
    clearInterval(this.#poll);
    this.#listeners.clear();
    this.#file.close();
  }

  #tell(): void {
    const { height } = this.tip();
    if (height === this.#seen) return;
    this.#seen = height;
    for (const listener of [...this.#listeners]) listener();
  }

  #first<Row>(sql: string, ...values: SqliteValue[]): Row | undefined {
    return this.#file.all(sql, values, (row: Row) => row)[0];
  }
}

const rawOf = ({ raw }: { readonly raw: Uint8Array }): Uint8Array => new Uint8Array(raw);

/** Finds a nonce for regtest's target: a hash whose highest bit is 0, every second one. */
function proveWork(header: Uint8Array): Uint8Array {
  for (let nonce = 0; ; nonce++) {
    header.set(littleEndian(nonce, 4), 76);
    if (((sha256d(header)[31] ?? 0xff) & 0x80) === 0) return header;
  }
}
