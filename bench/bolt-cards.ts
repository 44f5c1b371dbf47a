import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { boltCardKeys } from "../bolt-card/keys.js";
import { decryptPicc } from "../bolt-card/sun.js";
import { msat, sat } from "../common/index.js";
import { internPolicy } from "../issuer/ledger/policies.js";
import { parsePolicy } from "../issuer/policy/index.js";
import { BATCH_ID, TestChip, type TestReading } from "../testing/cards/test-chip.js";
import { BoltCards } from "../testing/issuer/bolt-cards.js";
import { Bench, type Service, START, startService } from "../testing/issuer/service.js";
import type { Benchmark, Figure } from "./measure.js";

const SIZES = [1_000, 10_000];
const LARGE = 1_000_000;
/** Chips that pay, of all sizes: what differs is how many others are there. */
const PAYING = 500;
const PAYMENTS = 3_000;
const WARM_UP = 500;
const AMOUNT = sat(10);

interface Measured {
  readonly cards: number;
  readonly perSecond: number;
  readonly naivePerSecond: number;
  readonly decryptions: number;
}

/** Enters many cards at once; registering each by itself has its own figures. */
async function fill({ store }: Service, count: number): Promise<void> {
  await store.write(async (tx) => {
    const policy = await internPolicy(tx, parsePolicy({}));
    const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${BigInt(count)})`;
    await sql`insert into cards (card, kind, public_key, key_set, label, registered_at, node)
      ${numbers} select i, 'sun', x'', ${Buffer.from(BATCH_ID)}, 'chip ' || i, ${BigInt(START)}, 0 from n`.execute(
      tx,
    );
    await sql`insert into accounts (card, state, policy, funded, spent, voided, decided_at, top_counter, top_total,
        sequence, acknowledged, operation, activated)
      ${numbers} select i, 'active', ${policy}, ${sat(1_000_000)}, 0, 0, 0, 0, 0, 0, 0, 0, 1 from n`.execute(
      tx,
    );
    await sql`insert into sun_cards (card, uid, version, batch, live, counter, pin_tries)
      ${numbers} select i, unhex(printf('04%012x', i)), 0, ${Buffer.from(BATCH_ID)}, 1, 0, 0 from n`.execute(
      tx,
    );
  });
}

/** Each chip pays one after the other, all chips at the same time. @returns payments per second, the last one settled */
async function payments(
  service: Service,
  { desk }: BoltCards,
  chips: readonly TestChip[],
  count: number,
  first: number,
): Promise<number> {
  // Making invoices and readings is the terminals' and the chips' work.
  const jobs = Array.from({ length: count }, (_, i) => {
    const chip = chips[i % chips.length] as TestChip;
    return { chip, reading: chip.read(), pr: service.invoice(first + i, AMOUNT) };
  });
  const of = new Map(chips.map((chip) => [chip, jobs.filter((job) => job.chip === chip)]));
  const started = performance.now();
  await Promise.all(
    [...of.values()].map(async (own) => {
      for (const { reading, pr } of own) {
        const offer = await desk.read(reading.p, reading.c);
        const problem = typeof offer === "string" ? offer : await desk.withdraw({ k1: offer.k1, pr });
        if (problem !== undefined) throw new Error(problem);
      }
    }),
  );
  const leases = service.store.db.selectFrom("leases").select((eb) => eb.fn.countAll<bigint>().as("open"));
  while ((await leases.executeTakeFirstOrThrow()).open > 0n) await new Promise((done) => setTimeout(done, 2));
  return (1000 * count) / (performance.now() - started);
}

/** Keys of every card, tried one after the other until one fits: what servers do whose chips have K1 of their own. */
function naiveSeconds(count: number): number {
  const chip = new TestChip(1);
  const own = boltCardKeys(randomBytes(16), chip.uid, 0);
  const reading: TestReading = new TestChip(1, 0, randomBytes(16)).read();
  const keys = Array.from({ length: count }, () => Uint8Array.from(randomBytes(16)));
  let [tried, requests] = [0, 0];
  const started = performance.now();
  // On average the card is in the middle.
  do {
    for (let i = 0; i < count / 2; i++) if (decryptPicc(keys[i] ?? own.k1, reading.p)) tried++;
    requests++;
  } while (performance.now() - started < 1000 && requests < 50);
  if (tried > requests * count) throw new Error("more keys fit than there are");
  return (performance.now() - started) / 1000 / requests;
}

async function measure(bench: Bench, cards: number): Promise<Measured> {
  const service = await startService(bench, "sqlite", {
    maxInFlight: 100_000,
    maxInFlightPerPayee: 100_000,
    maxInFlightPerCard: 1000,
    maxFeesPer24h: "21000000sat",
    maxFeesPer30d: "21000000sat",
  });
  try {
    service.node.fee = msat(0n);
    await fill(service, cards);
    const bolt = await BoltCards.open(service, await bench.keys());
    const chips = Array.from({ length: PAYING }, (_, i) => new TestChip(i + 1));
    await payments(service, bolt, chips, WARM_UP, 0);
    const before = bolt.desk.decryptions;
    const perSecond = await payments(service, bolt, chips, PAYMENTS, WARM_UP);
    const decryptions = (bolt.desk.decryptions - before) / PAYMENTS;
    return { cards, perSecond, decryptions, naivePerSecond: 1 / (1 / perSecond + naiveSeconds(cards)) };
  } finally {
    await service.close();
  }
}

const named = (cards: number): string => `${cards.toString().replace(/\B(?=(\d{3})+$)/g, ",")} cards`;

/** Bolt Cards: withdraw requests verified, reserved and settled, by the number of cards. */
export const boltCardsBenchmark: Benchmark = {
  name: "Bolt Cards of the issuer",
  async run({ large }) {
    const bench = new Bench();
    try {
      const measured: Measured[] = [];
      for (const cards of large ? [...SIZES, LARGE] : SIZES) measured.push(await measure(bench, cards));
      const [least] = measured;
      return measured.flatMap(({ cards, perSecond, naivePerSecond, decryptions }): Figure[] => [
        {
          name: `withdrawals paid, ${named(cards)}`,
          value: perSecond,
          unit: "per s",
          note: `read, reserved and settled, ${PAYING} cards at once, ledger on SQLite; ${decryptions} decryption each`,
        },
        {
          name: `the same by trying every card's key, ${named(cards)}`,
          value: naivePerSecond,
          unit: "per s",
          note: "half of the keys tried for each, then the same work",
        },
        ...(least && cards !== least.cards
          ? [
              {
                name: `slower with ${named(cards)} than with ${named(least.cards)}`,
                value: least.perSecond / perSecond,
                unit: "x" as const,
                note: "wanted flat",
                goal: { atMost: 1.2 },
              },
            ]
          : []),
      ]);
    } finally {
      await bench.close();
    }
  },
};
