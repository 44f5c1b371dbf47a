import { closeSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { listCards, registerCard, verifyLedger } from "../../issuer/ledger/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { SqliteBackground } from "../../issuer/store/sqlite-background.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, START } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const file = () => join(bench.directory(), "issuer.sqlite");
const card = (number: number) => new SigningCard(number, new Uint8Array(16)).registration();

/** The descriptor that a store opened last on the log of this database. */
function newestDescriptor(path: string): number {
  const numbers = readdirSync("/proc/self/fd").map((name) => Number.parseInt(name, 10));
  const ofLog = numbers.filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === `${path}-wal`;
    } catch {
      return false;
    }
  });
  return Math.max(...ofLog);
}

describe("a ledger of a service, its log synced beside", () => {
  it("is the same ledger as any", async () => {
    const path = file();
    const store = await openSqlite({ path, background: true });
    const sync = await sql<{ synchronous: bigint }>`pragma synchronous`.execute(store.db);
    expect(sync.rows[0]?.synchronous).toBe(1n);
    await registerCard(store, card(1), START);
    await expect(registerCard(store, card(1), START)).rejects.toMatchObject({ code: "card-exists" });
    await Promise.all([2, 3, 4].map((number) => registerCard(store, card(number), START)));
    await store.close();
    const again = await openSqlite({ path });
    expect(await listCards(again.db)).toHaveLength(4);
    expect(await verifyLedger(again)).toMatchObject({ violations: [] });
    await again.close();
  });

  it.skipIf(process.platform !== "linux")(
    "takes nothing more once a commit could not be synced",
    async () => {
      const path = file();
      const store = await openSqlite({ path, background: true });
      await registerCard(store, card(1), START);
      closeSync(newestDescriptor(path));
      const refused = { code: "io", message: "the ledger's log could not be synced" };
      await expect(registerCard(store, card(2), START)).rejects.toMatchObject(refused);
      await expect(registerCard(store, card(3), START)).rejects.toMatchObject(refused);
      await expect(store.read((tx) => listCards(tx))).rejects.toMatchObject(refused);
      await expect(store.close()).rejects.toMatchObject({ code: "EBADF" });
      const again = await openSqlite({ path });
      // The second may be there or not; the third was not tried.
      expect((await listCards(again.db)).length).toBeLessThanOrEqual(2);
      expect(await verifyLedger(again)).toMatchObject({ violations: [] });
      await again.close();
    },
  );

  it("syncs only what changed something", async () => {
    const path = file();
    symlinkSync("/dev/full", `${path}-wal`);
    const background = new SqliteBackground({ name: path, pragma: () => [] }, 7n);
    await background.committed(7n);
    background.check();
    await expect(background.committed(8n)).rejects.toMatchObject({ code: "io" });
    expect(() => background.check()).toThrow("could not be synced");
    await expect(background.committed(9n)).rejects.toMatchObject({ code: "io" });
    await background.close();
  });
});
