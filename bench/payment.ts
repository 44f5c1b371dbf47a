import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { equalBytes, sat, utf8 } from "../common/index.js";
import { decodeInitiatePayment, encodeInitiatePayment } from "../lightning/api/index.js";
import { type LittleNetwork, startLittleNetwork } from "../lightning/nodes/ldk/index.js";
import {
  decodeOdtMessage,
  encodeOdtMessage,
  odtFromHex,
  odtToHex,
  paymentAuthorizationOf,
} from "../lightning/odt/index.js";
import { testCard, UNLIMITED } from "../testing/cards/test-card.js";
import { NO_RATES, testIssuer } from "../testing/issuer/desk.js";
import { testMerchant, uriOf } from "../testing/merchant.js";
import { benchInvoice } from "./cards.js";
import { type Benchmark, type Figure, median, rate } from "./measure.js";
import { timedTap } from "./timed-tap.js";

const PAIRS = 60;
const WARM_UP = 6;
const SECONDS = 0.5;
const AMOUNT = sat(100);
const SAMPLE_MS = 20;
const DEMO = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** A tap that moves money between two embedded nodes, the messages that it takes, and what the demo needs. */
export const paymentBenchmark: Benchmark = {
  name: "A tap paid between two embedded nodes",
  run: async () => [...(await taps()), ...codecs(), ...(await demoMemory())],
};

/** Plain payments and taps in turn, so that both meet the same machine. */
async function taps(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-bench-"));
  const network = await startLittleNetwork();
  const card = testCard({ nodeUri: await uriOf(network.payer), limits: UNLIMITED });
  const issuer = await testIssuer(network.payer, [{ card, limits: UNLIMITED }], NO_RATES);
  const sales = join(folder, "sales.db");
  const { terminal, close } = await testMerchant(network.merchant, card.reader, { sales });
  try {
    const plain: number[] = [];
    const tapped: number[] = [];
    for (let i = -WARM_UP; i < PAIRS; i++) {
      const times = [await plainPayment(network), await timedTap(terminal, AMOUNT)] as const;
      if (i < 0) continue;
      plain.push(times[0]);
      tapped.push(times[1]);
    }
    return figures(median(plain), median(tapped));
  } finally {
    close();
    await issuer.close();
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const figures = (plain: number, tapped: number): Figure[] => [
  {
    name: "plain payment",
    value: plain,
    unit: "ms",
    note: `pay() to the merchant's settled invoice, median of ${PAIRS}`,
  },
  {
    name: "tap to the merchant's settled invoice",
    value: tapped,
    unit: "ms",
    note: "card, terminal, issuer's ledger, payment; every step durable",
  },
  {
    name: "tap / plain payment",
    value: tapped / plain,
    unit: "x",
    note: "same nodes, same run, in turn",
    goal: { atMost: 1.5 },
  },
];

async function plainPayment({ merchant, payer }: LittleNetwork): Promise<number> {
  const { invoice, paymentHash } = await merchant.createInvoice({
    amount: AMOUNT,
    description: "bench",
    expirySeconds: 600,
  });
  const settled = new Promise<void>((done) => {
    const stop = merchant.onInvoiceSettled((one) => {
      if (!equalBytes(one.paymentHash, paymentHash)) return;
      stop();
      done();
    });
  });
  const started = performance.now();
  const paid = payer.pay({ invoice, maxFee: sat(1) });
  await settled;
  const time = performance.now() - started;
  await paid;
  return time;
}

function codecs(): Figure[] {
  const { invoice } = benchInvoice();
  const token = new Uint8Array(149).fill(1);
  const request = { token, invoice: utf8(invoice) };
  const payload = encodeInitiatePayment(request);
  const message = paymentAuthorizationOf(`${"02".repeat(33)}@192.0.2.1:9735`, token);
  const bytes = encodeOdtMessage(message);
  const hex = odtToHex(message);
  const perSecond = (name: string, note: string, work: () => unknown): Figure => ({
    name,
    value: rate(SECONDS, work),
    unit: "per s",
    note,
  });
  return [
    perSecond("initiate_payment written", `${payload.length} bytes`, () => encodeInitiatePayment(request)),
    perSecond("initiate_payment read", `${payload.length} bytes`, () => decodeInitiatePayment(payload)),
    perSecond("ODT messages written", `${bytes.length} bytes`, () => encodeOdtMessage(message)),
    perSecond("ODT messages read", `${bytes.length} bytes`, () => decodeOdtMessage(bytes)),
    perSecond("ODT messages read from hex", `${hex.length} characters, as in a QR code`, () =>
      odtFromHex(hex),
    ),
  ];
}

/** Most memory that the whole demo takes at once, as the system counts it. */
async function demoMemory(): Promise<Figure[]> {
  const child = spawn(process.execPath, [DEMO, "demo"], {
    env: { ...process.env, CHEQUECARD_PCSC: "off" },
    stdio: "ignore",
  });
  let most = 0;
  const sampling = setInterval(() => {
    most = Math.max(most, peakMegabytes(child.pid));
  }, SAMPLE_MS);
  const started = performance.now();
  const code = await new Promise<number | null>((done) => child.once("close", done));
  clearInterval(sampling);
  if (code !== 0 || most === 0) throw new Error(`the demo could not be measured: it ended with ${code}`);
  const note = "two nodes, issuer, terminal, offline sale, card in process";
  return [
    {
      name: "memory of the whole demo",
      value: most,
      unit: "MB",
      note: `most at once: ${note}`,
      goal: { atMost: 350 },
    },
    {
      name: "the whole demo",
      value: (performance.now() - started) / 1000,
      unit: "s",
      note,
      goal: { atMost: 20 },
    },
  ];
}

/** What the process has held in memory at most; 0 where the system does not say. */
function peakMegabytes(pid: number | undefined): number {
  try {
    const [, kilobytes = "0"] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number.parseInt(kilobytes, 10) / 1000;
  } catch {
    return 0;
  }
}
