import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { secp256k1 } from "../../common/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { type Benchmark, type Figure, median } from "../measure.js";
import { verificationTime } from "../verification.js";
import { fullRate, latencies, withIssuer } from "./load.js";
import { signatureTime } from "./service-process.js";

const CARDS = 1000;
const REQUESTS = 12_000;
const WARM_UP = 3000;
/** Seconds at half of a load. */
const HALF_LOAD_SECONDS = 6;
const NAIVE = 60;
/** The large ledger: cards beside those that pay, with five past payments each. */
const LARGE_CARDS = 1_000_000;
const LARGE_PAYING = 10_000;
/** Of as many payments as there are cards that pay; the median counts. */
const LARGE_ROUNDS = 5;

const GOALS: Readonly<Record<StoreKind, number>> = { sqlite: 3000, postgres: 1500 };
/** Authorizations for each whole verification that one thread could do in the same time. */
const SHARE_GOALS: Readonly<Record<StoreKind, number>> = { sqlite: 0.8, postgres: 0.6 };
/** Processor time of an authorization in whole verifications. */
const MAX_VERIFICATIONS = 1.6;
/** Payments that hang beside those that are measured. */
const HANGING = 200_000;

/** From the raw bytes of `initiate_payment` to verified, reserved, paid at once and settled, durably. */
export const issuerBenchmark: Benchmark = {
  name: "Issuer: authorizations",
  async run({ large }) {
    const figures: Figure[] = [fsyncFigure()];
    const kinds: StoreKind[] = postgresBinaries() ? ["sqlite", "postgres"] : ["sqlite"];
    for (const kind of kinds) figures.push(...(await fullLoad(kind)));
    for (const kind of kinds) figures.push(await manyInFlight(kind));
    if (kinds.includes("postgres")) figures.push(...(await severalServices()));
    if (large) for (const kind of kinds) figures.push(await largeLedger(kind));
    return figures;
  },
};

function fsyncFigure(): Figure {
  const home = mkdtempSync(join(tmpdir(), "chequecard-fsync-"));
  const file = openSync(join(home, "file"), "w");
  const bytes = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    const started = performance.now();
    writeSync(file, bytes, 0, bytes.length, 0);
    fsyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  rmSync(home, { recursive: true });
  return { name: "fsync of 4 KiB", value: median(times), unit: "ms", note: "the disk under the databases" };
}

async function fullLoad(kind: StoreKind): Promise<Figure[]> {
  const measured = await withIssuer(kind, CARDS, {}, async ({ service, requests }) => {
    await fullRate(service, requests(WARM_UP));
    const batch = requests(REQUESTS);
    const verification = await verificationTime(secp256k1);
    const before = await service.usage();
    const perSecond = await fullRate(service, batch);
    const after = await service.usage();
    const at = (rate: number) => latencies(service, requests(Math.ceil(HALF_LOAD_SECONDS * rate)), rate);
    return {
      perSecond,
      verification,
      database: (after.inDatabase - before.inDatabase) / REQUESTS,
      processor: (after.processor - before.processor) / REQUESTS,
      ofGoal: await at(GOALS[kind] / 2),
      ofReached: await at(perSecond / 2),
      peakMemory: (await service.usage()).peakMemory,
    };
  });
  const naive = await withIssuer(kind, 10, { naive: true }, ({ service, requests }) =>
    fullRate(service, requests(NAIVE), 1),
  );
  const { perSecond } = measured;
  const share = (milliseconds: number) => `${((milliseconds * perSecond) / 10).toFixed(0)} %`;
  const signatures = signatureTime();
  return [
    {
      name: `${kind}: verified, reserved, settled`,
      value: perSecond,
      unit: "per s",
      goal: { atLeast: GOALS[kind] },
      note:
        `${CARDS} cards, durable commits in groups; of the time: signatures ${share(signatures)} (on a thread of ` +
        `their own), in transactions ${share(measured.database)} (with the wait for the disk), the service's ` +
        `processor time without signatures ${share(measured.processor / 1000 - signatures)}`,
    },
    {
      name: `${kind}: processor time of the service`,
      value: measured.processor,
      unit: "us",
      note: "for one authorization, all threads; hardly depends on what else the machine does",
    },
    {
      name: `${kind}: processor time in whole verifications`,
      value: measured.processor / 1000 / measured.verification,
      unit: "x",
      goal: { atMost: MAX_VERIFICATIONS },
      note: verificationNote(measured.verification),
    },
    {
      name: `${kind}: rate / whole verifications of one thread`,
      value: (perSecond * measured.verification) / 1000,
      unit: "x",
      goal: { atLeast: SHARE_GOALS[kind] },
      note: verificationNote(measured.verification),
    },
    latencyFigure(measured.ofGoal, `${kind}: p99 at half of the goal's load`),
    latencyFigure(measured.ofReached, `${kind}: p99 at half of what it reaches`),
    {
      name: `${kind}: ratio to the naive way`,
      value: perSecond / naive,
      unit: "x",
      note: `noble, one at a time, one commit each: ${naive.toFixed(0)} per s`,
    },
    {
      name: `${kind}: memory of the service`,
      value: measured.peakMemory / 1e6,
      unit: "MB",
      goal: { atMost: 200 },
      note: "the most seen of its process, 512 requests in flight",
    },
  ];
}

