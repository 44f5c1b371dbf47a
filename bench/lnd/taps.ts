import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equalBytes, sat } from "../../common/index.js";
import { LndConnection } from "../../lightning/nodes/lnd/connection.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { testCard, UNLIMITED } from "../../testing/cards/test-card.js";
import { NO_RATES, testIssuer } from "../../testing/issuer/desk.js";
import { Btcd } from "../../testing/lnd/btcd.js";
import { openChannel } from "../../testing/lnd/channels.js";
import { Lnd } from "../../testing/lnd/lnd.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";
import { type Figure, median } from "../measure.js";
import { timedTap } from "../timed-tap.js";

const PAIRS = 60;
const WARM_UP = 6;
const AMOUNT = sat(100);

/** Taps paid between two real lnd, and payments that lnd is asked for as `lncli payinvoice` asks, in turn. */
export async function taps(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-bench-"));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  try {
    const btcd = await Btcd.start(join(folder, "btcd"));
    closing.unshift(() => btcd.stop());
    const launch = async (alias: string, isMiner: boolean) => {
      const lnd = await Lnd.start({ btcd, directory: join(folder, alias), alias, isMiner });
      closing.unshift(() => lnd.stop());
      return lnd;
    };
    const first = await launch("first", true);
    const second = await launch("second", false);
    await openChannel(btcd, first, second, { sat: 5_000_000, isPrivate: true });
    const record = (name: string) => ({ network: "bcrt" as const, record: join(folder, `${name}.db`) });
    const payer = await LndNode.start({ ...first.access, ...record("payer") });
    closing.unshift(() => payer.close());
    const payee = await LndNode.start({ ...second.access, ...record("payee") });
    closing.unshift(() => payee.close());
    const plainly = new LndConnection(first.access);
    closing.unshift(() => plainly.close());
    const card = testCard({ nodeUri: await uriOf(payer), limits: UNLIMITED });
    const issuer = await testIssuer(payer, [{ card, limits: UNLIMITED }], NO_RATES);
    closing.unshift(() => issuer.close());
    const merchant = await testMerchant(payee, card.reader, { sales: join(folder, "sales.db") });
    closing.unshift(() => merchant.close());
    const times: { readonly plain: number; readonly tapped: number }[] = [];
    for (let i = -WARM_UP; i < PAIRS; i++) {
      const pair = {
        plain: await payInvoice(plainly, payee),
        tapped: await timedTap(merchant.terminal, AMOUNT),
      };
      if (i >= 0) times.push(pair);
    }
    return figures(times);
  } finally {
    for (const close of closing) await close();
  }
}

function figures(times: readonly { readonly plain: number; readonly tapped: number }[]): Figure[] {
  const plain = median(times.map((one) => one.plain));
  const tapped = median(times.map((one) => one.tapped));
  return [
    {
      name: "payinvoice of lnd itself",
      value: plain,
      unit: "ms",
      note: `to the payee's settled invoice, median of ${times.length}, two lnd and btcd on this machine`,
    },
    {
      name: "tap to the merchant's settled invoice",
      value: tapped,
      unit: "ms",
      note: "card, terminal, issuer's ledger, the same lnd; every step durable",
    },
    {
      name: "tap / payinvoice",
      value: tapped / plain,
      unit: "x",
      note: "same nodes, same run, in turn",
      goal: { atMost: 1.3 },
    },
  ];
}

/** What `lncli payinvoice` asks of lnd, over a connection that is open already. @returns milliseconds to the settled invoice */
async function payInvoice(lnd: LndConnection, payee: LndNode): Promise<number> {
  const { invoice, paymentHash } = await payee.createInvoice({
    ...{ amount: AMOUNT, description: "bench", expirySeconds: 600 },
  });
  const settled = new Promise<void>((done) => {
    const stop = payee.onInvoiceSettled((one) => {
      if (!equalBytes(one.paymentHash, paymentHash)) return;
      stop();
      done();
    });
  });
  const started = performance.now();
  const request = {
    payment_request: invoice,
    ...{ timeout_seconds: 60, fee_limit_msat: "1000", max_parts: 16, no_inflight_updates: false },
  };
  const ended = new Promise<void>((done, fail) => {
    lnd.stream("routerrpc.Router/SendPaymentV2", request, {
      data: () => {},
      end: (error) => (error ? fail(error) : done()),
    });
  });
  await Promise.race([settled, ended.then(() => settled)]);
  const time = performance.now() - started;
  await ended;
  return time;
}
