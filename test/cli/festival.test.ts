import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFestival } from "../../prove/festival/festival.js";
import { buildProgram } from "../typescript-child.js";
import { inFolder } from "./run.js";

let program: string;
beforeAll(async () => {
  program = await buildProgram("cli/main.ts");
});
afterAll(() => rmSync(join(program, ".."), { recursive: true, force: true }));

describe("a festival from the command line", () => {
  it(
    "is right to the msat with the service and terminals killed, cards lost, topped up and refused",
    () =>
      inFolder(async (path) => {
        const result = await runFestival({
          program,
          folder: path(""),
          cards: 11,
          terminals: 2,
          visits: 3,
          tapsPerVisit: 4,
          serviceKills: 1,
          terminalKills: 1,
          lostCards: 1,
          topUps: 1,
          seed: 4,
        });
        expect(result.problems).toEqual([]);
        expect(result).toMatchObject({ serviceKills: 1, terminalKills: 1, declined: 2 });
        expect(result.paid).toBeGreaterThanOrEqual(9);
        expect(result.settled + result.paidOut).toBe(12n * 20_000_000n + 1_234_567n);
      }),
    300_000,
  );
});
