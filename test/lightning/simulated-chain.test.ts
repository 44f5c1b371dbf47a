import { join } from "node:path";
import fc from "fast-check";
import * as ldk from "lightningdevkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesToHex, concatBytes, FileError, hexToBytes, ParseError } from "../../common/index.js";
import { SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import { loadLdk } from "../../lightning/nodes/ldk/load.js";
import { REGTEST_GENESIS } from "../../lightning/nodes/ldk/simulated-chain.js";
import { merkleRoot, readTransaction, sha256d } from "../../lightning/nodes/ldk/transaction.js";
import { newFolder } from "../../testing/hooks.js";

const SCRIPT = Uint8Array.of(0x51);
let directory: string;
let chain: SimulatedChain;
beforeEach(() => {
  directory = newFolder();
  chain = new SimulatedChain();
});
afterEach(() => {
  chain.close();
});

/** A transaction with the same coin as `raw` and another output script. */
function conflicting(raw: Uint8Array): Uint8Array {
  const other = Uint8Array.from(raw);
  other[other.indexOf(0x51, 50)] = 0x52;
  return other;
}

/** `raw` with a lock time that counts. */
function lockedUntil(raw: Uint8Array, lockTime: number): Uint8Array {
  const locked = Uint8Array.from(raw);
  const sequence = 4 + 2 + 1 + 36 + 1;
  locked.set([0xfe, 0xff, 0xff, 0xff], sequence);
  new DataView(locked.buffer).setUint32(locked.length - 4, lockTime, true);
  return locked;
}

describe("blocks", () => {
  test("start at the genesis block that LDK knows as regtest's", async () => {
    await loadLdk();
    const genesis = ldk.BestBlock.constructor_from_network(ldk.Network.LDKNetwork_Regtest).get_block_hash();
    expect(bytesToHex(REGTEST_GENESIS)).toBe(bytesToHex(genesis));
    expect(chain.tip()).toMatchObject({ height: 0, hash: REGTEST_GENESIS });
  });

  test("are chained, meet regtest's target and commit to their transactions", () => {
    chain.submit(chain.fund(1000n, SCRIPT));
    chain.mine(20);
    let previous = REGTEST_GENESIS;
    for (let height = 1; height <= 20; height++) {
      const header = chain.block(height)?.bytes.subarray(0, 80) ?? new Uint8Array();
      expect(new Uint8Array(header.subarray(4, 36))).toEqual(new Uint8Array(previous));
      const ids = chain.transactions(height).map((raw) => readTransaction(raw).id);
      expect(new Uint8Array(header.subarray(36, 68))).toEqual(merkleRoot(ids));
      previous = sha256d(header);
      expect(previous[31]).toBeLessThan(0x80);
      expect(new Uint8Array(chain.block(height)?.hash ?? [])).toEqual(previous);
    }
    expect(chain.block(21)).toBeUndefined();
  });

  test("reach listeners until they stop listening", () => {
    let told = 0;
    const end = chain.onBlock(() => told++);
    chain.mine(3);
    chain.mine();
    expect(told).toBe(2);
    end();
    chain.mine();
    expect(told).toBe(2);
  });

  test("are made when the last is too old, and only then", () => {
    let now = 1_700_000_000_000;
    const timed = new SimulatedChain({ now: () => now });
    timed.mine();
    timed.mineIfOlderThan(600);
    expect(timed.tip().height).toBe(1);
    now += 600_000;
    timed.mineIfOlderThan(600);
    expect(timed.tip()).toMatchObject({ height: 2, time: 1_700_000_600 });
    now -= 3_600_000;
    timed.mine();
    expect(timed.tip().time, "time never runs backwards").toBe(1_700_000_600);
    timed.close();
  });

  test("made by one process reach the others that share the file", async () => {
    const file = join(directory, "chain.db");
    const mine = new SimulatedChain({ file });
    const theirs = new SimulatedChain({ file, pollMs: 5 });
    const told = new Promise<void>((resolve) => theirs.onBlock(resolve));
    mine.mine(2);
    await told;
    expect(theirs.block(2)?.bytes).toEqual(mine.block(2)?.bytes);
    theirs.submit(theirs.fund(1n, SCRIPT));
    expect(mine.waiting()).toBe(1);
    mine.close();
    theirs.close();
    const later = new SimulatedChain({ file });
    expect([later.tip().height, later.waiting()]).toEqual([2, 1]);
    later.close();
  });
});

describe("transactions", () => {
  test("wait for the next block, once", () => {
    const raw = chain.fund(1000n, SCRIPT);
    expect(chain.submit(raw)).toBe(true);
    expect(chain.submit(raw)).toBe(true);
    expect(chain.waiting()).toBe(1);
    chain.mine();
    expect(chain.waiting()).toBe(0);
    expect(chain.transactions(1)).toContainEqual(raw);
    expect(chain.submit(raw)).toBe(true);
    expect(chain.waiting()).toBe(0);
  });

  test("that spend a coin twice are refused, before and after the block", () => {
    const raw = chain.fund(1000n, SCRIPT);
    chain.submit(raw);
    expect(chain.submit(conflicting(raw))).toBe(false);
    chain.mine();
    expect(chain.submit(conflicting(raw))).toBe(false);
  });

  test("that spend what does not exist are refused", () => {
    const foreign = new SimulatedChain();
    expect(chain.submit(foreign.fund(1000n, SCRIPT))).toBe(false);
    foreign.close();
  });

  test("wait for their lock time", () => {
    const raw = lockedUntil(chain.fund(1000n, SCRIPT), 3);
    expect(chain.submit(raw)).toBe(false);
    chain.mine(2);
    expect(chain.submit(raw)).toBe(false);
    chain.mine();
    expect(chain.submit(raw)).toBe(true);
  });

  test("are read as the BIPs say: a transaction id leaves the witness out", () => {
    // BIP 143, native P2WPKH example: unsigned and signed.
    const unsigned = hexToBytes(
      "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000",
    );
    const facts = readTransaction(unsigned);
    expect(facts).toMatchObject({ outputCount: 2, lockTime: 17, locked: true });
    expect(facts.inputs.map(({ index }) => index)).toEqual([0, 1]);
    expect(facts.id).toEqual(sha256d(unsigned));
    const funded = chain.fund(5n, SCRIPT);
    expect(readTransaction(funded).id).not.toEqual(sha256d(funded));
  });

  test("that are cut, extended or garbage are refused with a ParseError", () => {
    const raw = chain.fund(1000n, SCRIPT);
    for (let length = 0; length < raw.length; length++)
      expect(() => readTransaction(raw.subarray(0, length))).toThrow(ParseError);
    expect(() => readTransaction(concatBytes(raw, Uint8Array.of(0)))).toThrow(ParseError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          readTransaction(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }),
      { seed: 819, numRuns: 2000 },
    );
  });
});

test("a file of something else is refused", () => {
  const file = join(directory, "chain.db");
  const first = new SimulatedChain({ file });
  first.close();
  expect(new SimulatedChain({ file }).tip().height).toBe(0);
  expect(() => new SimulatedChain({ file: directory })).toThrow(FileError);
});
