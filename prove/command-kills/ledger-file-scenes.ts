import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backupLedger } from "../../issuer/service/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { makeCard } from "../../testing/cards/ledger-card.js";
import { SeededRandom } from "../../testing/random.js";
import { inCopy, leftovers, provenTotal, type Scene } from "./scene.js";

/** How the ledger is when a backup takes its place. */
type Standing =
  /** Closed well. */
  | "whole"
  /** Its service was killed: the latest bookings lie in its log. */
  | "with a log"
  /** Its first page is gone, its log is there. */
  | "damaged"
  /** Somebody moved it away and left its log. */
  | "gone";

const CARDS_THEN = 3;
const CARDS_NOW = 6;
/** Totals of the backup, and of the ledger that has gone on since. */
interface Totals {
  readonly backup: bigint;
  readonly now: bigint;
}

const at = (folder: string, name: string): string => join(folder, name);

/** Makes a ledger, its backup, and the ledger as it stands later. */
async function makeLedger(folder: string, standing: Standing): Promise<Totals> {
  writeFileSync(at(folder, "issuer.yaml"), "database:\n  sqlite: ledger.db\n");
  const random = new SeededRandom(1);
  const making = at(folder, "making.db");
  const store = await openSqlite({ path: making });
  const totals = { backup: 0n, now: 0n };
  for (let number = 1; number <= CARDS_NOW; number++) {
    totals.now += (await makeCard(store, random, number)).paidIn;
    if (number !== CARDS_THEN) continue;
    totals.backup = totals.now;
    await backupLedger(making, at(folder, "backup.db"));
  }
  if (standing === "whole") await store.close();
  copyFileSync(making, at(folder, "ledger.db"));
  if (standing !== "whole") {
    copyFileSync(`${making}-wal`, at(folder, "ledger.db-wal"));
    await store.close();
  }
  rmSync(making);
  if (standing === "damaged") writeFileSync(at(folder, "ledger.db"), "not a database any more");
  if (standing === "gone") rmSync(at(folder, "ledger.db"));
  return totals;
}

/** `ledger restore` over a ledger that stands in some way. */
export function restoreScene(standing: Standing): Scene {
  let totals: Totals = { backup: 0n, now: 0n };
  let original: { readonly backup: Buffer; readonly log: Buffer | undefined };
  const isOpenable = standing === "whole" || standing === "with a log";
  /** What was there before must be there still, under one name or the other. */
  const before = async (folder: string): Promise<string[]> => {
    const names = readdirSync(folder).filter((name) => /^ledger\.db(\.before-[\w-]+)?$/.test(name));
    if (isOpenable) {
      const found = await Promise.all(names.map((name) => provenTotal(at(folder, name))));
      return found.includes(totals.now) ? [] : ["what was there before is gone"];
    }
    const logs = readdirSync(folder).filter((name) => name.startsWith("ledger.db") && name.endsWith("-wal"));
    const hasLog = logs.some((name) => original.log && readFileSync(at(folder, name)).equals(original.log));
    const damaged = names.some(
      (name) => readFileSync(at(folder, name), "latin1") === "not a database any more",
    );
    return [
      ...(hasLog ? [] : ["the log that was there before is gone"]),
      ...(damaged || standing === "gone" ? [] : ["the damaged ledger is gone"]),
    ];
  };
  return {
    name: `ledger restore, where the ledger is ${standing}`,
    isCopied: true,
    async prepare(folder) {
      totals = await makeLedger(folder, standing);
      const log = at(folder, "ledger.db-wal");
      original = {
        backup: readFileSync(at(folder, "backup.db")),
        log: existsSync(log) ? readFileSync(log) : undefined,
      };
    },
    command: (folder) => ["ledger", "restore", at(folder, "backup.db"), "--force", "--issuer", folder],
    between: (folder) =>
      inCopy(folder, async (copy) => {
        const problems = await before(copy);
        const path = at(copy, "ledger.db");
        const untouched = isOpenable
          ? existsSync(path)
          : existsSync(path)
            ? readFileSync(path, "latin1") === "not a database any more"
            : standing === "gone";
        if (!isOpenable && untouched) return problems;
        if (!existsSync(path)) return [...problems, "there is no ledger"];
        const total = await provenTotal(path);
        const right = isOpenable ? [totals.backup, totals.now] : [totals.backup];
        return right.includes(total) ? problems : [...problems, `a ledger of neither: ${total} msat`];
      }),
    async after(folder) {
      const problems = [...(await inCopy(folder, before)), ...leftovers(folder)];
      const total = await provenTotal(at(folder, "ledger.db"));
      if (total !== totals.backup) problems.push(`${total} msat, expected ${totals.backup}`);
      if (!readFileSync(at(folder, "backup.db")).equals(original.backup))
        problems.push("the backup was changed");
      return problems;
    },
  };
}

/** `ledger backup` of a ledger whose service was killed. */
export function backupScene(): Scene {
  let totals: Totals = { backup: 0n, now: 0n };
  const check = async (folder: string): Promise<string[]> => {
    const total = await provenTotal(at(folder, "copy.db"));
    return total === totals.now ? [] : [`the copy has ${total} msat, expected ${totals.now}`];
  };
  return {
    name: "ledger backup",
    isCopied: true,
    async prepare(folder) {
      totals = await makeLedger(folder, "with a log");
    },
    command: (folder) => ["ledger", "backup", at(folder, "copy.db"), "--issuer", folder],
    alreadyDone: /exists already/,
    between: (folder) => (existsSync(at(folder, "copy.db")) ? inCopy(folder, check) : Promise.resolve([])),
    after: async (folder) => [...(await check(folder)), ...leftovers(folder)],
  };
}
