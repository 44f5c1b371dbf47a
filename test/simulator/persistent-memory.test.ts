import { describe, expect, it } from "vitest";
import { PowerCut, RuntimeFault } from "../../simulator/runtime/errors.js";
import { COMMIT_CAPACITY, PersistentMemory } from "../../simulator/runtime/persistent-memory.js";
import { hex } from "./fixture.js";

function memoryWithTwoCells(memory = new PersistentMemory()) {
  const a = memory.allocate("a", Uint8Array.of(1, 1));
  const b = memory.allocate("b", Uint8Array.of(2, 2));
  /** One transaction of three writes. */
  const change = () => {
    memory.begin();
    a.write(Uint8Array.of(9), 1);
    b.write(Uint8Array.of(8, 8));
    a.write(Uint8Array.of(7, 7));
    memory.commit();
  };
  return { memory, a, b, change, content: () => hex(a.bytes) + hex(b.bytes) };
}

const BEFORE = "01010202";
const AFTER = "07070808";

describe("persistent memory", () => {
  it("keeps single writes at once, and counts them", () => {
    const { memory, a, content } = memoryWithTwoCells();
    a.write(Uint8Array.of(5), 1);
    expect(content()).toBe("01050202");
    expect(memory.writes).toBe(1);
    memory.powerUp();
    expect(content()).toBe("01050202");
  });

  it("commits all writes of a transaction", () => {
    const { memory, change, content } = memoryWithTwoCells();
    change();
    memory.powerUp();
    expect(content()).toBe(AFTER);
    expect(memory.inTransaction).toBe(false);
  });

  it("really rolls an aborted transaction back, in reverse order", () => {
    const { memory, a, b, content } = memoryWithTwoCells();
    memory.begin();
    a.write(Uint8Array.of(9), 1);
    b.write(Uint8Array.of(8, 8));
    a.write(Uint8Array.of(7, 7));
    expect(content()).toBe(AFTER);
    memory.abort();
    expect(content()).toBe(BEFORE);
    expect(memory.inTransaction).toBe(false);
  });

  it("holds the state before or after, whichever write of a transaction loses power", () => {
    const whole = memoryWithTwoCells();
    whole.change();
    const steps = whole.memory.writes;
    expect(steps).toBe(7);
    const seen = [];
    for (let n = 1; n <= steps; n++) {
      const { memory, change, content } = memoryWithTwoCells();
      memory.cutAtWrite(n);
      expect(change).toThrow(PowerCut);
      expect(memory.writes).toBe(n - 1);
      memory.powerUp();
      seen.push(content());
    }
    expect(new Set(seen)).toEqual(new Set([BEFORE]));
  });

  it("finishes a roll-back that was itself torn, at any write", () => {
    for (let torn = 1; torn <= 4; torn++) {
      const { memory, change, content } = memoryWithTwoCells();
      memory.cutAtWrite(7);
      expect(change).toThrow(PowerCut);
      memory.cutAtWrite(torn);
      expect(() => memory.powerUp()).toThrow(PowerCut);
      memory.powerUp();
      expect(content()).toBe(BEFORE);
      expect(memory.image().journal).toEqual([]);
    }
  });

  it("goes on from an image, a torn transaction included", () => {
    const first = memoryWithTwoCells();
    first.memory.cutAtWrite(6);
    expect(first.change).toThrow(PowerCut);
    const image = first.memory.image();
    expect(image.journal.length).toBe(3);
    const second = memoryWithTwoCells(new PersistentMemory(image));
    expect(hex(second.memory.dump())).toBe(hex(first.memory.dump()));
    second.memory.powerUp();
    expect(second.content()).toBe(BEFORE);
  });

  it("does nothing without power", () => {
    const { memory, a, change, content } = memoryWithTwoCells();
    memory.cutAtWrite(1);
    expect(change).toThrow(PowerCut);
    expect(() => a.write(Uint8Array.of(0))).toThrow(PowerCut);
    expect(content()).toBe(BEFORE);
  });

  it("gives images that no later write changes", () => {
    const { memory, a } = memoryWithTwoCells();
    const image = memory.image();
    a.write(Uint8Array.of(5));
    expect(hex(image.cells.a ?? new Uint8Array())).toBe("0101");
  });

  it("refuses nested transactions, commits without one, writes past the end, cells of one name", () => {
    const { memory, a } = memoryWithTwoCells();
    expect(() => memory.commit()).toThrow(RuntimeFault);
    expect(() => a.write(Uint8Array.of(1), 2)).toThrow(RuntimeFault);
    expect(() => a.write(Uint8Array.of(1), -1)).toThrow(RuntimeFault);
    expect(() => memory.allocate("a", new Uint8Array(1))).toThrow("allocated twice");
    memory.begin();
    expect(() => memory.begin()).toThrow(RuntimeFault);
  });

  it("refuses an image whose cell has another length", () => {
    const memory = new PersistentMemory({ cells: { a: new Uint8Array(3) }, journal: [] });
    expect(() => memory.allocate("a", new Uint8Array(2))).toThrow("need 2 bytes, have 3");
  });

  it("has a bounded commit buffer", () => {
    const memory = new PersistentMemory();
    const big = memory.allocate("big", new Uint8Array(COMMIT_CAPACITY + 1));
    memory.begin();
    big.write(new Uint8Array(COMMIT_CAPACITY).fill(1));
    expect(() => big.write(Uint8Array.of(1))).toThrow("commit buffer");
    memory.abort();
    expect(big.bytes.every((byte) => byte === 0)).toBe(true);
    big.write(new Uint8Array(COMMIT_CAPACITY + 1).fill(2));
    expect(big.u8(COMMIT_CAPACITY)).toBe(2);
  });
});
