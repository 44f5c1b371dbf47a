import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nobleSecp256k1 } from "../common/index.js";
import type { StoreKind } from "../issuer/store/index.js";
import { decodeInitiatePayment } from "../lightning/api/initiate-payment.js";
import { decodeInvoice } from "../lightning/bolt11/index.js";
import { postgresBinaries } from "../test/postgres.js";
import { type LoadedIssuer, type LoadOptions, loadIssuer, signatureTime } from "./issuer-load.js";
import { type Benchmark, type Figure, median } from "./measure.js";

const CARDS = 1000;
const REQUESTS = 9000;
const WARM_UP = 1000;
/** Requests under way at once at full load. */
const AT_ONCE = 512;
const NAIVE = 60;
/** The large ledger: cards beside those that pay, with five past payments each. */
const LARGE_CARDS = 1_000_000;
const LARGE_PAYING = 10_000;

const GOALS: Readonly<Record<StoreKind, number>> = { sqlite: 3000, postgres: 1500 };

/** From the raw bytes of `initiate_payment` to verified, reserved, paid at once and settled, durably. */
export const issuerBenchmark: Benchmark = {
  name: "Issuer: authorizations",
  async run({ large }) {
    const figures: Figure[] = [fsyncFigure()];
    const kinds: StoreKind[] = postgresBinaries() ? ["sqlite", "postgres"] : ["sqlite"];
    for (const kind of kinds) figures.push(...(await fullLoad(kind)));
    figures.push(...(await largeLedger(kinds, large)));
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

/** Presents all of them, so many at once. @returns authorizations per second */
async function drive(
  issuer: LoadedIssuer,
  requests: readonly Uint8Array[],
  atOnce = AT_ONCE,
): Promise<number> {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    for (let payload = requests[next++]; payload; payload = requests[next++]) await issuer.present(payload);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (1000 * requests.length) / (performance.now() - started);
}

async function withIssuer<T>(
  kind: StoreKind,
  cards: number,
  options: LoadOptions,
  work: (issuer: LoadedIssuer) => Promise<T>,
): Promise<T> {
  const issuer = await loadIssuer(kind, cards, options);
  try {
    return await work(issuer);
  } finally {
    await issuer.close();
  }
}

async function fullLoad(kind: StoreKind): Promise<Figure[]> {
  return await withIssuer(kind, CARDS, {}, async (issuer) => {
    await drive(issuer, issuer.requests(WARM_UP));
    const requests = issuer.requests(REQUESTS);
    const before = { database: issuer.inDatabase(), cpu: process.cpuUsage(), at: performance.now() };
    const perSecond = await drive(issuer, requests);
    const elapsed = performance.now() - before.at;
    const cpu = process.cpuUsage(before.cpu);
    const database = (100 * (issuer.inDatabase() - before.database)) / elapsed;
    const signatures = (100 * (signatureTime() * requests.length)) / elapsed;
    const p99 = await latencyAt(issuer, perSecond / 2);
    const naive = await naiveRate(kind);
    const microseconds = (cpu.user + cpu.system) / requests.length;
    return [
      {
        name: `${kind}: verified, reserved, settled`,
        value: perSecond,
        unit: "per s",
        goal: { atLeast: GOALS[kind] },
        note:
          `${CARDS} cards, durable commits in groups; wall time: signatures ${signatures.toFixed(0)} %, ` +
          `in transactions ${database.toFixed(0)} %, rest ${Math.max(0, 100 - signatures - database).toFixed(0)} %` +
          (kind === "postgres" ? " (they overlap: the server works meanwhile)" : ""),
      },
      {
        name: `${kind}: processor time of the service`,
        value: microseconds,
        unit: "us",
        note: "for one authorization, load generator included; independent of what else the machine does",
      },
      {
        name: `${kind}: p99 at half of that load`,
        value: p99,
        unit: "ms",
        goal: { atMost: 50 },
        note: "from presenting to settled",
      },
      {
        name: `${kind}: ratio to the naive way`,
        value: perSecond / naive,
        unit: "x",
        note: `noble, one at a time, one commit each: ${naive.toFixed(0)} per s`,
      },
      {
        name: `${kind}: memory of the process`,
        value: process.memoryUsage().rss / 1e6,
        unit: "MB",
        goal: { atMost: 200 },
        note: "load generator and its requests included",
      },
    ];
  });
}

/** 99th percentile of the time to an answer while requests come at a steady rate. */
async function latencyAt(issuer: LoadedIssuer, perSecond: number): Promise<number> {
  const requests = issuer.requests(Math.ceil(Math.min(3000, perSecond * 2)));
  const times: number[] = [];
  const running: Promise<void>[] = [];
  const begun = performance.now();
  for (const [i, payload] of requests.entries()) {
    const due = begun + (1000 * i) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    running.push(issuer.present(payload).then(() => void times.push(performance.now() - due)));
  }
  await Promise.all(running);
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

/** Both signatures by noble, one request after the other, each with commits of its own. */
async function naiveRate(kind: StoreKind): Promise<number> {
  return await withIssuer(kind, 10, { config: { maxBatch: 1 }, backend: nobleSecp256k1 }, async (issuer) => {
    const requests = issuer.requests(NAIVE);
    const started = performance.now();
    for (const payload of requests) {
      const { invoice } = decodeInitiatePayment(payload);
      const { signature, recovery, paymentHash } = decodeInvoice(new TextDecoder().decode(invoice));
      // The service recovers the payee on the fastest backend; the naive way does it on noble, over any digest.
      nobleSecp256k1.recover(signature, recovery, paymentHash);
      await issuer.present(payload);
    }
    return (1000 * requests.length) / (performance.now() - started);
  });
}

/** The same cards and payments in a ledger that holds little and in one that holds much. */
async function largeLedger(kinds: readonly StoreKind[], large: boolean): Promise<Figure[]> {
  if (!large) return [];
  const figures: Figure[] = [];
  for (const kind of kinds) {
    const rate = (cards: number, others: number) =>
      withIssuer(kind, cards, { others }, async (issuer) => {
        await drive(issuer, issuer.requests(WARM_UP));
        return await drive(issuer, issuer.requests(LARGE_PAYING));
      });
    const small = await rate(CARDS, 0);
    const much = await rate(LARGE_PAYING, LARGE_CARDS - LARGE_PAYING);
    figures.push({
      name: `${kind}: 1,000,000 cards / 1,000 cards`,
      value: much / small,
      unit: "x",
      goal: { atLeast: 0.75 },
      note: `${much.toFixed(0)} per s with 5,000,000 past authorizations, ${small.toFixed(0)} with 5,000`,
    });
  }
  return figures;
}
