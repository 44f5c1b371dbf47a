import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { secp256k1, utf8 } from "../common/index.js";
import { authorizerConfigSchema } from "../issuer/authorizer/index.js";
import { offlineConfigSchema } from "../issuer/authorizer/offline-config.js";
import { makePack } from "../issuer/service/index.js";
import { openSqlite, type Store } from "../issuer/store/index.js";
import { KeyFile } from "../keys/index.js";
import { parseNodeUri } from "../lightning/node-uri.js";
import { openPack } from "../offline/pack-file.js";
import { MEMORY } from "../testing/memory.js";
import { type Benchmark, medianTime } from "./measure.js";

const CARDS = 100_000;
const DENIED = 1_000;
const CALLS = 20;
const KEY_SET = Uint8Array.of(0xf0, 0, 0, 1);
const TERMINAL_KEY = new Uint8Array(32).fill(0x71);
const NODE = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/** Certified cards, the first of which are blocked; what a pack does not look at is left out. */
async function fill(store: Store): Promise<void> {
  const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${CARDS})`;
  await store.write(async (tx) => {
    await sql`${numbers} insert into cards
      (card, public_key, key_set, label, registered_at, replaces, node, offline_limit, certified_until)
      select i * 7919, randomblob(33), ${Buffer.from(KEY_SET)}, 'card ' || i, 0, null, 0, 20000000, ${BigInt(Date.now()) * 2n}
      from n`.execute(tx);
    await sql`${numbers} insert into accounts (card, state, policy, funded, spent, voided, decided_at, top_counter,
        top_total, sequence, acknowledged, operation, version, held, activated, owed)
      select i * 7919, case when i <= ${DENIED} then 'blocked' else 'active' end, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0
      from n`.execute(tx);
  });
}

/** Acceptance packs of an issuer with many cards: how large, and how long to make and to open. */
export const offlinePacksBenchmark: Benchmark = {
  name: "Offline acceptance packs",
  async run() {
    const folder = mkdtempSync(join(MEMORY, "chequecard-bench-"));
    const keys = await KeyFile.create(join(folder, "issuer.keys"), utf8("bench"), "bench", {
      scrypt: { n: 2 ** 14, r: 8, p: 1 },
    });
    const store = await openSqlite({ path: join(folder, "ledger.db") });
    try {
      await keys.addKeySet({ label: "cards", id: KEY_SET, sealKey: new Uint8Array(16).fill(0x33) });
      await fill(store);
      const offline = offlineConfigSchema.parse({});
      const authorizer = { ...authorizerConfigSchema.parse({}), presentationAgeMs: 604_800_000 };
      const request = {
        terminal: secp256k1.publicKey(TERMINAL_KEY),
        label: "Bar 1",
        payee: secp256k1.publicKey(new Uint8Array(32).fill(7)),
        name: "Harbour festival",
        nodes: [parseNodeUri(`${NODE}@pay.festival.example:9735`)],
      };
      const make = () =>
        makePack({ store, keys, config: { offline, authorizer, network: "bcrt" } }, request, Date.now());
      const { file, pack } = await make();
      const note = `${CARDS.toLocaleString("en")} cards, ${pack.denied.length.toLocaleString("en")} denied`;
      return [
        { name: "size of a pack", value: file.length, unit: "bytes", note, goal: { atMost: 16_000 } },
        { name: "making one, recorded", value: await medianTime(CALLS, make), unit: "ms", note },
        {
          name: "opening one at the terminal",
          value: await medianTime(CALLS, () => openPack(file, TERMINAL_KEY)),
          unit: "ms",
          note,
        },
      ];
    } finally {
      await store.close();
      await keys.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
