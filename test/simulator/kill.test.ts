import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_LIMIT } from "../../apdu/index.js";
import { MAX_MSAT, readU32, readU64 } from "../../common/index.js";
import { createCardFile, openCardFile, provisionCard, readCardFile } from "../../simulator/index.js";
import { buildProgram, runProgram } from "../../testing/programs.js";
import { PERSONALIZATION } from "./fixture.js";

const KILLS = 12;

let folder: string;
let path: string;
let program: string;

beforeAll(async () => {
  program = await buildProgram("test/simulator/spending-program.ts");
  folder = mkdtempSync(join(tmpdir(), "chequecard-kill-"));
  path = join(folder, "card.json");
  const limits = {
    credit: MAX_MSAT,
    maxPerTransaction: NO_LIMIT,
    pinThreshold: NO_LIMIT,
    noPinBudget: NO_LIMIT,
    maxTransactions: 0xffffffff,
  };
  createCardFile(path, provisionCard({ ...PERSONALIZATION, limits }).card);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(program), { recursive: true, force: true });
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
      for (let line = 0; line < 2 + kill; line++) await running.nextLine();
      running.child.kill("SIGKILL");
      await running.ended;
      const answered = Number(running.lines.at(-1));
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
    await running.nextLine();
    expect(() => openCardFile(path)).toThrow(expect.objectContaining({ code: "locked" }));
    expect(() => openCardFile(path)).toThrow(`process ${running.child.pid} uses this card`);
    expect(stored().counter).toBeGreaterThan(0);
    running.child.kill("SIGKILL");
    await running.ended;
    openCardFile(path).close();
  });
});
