import { expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";
import { SeededRandom } from "../../testing/random.js";
import { badBareDesk, badCardPage, badSender, badTill } from "../../testing/server/bad-targets.js";

it.each([
  ["till", badTill, 800, [401, 404]],
  ["desk", badBareDesk, 1500, [401, 404]],
  // It looks at the body first.
  ["card's page", badCardPage, 300, [413]],
] as const)(
  "bad requests to a %s are refused with a sentence, come as far as every operation, and move nothing",
  async (_, open, requests, more) => {
    const target = await open(newFolder("memory"));
    try {
      const before = await target.state();
      const { send, unreached } = badSender(target, new SeededRandom(17));
      const seen = new Map<number, number>();
      for (let sent = 0; sent < requests; sent++) {
        const { request, answer, problem } = await send();
        expect([request, answer, problem]).toEqual([request, answer, undefined]);
        seen.set(answer?.status ?? 0, (seen.get(answer?.status ?? 0) ?? 0) + 1);
      }
      for (const status of [400, 403, 415, 421, ...more])
        expect([status, (seen.get(status) ?? 0) > 0]).toEqual([status, true]);
      expect(unreached.names).toEqual([]);
      expect(await target.state()).toEqual(before);
    } finally {
      await target.stop();
    }
  },
);
