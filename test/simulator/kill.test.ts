import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { NO_LIMIT } from "../../apdu/index.js";
import { MAX_MSAT, readU32, readU64 } from "../../common/index.js";
import { createCardFile, openCardFile, provisionCard, readCardFile } from "../../simulator/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";
import { PERSONALIZATION } from "./fixture.js";

const KILLS = 12;

const folder = newFolder();
const path = join(folder, "card.json");
let program: string;

beforeAll(async () => {
  program = await buildProgram("test/simulator/spending-program.ts");
  const limits = {
    credit: MAX_MSAT,
    maxPerTransaction: NO_LIMIT,
    pinThreshold: NO_LIMIT,
    noPinBudget: NO_LIMIT,
    maxTransactions: 0xffffffff,
  };
  createCardFile(path, provisionCard({ ...PERSONALIZATION, limits }).card);
});

function stored(): { readonly counter: number; readonly authorized: bigint; readonly torn: number } {
  const { memory } = readCardFile(path);
  return {
    counter: readU32(memory.cells["card-application/counter"] ?? new Uint8Array(4)),
    authorized: readU64(memory.cells["card-application/authorized"] ?? new Uint8Array(8)),
    torn: memory.journal.length,
  };
}

describe("a process that is killed while it saves", () => {
  it("leaves the card before or after its last command, whole and free to be opened", async () => {
    let counter = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const running = runProgram(program, [path]);
      await running.line(2 + kill);
      await running.end("SIGKILL");
      const answered = Number(running.lines().at(-1));
      const found = stored();
      expect(found.counter - answered).toBeGreaterThanOrEqual(0);
      expect(found.counter - answered).toBeLessThanOrEqual(1);
      expect(found.counter).toBeGreaterThan(counter);
      expect(found.authorized).toBe(BigInt(found.counter));
      expect(found.torn).toBe(0);
      counter = found.counter;
    }
    openCardFile(path).close();
    expect(readdirSync(folder)).toEqual(["card.json"]);
  });

  it("keeps the card to itself while it runs", async () => {
    const running = runProgram(program, [path]);
    await running.line(1);
    expect(() => openCardFile(path)).toThrow(expect.objectContaining({ code: "locked" }));
    expect(() => openCardFile(path)).toThrow(`process ${running.pid} uses this card`);
    expect(stored().counter).toBeGreaterThan(0);
    await running.end("SIGKILL");
    openCardFile(path).close();
  });
});