const verificationNote = (milliseconds: number): string =>
  `one by ${secp256k1.name} takes ${(1000 * milliseconds).toFixed(0)} us in this run`;

/** What one service reaches beside payments that hang. */
async function manyInFlight(kind: StoreKind): Promise<Figure> {
  const rate = (inFlight: number) =>
    withIssuer(kind, CARDS, { inFlight }, async ({ service, requests }) => {
      await fullRate(service, requests(WARM_UP));
      return await fullRate(service, requests(REQUESTS));
    });
  const [few, many] = [await rate(0), await rate(HANGING)];
  return {
    name: `${kind}: 200,000 payments in flight / none`,
    value: many / few,
    unit: "x",
    goal: { atLeast: 0.9 },
    note: `${many.toFixed(0)} per s, ${few.toFixed(0)} without`,
  };
}

/** What 1, 2 and 4 services of a node reach on one database. */
async function severalServices(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const services of [1, 2, 4]) {
    const perSecond = await withIssuer("postgres", CARDS, { services }, async ({ service, requests }) => {
      await fullRate(service, requests(WARM_UP));
      return await fullRate(service, requests(REQUESTS));
    });
    figures.push({
      name: `postgres: ${services} ${services === 1 ? "service" : "services"} on one ledger`,
      value: perSecond,
      unit: "per s",
      note: `all on this machine of ${availableParallelism()} cores, with the database and what makes the load`,
    });
  }
  return figures;
}

/** @param times ascending, in milliseconds */
function latencyFigure(times: readonly number[], name: string): Figure {
  const quantile = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  const rate = times.length / HALF_LOAD_SECONDS;
  return {
    name,
    value: quantile(0.99),
    unit: "ms",
    goal: { atMost: 50 },
    note: `${rate.toFixed(0)} per s, from presenting to settled; median ${quantile(0.5).toFixed(1)} ms`,
  };
}

/** The same cards and payments in a ledger that holds little and in one that holds much. */
async function largeLedger(kind: StoreKind): Promise<Figure> {
  const rate = (cards: number, others: number) =>
    withIssuer(kind, cards, { others }, async ({ service, requests }) => {
      await fullRate(service, requests(WARM_UP));
      const rates: number[] = [];
      for (let round = 0; round < LARGE_ROUNDS; round++)
        rates.push(await fullRate(service, requests(LARGE_PAYING)));
      return median(rates);
    });
  const small = await rate(CARDS, 0);
  const much = await rate(LARGE_PAYING, LARGE_CARDS - LARGE_PAYING);
  return {
    name: `${kind}: 1,000,000 cards / 1,000 cards`,
    value: much / small,
    unit: "x",
    goal: { atLeast: 0.75 },
    note: `${much.toFixed(0)} per s with 5,000,000 past authorizations, ${small.toFixed(0)} with 5,000`,
  };
}
