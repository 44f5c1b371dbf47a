import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "../testing/random.js";
import { type BadTarget, badCardPage, badDesk, badSender, badTill } from "../testing/server/bad-targets.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "./campaign.js";

const COMPILED = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** Every server that checks requests by schemas. */
const TARGETS: Readonly<Record<string, (folder: string) => Promise<BadTarget>>> = {
  till: badTill,
  desk: (folder) => badDesk(folder, COMPILED),
  "card's page": badCardPage,
};

/** Requests after which is checked that nothing moved. */
const ROUND = 250;
/** With so many requests for each operation one that was not reached is a fault of the campaign, not chance. */
const ENOUGH = 30;

/** Asks one server for its share of the units. */
async function ask(name: string, target: BadTarget, meter: Meter, random: SeededRandom, end: number) {
  const { operations, state } = target;
  const { send, unreached } = badSender(target, random);
  const replay = `--only bad-requests --seed ${meter.seed}`;
  const before = await state();
  const begun = meter.units;
  while (!meter.isOver && meter.units < end) {
    for (let sent = 0; sent < ROUND && !meter.isOver && meter.units < end; sent++, meter.units++) {
      const { request, answer, problem } = await send();
      meter.count(`${name} answered ${answer?.status ?? "nothing"}`);
      if (problem !== undefined)
        meter.fail({ where: `${name}: ${request.method} ${request.path}`, what: problem, replay });
    }
    if ((await state()) !== before) {
      meter.fail({ where: name, what: "a bad request has moved something", replay });
      break;
    }
    meter.tell("requests");
  }
  meter.count(`${name} operations`, operations.length);
  if (meter.units - begun < ENOUGH * operations.length) return;
  for (const operation of unreached.names)
    meter.fail({ where: `${name}: ${operation}`, what: "no request has come as far as it", replay });
}

/**
 * Sends requests made from the documents of both APIs, and from the schemas of the card's page, in which something is
 * wrong. Each must be refused with a sentence, none may be a fault of the server, every operation must be reached, and
 * sales, books, keys and jobs stay as they were.
 */
async function runBadRequests(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const random = new SeededRandom(options.seed);
  const targets = Object.entries(TARGETS);
  for (const [at, [name, open]] of targets.entries()) {
    const folder = mkdtempSync(join(tmpdir(), "chequecard-api-"));
    const target = await open(folder);
    try {
      await ask(name, target, meter, random, (options.budget.units * (at + 1)) / targets.length);
    } finally {
      await target.stop();
      rmSync(folder, { recursive: true });
    }
  }
  return meter.result();
}

/** Bad requests to the HTTP APIs and to the card's page. */
export const badRequests: Campaign = {
  name: "bad-requests",
  about: "requests to the HTTP APIs and the card's page in which something is wrong, from their documents",
  unit: "inputs",
  full: 10_000,
  run: runBadRequests,
};
