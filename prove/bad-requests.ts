import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "../testing/random.js";
import { apiClient, keyOf } from "../testing/server/api-client.js";
import { answerProblem, badRequest, operationsOf, sendRaw } from "../testing/server/bad-requests.js";
import { bareDesk, bareTill } from "../testing/server/bare-servers.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "./campaign.js";

/** Requests after which is checked that nothing moved. */
const ROUND = 250;

const TARGETS = [
  { name: "till", serve: bareTill, role: "shift-lead", watched: ["/v1/sales", "/v1/totals"] },
  { name: "desk", serve: bareDesk, role: "desk", watched: ["/v1/cards", "/v1/report"] },
] as const;

/**
 * Sends requests made from the documents of both APIs in which something is wrong. Each must be refused with a sentence,
 * none may be a fault of the server, and sales and books stay as they were.
 */
async function runBadRequests(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const random = new SeededRandom(options.seed);
  const replay = `--only bad-requests --seed ${options.seed}`;
  for (const { name, serve, role, watched } of TARGETS) {
    const end = name === "till" ? options.budget.units / 2 : options.budget.units;
    const folder = mkdtempSync(join(tmpdir(), "chequecard-api-"));
    const server = await serve(folder);
    try {
      const { key } = keyOf(server.folder, role);
      const client = apiClient(server.url, key);
      const state = async () =>
        JSON.stringify(await Promise.all(watched.map(async (path) => (await client("GET", path)).body)));
      const before = await state();
      const operations = operationsOf((await client("GET", "/v1/openapi.json")).body);
      while (!meter.isOver && meter.units < end) {
        for (let sent = 0; sent < ROUND && meter.units < end; sent++, meter.units++) {
          const request = badRequest(random, operations, key);
          const answer = await sendRaw(server.url, request);
          meter.count(`${name} answered ${answer.status}`);
          const what = answerProblem(request, answer);
          if (what !== undefined) meter.fail({ where: `${request.method} ${request.path}`, what, replay });
        }
        if ((await state()) !== before) {
          meter.fail({ where: name, what: "a bad request has moved something", replay });
          break;
        }
        meter.tell("requests");
      }
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  }
  return meter.result();
}

/** Bad requests to the HTTP API. */
export const badRequests: Campaign = {
  name: "bad-requests",
  about: "requests to the HTTP API in which something is wrong, from its documents",
  unit: "inputs",
  full: 10_000,
  run: runBadRequests,
};
