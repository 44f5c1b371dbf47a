import { expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";
import { SeededRandom } from "../../testing/random.js";
import { apiClient, keyOf } from "../../testing/server/api-client.js";
import { answerProblem, badRequest, operationsOf, sendRaw } from "../../testing/server/bad-requests.js";
import { bareDesk, bareTill } from "../../testing/server/bare-servers.js";

/** A share; `npm run prove -- --only bad-requests` sends ten thousand. */
const REQUESTS = 400;

it.each([
  ["till", bareTill, "shift-lead", ["/v1/sales", "/v1/totals"]],
  ["desk", bareDesk, "desk", ["/v1/cards", "/v1/report"]],
] as const)(
  "bad requests to a %s are refused with a sentence, and move nothing",
  async (_, serve, role, watched) => {
    const server = await serve(newFolder("memory"));
    try {
      const { key } = keyOf(server.folder, role);
      const client = apiClient(server.url, key);
      const state = () => Promise.all(watched.map(async (path) => (await client("GET", path)).body));
      const before = await state();
      const operations = operationsOf((await client("GET", "/v1/openapi.json")).body);
      expect(operations.length).toBeGreaterThan(8);
      const random = new SeededRandom(17);
      const seen = new Map<number, number>();
      for (let sent = 0; sent < REQUESTS; sent++) {
        const request = badRequest(random, operations, key);
        const answer = await sendRaw(server.url, request);
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
        expect([request, answer, answerProblem(request, answer)]).toEqual([request, answer, undefined]);
      }
      for (const status of [400, 401, 403, 404, 405, 415, 421])
        expect([status, (seen.get(status) ?? 0) > 0]).toEqual([status, true]);
      expect(await state()).toEqual(before);
    } finally {
      await server.stop();
    }
  },
);
