import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reader } from "../apdu/index.js";
import { equalBytes, secp256k1 } from "../common/index.js";
import { type KeySource, kdf3, undiversified } from "../keys/index.js";
import {
  type BatchContext,
  type CardRegistry,
  Journal,
  keySetOf,
  numberedCards,
  parseProfile,
  profileFingerprint,
  runBatch,
} from "../personalize/index.js";
import {
  blankCard,
  type ModelledExchange,
  modelTime,
  recordExchanges,
  SimulatedReader,
} from "../simulator/index.js";
import type { Benchmark, Figure } from "./measure.js";

const FACTORY = Uint8Array.from(randomBytes(16));
const MASTER = Uint8Array.from(randomBytes(16));
const ISSUER = Uint8Array.from([1, ...randomBytes(31)]);
const KEY_SET = Uint8Array.from(randomBytes(4));
const SEAL_KEY = Uint8Array.from(randomBytes(16));

const keys: KeySource = {
  keySets: () => [{ id: KEY_SET, label: "bench", issuerPublicKey: secp256k1.publicKey(ISSUER) }],
  sealKey: (id) => (equalBytes(id, KEY_SET) ? SEAL_KEY : undefined),
  signUpdate: async (_id, digest) => secp256k1.sign(digest, ISSUER),
  batchKeys: () => [],
  batchMac: async () => new Uint8Array(16),
  masterKeys: () => [
    { version: 255, diversification: "none", wellKnown: false },
    { version: 48, diversification: "kdf3", wellKnown: false },
  ],
  cardKeys: async (version, data) =>
    version === 48 ? kdf3(48, MASTER, data) : undiversified(version, FACTORY),
  close: async () => undefined,
};

/** A registry that keeps nothing: the ledger has its own benchmark. */
const registry: CardRegistry = {
  checkPolicy: () => undefined,
  register: async () => undefined,
  activate: async () => undefined,
  retire: async () => undefined,
  lookup: async () => undefined,
};

const URI = `${Buffer.from(secp256k1.publicKey(ISSUER)).toString("hex")}@${"a".repeat(120)}:9735`;

function profile(rotating: boolean) {
  return parseProfile(
    JSON.stringify({
      name: "bench",
      "node-uri": URI,
      limits: { credit: "50000sat", "max-per-transaction": "25000sat" },
      ...(rotating ? { "card-keys": { version: 255, "rotate-to": 48 } } : {}),
    }),
    "bench",
  );
}

interface BatchRun {
  readonly perSecond: number;
  /** Of the last card. */
  readonly exchanges: readonly ModelledExchange[];
  /** Heap in MB after a tenth of the cards, and at the end. */
  readonly heap: readonly [number, number];
}

/** Makes cards one after another on a reader in this process. */
async function run(
  count: number,
  options: { readonly durable: boolean; readonly rotating: boolean },
): Promise<BatchRun> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-bench-"));
  const chosen = profile(options.rotating);
  const batch = {
    batchId: Uint8Array.from(randomBytes(8)),
    profile: chosen.name,
    fingerprint: profileFingerprint(chosen, keySetOf(chosen, keys)),
    cards: numberedCards(count),
  };
  const journal = Journal.create(join(folder, "batch.journal"), batch, { durable: options.durable });
  const reader = new SimulatedReader();
  const lay = () => {
    reader.remove();
    reader.insert(blankCard({ keys: () => undiversified(255, FACTORY) }));
  };
  lay();
  let exchanges: readonly ModelledExchange[] = [];
  const recorder: Reader = {
    name: reader.name,
    waitForRemoval: (signal) => reader.waitForRemoval(signal),
    async waitForCard(signal) {
      const connection = await reader.waitForCard(signal);
      const recorded = recordExchanges(connection);
      exchanges = recorded.exchanges;
      return { ...recorded.transport, atr: connection.atr, close: () => connection.close() };
    },
  };
  const heapNow = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  let early = 0;
  const context: BatchContext = {
    profile: chosen,
    keys,
    registry,
    journal,
    onEvent(event) {
      if (event.kind === "refused") throw event.error;
      if (event.kind !== "card") return;
      if (event.left === count - Math.ceil(count / 10)) early = heapNow();
      if (event.left > 0) setImmediate(lay);
    },
  };
  const started = performance.now();
  await runBatch([recorder], context);
  const perSecond = (1000 * count) / (performance.now() - started);
  journal.close();
  rmSync(folder, { recursive: true, force: true });
  return { perSecond, exchanges, heap: [early, heapNow()] };
}

/** Cards made in process, and what the model says of real chips. */
export const personalizationBenchmark: Benchmark = {
  name: "Personalization",
  async run({ large }) {
    await run(20, { durable: false, rotating: false });
    const plain = await run(150, { durable: false, rotating: false });
    const durable = await run(100, { durable: true, rotating: false });
    const rotating = await run(100, { durable: false, rotating: true });
    const figures: Figure[] = [
      {
        name: "commands a card",
        value: plain.exchanges.length,
        unit: "APDUs",
        note: "longest node URI",
        goal: { atMost: 12 },
      },
      {
        name: "commands a card, new keys",
        value: rotating.exchanges.length,
        unit: "APDUs",
        note: "PUT KEY at the end",
        goal: { atMost: 18 },
      },
      {
        name: "cards",
        value: plain.perSecond,
        unit: "per s",
        note: "journal without fsync, card and host in one process",
        goal: { atLeast: 40 },
      },
      { name: "cards, new keys", value: rotating.perSecond, unit: "per s", note: "journal without fsync" },
      {
        name: "cards, durable journal",
        value: durable.perSecond,
        unit: "per s",
        note: "every step synced to this disk",
      },
    ];
    for (const [chip, atMost] of [
      ["J3R180", 1.5],
      ["J3H145", 3],
    ] as const) {
      const { min, max } = modelTime(chip, plain.exchanges);
      figures.push({
        name: `modelled, ${chip}, at most`,
        value: max / 1000,
        unit: "s",
        note: `a model, not measured: ${(min / 1000).toFixed(2)} to ${(max / 1000).toFixed(2)} s a card`,
        goal: { atMost },
      });
    }
    if (large) {
      const many = await run(10_000, { durable: false, rotating: false });
      const [early, end] = many.heap;
      figures.push({
        name: "heap grown from card 1,000 to 10,000",
        value: end - early,
        unit: "MB",
        note: `${early.toFixed(0)} MB, then ${end.toFixed(0)} MB`,
      });
    }
    return figures;
  },
};
