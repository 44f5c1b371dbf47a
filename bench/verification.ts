import { nativeSecp256k1, nobleSecp256k1 } from "../common/index.js";
import { openSession } from "../host/index.js";
import { checkerOf } from "../issuer/authorizer/signatures/checker.js";
import { verifyToken } from "../issuer/verify.js";
import { connectCard } from "../simulator/index.js";
import { benchCard, benchInvoice } from "./cards.js";
import { type Benchmark, type Figure, medianTime } from "./measure.js";

const CALLS = 300;

/** Checking a token against its invoice and card record, on one core. */
export const verificationBenchmark: Benchmark = {
  name: "Token verification",
  async run() {
    const { card, ...lookups } = benchCard();
    const { invoice, amount, hash } = benchInvoice();
    const session = await openSession(connectCard(card));
    const token = await session.authorize(amount, hash);
    const now = Math.floor(Date.now() / 1000);
    const backends = [nobleSecp256k1, ...(nativeSecp256k1 ? [nativeSecp256k1] : [])];
    const rates: { name: string; perSecond: number }[] = [];
    for (const backend of backends) {
      const input = {
        token,
        invoice,
        network: "bcrt",
        now,
        signatures: checkerOf(backend),
        ...lookups,
      } as const;
      rates.push({
        name: backend.name,
        perSecond: 1000 / (await medianTime(CALLS, () => verifyToken(input))),
      });
    }
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
