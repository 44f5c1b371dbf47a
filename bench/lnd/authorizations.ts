import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LndAccess } from "../../lightning/nodes/lnd/access.js";
import { fullRate, type LoadedIssuer, withIssuer } from "../issuer/load.js";
import { type Figure, median } from "../measure.js";
import { embeddedRate } from "./embedded.js";

const STUB = fileURLToPath(new URL("stub-process.js", import.meta.url));
const CARDS = 1000;
const WARM_UP = 2000;
/** Payments of one slice; the two services have them in turn. */
const SLICE = 1500;
const SLICES = 8;

/** What the issuer reaches over gRPC to an lnd that answers at once, and with a node in its own process. */
export async function authorizations(): Promise<Figure[]> {
  const stub = fork(STUB, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  try {
    const [access] = (await once(stub, "message")) as [LndAccess];
    return await withIssuer("sqlite", CARDS, {}, (within) =>
      withIssuer("sqlite", CARDS, { lnd: access }, (beyond) => compare(within, beyond)),
    );
  } finally {
    stub.disconnect();
  }
}

/** What an issuer with an embedded node reaches at most: its authorizations cannot be faster than the node's payments. */
const embedded = (rate: number, beyond: number): Figure[] => [
  {
    name: "payments of the embedded node",
    value: rate,
    unit: "per s",
    note: "32 at once, payer and payee in one process: with a core for each at most twice that",
  },
  {
    name: "lnd / embedded node",
    value: beyond / rate,
    unit: "x",
    note: "authorizations over an lnd that answers at once, by what the embedded node pays at most",
    goal: { atLeast: 0.8 },
  },
];

async function compare(within: LoadedIssuer, beyond: LoadedIssuer): Promise<Figure[]> {
  const rate = ({ service, requests }: LoadedIssuer, count: number) => fullRate(service, requests(count));
  for (const issuer of [within, beyond]) await rate(issuer, WARM_UP);
  const processor = async ({ service }: LoadedIssuer) => (await service.usage()).processor;
  const before = [await processor(within), await processor(beyond)] as const;
  const rates: { readonly within: number; readonly beyond: number }[] = [];
  for (let i = 0; i < SLICES; i++)
    rates.push({ within: await rate(within, SLICE), beyond: await rate(beyond, SLICE) });
  const used = (after: number, first: number) => ((after - first) / (SLICE * SLICES)).toFixed(0);
  const ofWithin = used(await processor(within), before[0]);
  const ofBeyond = used(await processor(beyond), before[1]);
  return [
    {
      name: "authorizations, node in the same process",
      value: median(rates.map((one) => one.within)),
      unit: "per s",
      note: `sqlite, ${CARDS} cards; ${ofWithin} us of the service's processor time each`,
    },
    {
      name: "authorizations, lnd that answers at once",
      value: median(rates.map((one) => one.beyond)),
      unit: "per s",
      note: `gRPC over TLS to another process on this machine; ${ofBeyond} us each`,
    },
    {
      name: "lnd / node in the same process",
      value: median(rates.map((one) => one.beyond / one.within)),
      unit: "x",
      note: `${SLICES} slices of ${SLICE} payments, in turn: what the way to lnd costs`,
      goal: { atLeast: 0.8 },
    },
    ...embedded(await embeddedRate(), median(rates.map((one) => one.beyond))),
  ];
}
