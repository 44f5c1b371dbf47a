import { nativeSecp256k1, nobleSecp256k1 } from "../common/index.js";
import type { Secp256k1 } from "../common/secp256k1/interface.js";
import { openSession } from "../host/index.js";
import { checkerOf } from "../issuer/authorizer/signatures/checker.js";
import { verifyToken } from "../issuer/verify.js";
import { connectCard } from "../simulator/index.js";
import { benchCard, benchInvoice } from "./cards.js";
import type { Benchmark, Figure } from "./measure.js";

const CALLS = 1000;

/** Milliseconds of one thread for one whole verification, over many in a row, so that its garbage counts too. */
export async function verificationTime(backend: Secp256k1): Promise<number> {
  const { card, ...lookups } = benchCard();
  const { invoice, amount, hash } = benchInvoice();
  const session = await openSession(connectCard(card));
  const token = await session.authorize(amount, hash);
  const now = Math.floor(Date.now() / 1000);
  const input = { token, invoice, network: "bcrt", now, signatures: checkerOf(backend), ...lookups } as const;
  for (let i = 0; i < CALLS / 10; i++) await verifyToken(input);
  const started = performance.now();
  for (let i = 0; i < CALLS; i++) await verifyToken(input);
  return (performance.now() - started) / CALLS;
}

/** Checking a token against its invoice and card record, on one core. */
export const verificationBenchmark: Benchmark = {
  name: "Token verification",
  async run() {
    const backends = [nobleSecp256k1, ...(nativeSecp256k1 ? [nativeSecp256k1] : [])];
    const rates: { name: string; perSecond: number }[] = [];
    for (const backend of backends)
      rates.push({ name: backend.name, perSecond: 1000 / (await verificationTime(backend)) });
    const figures = rates.map(
      ({ name, perSecond }): Figure => ({
        name: `whole verification, signatures by ${name}`,
        value: perSecond,
        unit: "per s",
        note: "invoice parsed and its payee recovered, token opened and verified",
      }),
    );
    const [noble, native] = rates;
    if (noble && native)
      figures.push({
        name: "native / noble",
        value: native.perSecond / noble.perSecond,
        unit: "x",
        note: "same run",
      });
    else
      figures.push({
        name: "native backend",
        value: 0,
        unit: "per s",
        note: "does not load on this machine",
      });
    return figures;
  },
};
