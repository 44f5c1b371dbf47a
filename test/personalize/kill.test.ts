import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { bytesToHex } from "../../common/index.js";
import { inspectCard, Journal, readPinLetters } from "../../personalize/index.js";
import { connectCard, createCardFile, openCardFile } from "../../simulator/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram, runToEnd } from "../../testing/programs.js";
import { cardPath, FileRegistry } from "./file-registry.js";
import { factoryCard, keys, PASSPHRASE } from "./fixture.js";

/** Batches to kill through; a campaign sets more. */
const BATCHES = Number.parseInt(process.env.CHEQUECARD_KILLED_BATCHES ?? "1", 10);
const CARDS = 50;
/** Where the number of cards does not matter. */
const FEW = 20;

let program: string;
const folder = newFolder();
beforeAll(async () => {
  program = await buildProgram("test/personalize/batch-program.ts");
});

/** A seeded sequence of numbers below `below`. */
function sequence(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Kills the batch again and again until it gets through. @returns how often */
async function killThrough(path: string, seed: number): Promise<number> {
  const next = sequence(seed);
  for (let kills = 0; ; kills++) {
    const running = runProgram(program, [path, String(CARDS), kills % 2 === 0 ? "forwards" : "backwards"]);
    // A run gets far enough to make headway, then dies in the middle of whatever it does.
    const lines = 20 + next(150);
    const delay = next(8);
    const timer = (async () => {
      await running.line(lines);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await running.end("SIGKILL");
    })().catch(() => {});
    const code = await running.end();
    await timer;
    if (code !== null) {
      expect(code).toBe(0);
      expect(JSON.parse(running.lines().at(-1) ?? "")).toMatchObject({
        complete: true,
        counts: { done: CARDS },
      });
      return kills;
    }
  }
}

describe("a batch that is killed", () => {
  it(`ends with exactly ${CARDS} good cards, ${CARDS} active rows and ${CARDS} keys`, {
    timeout: 60_000 + 60_000 * BATCHES,
  }, async () => {
    let kills = 0;
    for (let batch = 0; batch < BATCHES; batch++) {
      const path = join(folder, `batch-${batch}`);
      mkdirSync(path);
      for (let index = 0; index < CARDS; index++) createCardFile(cardPath(path, index), factoryCard());
      kills += await killThrough(path, 1 + batch);
      await expectWhole(path, CARDS);
    }
    expect(kills).toBeGreaterThanOrEqual(BATCHES);
    console.log(`${BATCHES} batch of ${CARDS} cards killed ${kills} times`);
  });
});

/** The program with every file cut off at a size, as on a full disk. */
function runWithFullDisk(path: string, blocks: number): { readonly failed: boolean; readonly said: string } {
  const script = `ulimit -f ${blocks}; exec "$0" "$@"`;
  const run = spawnSync("sh", ["-c", script, process.execPath, program, path, String(FEW), "forwards"], {
    encoding: "utf8",
  });
  return { failed: run.status !== 0, said: run.stderr };
}

describe.skipIf(process.platform === "win32")("a batch on a full disk", () => {
  it("stops before anything more is sent to a card, says why, and goes on when there is room", async () => {
    const path = join(folder, "full");
    mkdirSync(path);
    for (let index = 0; index < FEW; index++) createCardFile(cardPath(path, index), factoryCard());
    const full = runWithFullDisk(path, 16);
    expect(full.failed).toBe(true);
    expect(full.said).toContain("cannot be written (the file would be too large");
    const begun = Journal.read(join(path, "batch.journal")).counts();
    expect(begun.done).toBeGreaterThan(0);
    expect(begun.done).toBeLessThan(FEW);
    expect((await runToEnd(program, [path, String(FEW), "backwards"])).code).toBe(0);
    await expectWhole(path, FEW);
  });
});

async function expectWhole(path: string, count: number): Promise<void> {
  const registry = new FileRegistry(join(path, "registry"));
  const active = registry.inState("active");
  expect(active).toHaveLength(count);
  expect(registry.inState("pending")).toHaveLength(0);
  expect(new Set(active.map(({ publicKey }) => bytesToHex(publicKey))).size).toBe(count);
  const journal = Journal.read(join(path, "batch.journal"));
  expect(journal.counts().done).toBe(count);
  const seen = new Set<string>();
  for (let index = 0; index < count; index++) {
    const file = openCardFile(cardPath(path, index));
    const facts = await inspectCard(connectCard(file.card), keys, registry);
    expect(facts).toMatchObject({ genuine: true, registered: "active", counter: 0, pinSet: true });
    seen.add(facts.cardId);
    file.close();
  }
  expect([...seen].sort()).toEqual(active.map(({ cardId }) => formatCardId(cardId)).sort());
  const letters = await readPinLetters(join(path, "letters"), PASSPHRASE, (id) => seen.has(formatCardId(id)));
  expect(new Set(letters.map(({ card }) => card)).size).toBe(count);
  expect(new Set(letters.map(({ number }) => number)).size).toBe(count);
}
