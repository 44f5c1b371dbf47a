import { beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { inFolder } from "../../testing/command-run.js";
import { runFestival } from "../festival/festival.js";
import { renderFestival } from "../festival/summary.js";

let program: string;
beforeAll(async () => {
  program = await buildProgram("cli/main.ts");
});

describe("a festival from the command line", () => {
  it(
    "is right to the msat with tokens, Bolt Cards and second faces, with kills, cards lost, topped up, refunded and refused",
    () =>
      inFolder(async (path) => {
        const result = await runFestival({
          program,
          folder: path(""),
          cards: 11,
          chips: 3,
          terminals: 2,
          commands: "inline",
          taps: 12,
          tapsPerVisit: 4,
          serviceKills: 1,
          terminalKills: 1,
          closingKills: 1,
          lostCards: 1,
          topUps: 1,
          refunds: 2,
          seed: 4,
        });
        expect(result.problems).toEqual([]);
        expect(result).toMatchObject({
          serviceKills: 1,
          terminalKills: 1,
          replacedCards: 1,
          declined: { "card-blocked": 1, "above-max-per-transaction": 1 },
          paidIn: 15n * 20_000_000n + 1_234_000n,
        });
        expect(result.completed).toBeGreaterThanOrEqual(12);
        // What is certain of both: the payments after the kills.
        expect(result.paidByChips).toBeGreaterThanOrEqual(1);
        expect(result.paidByFaces).toBeGreaterThanOrEqual(1);
        const table = renderFestival(result, 4);
        expect(table).toMatch(/^taps completed +\d+$/m);
        expect(table).toMatch(/^ {2}declined: card-blocked +1$/m);
        expect(table).toMatch(/^differences between any two books +0\n/m);
        expect(result.refunds).toBe(2);
        expect(result.refunded).toBeGreaterThanOrEqual(2n);
        expect(table).toMatch(/^refunds to cards +2 /m);
        expect(result.settled + result.paidOut).toBe(15n * 20_000_000n + 1_234_000n + result.refunded);
      }),
    300_000,
  );
});
