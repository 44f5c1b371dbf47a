import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely, TransactionSettings } from "kysely";
import { storeError } from "./driver-error.js";
import { StoreError } from "./errors.js";
import type { Tables } from "./schema.js";
import { guarded } from "./statement-guard.js";
import type { Store, Tx, WorkOptions } from "./types.js";

/** How often a transaction is begun while another process is in the way, and for how many milliseconds. */
const MAX_ATTEMPTS = 10;
const MAX_RETRY_MS = 30_000;

/**
 * The isolation of transactions that write. What the ledger relies on, and what gives it:
 *
 * - Code that changes a card's account, or adds to what is known of it (authorizations, gaps, limits, statuses,
 *   operations), holds the lock on its row in `accounts` from its first statement on. All facts are read after that, by
 *   statements of their own. READ COMMITTED gives each statement a snapshot of its own, so that a fact read under the
 *   lock is at least as new as the lock; the locked row itself is read again after a wait. (One statement that both
 *   locks and reads would see facts from before its wait: those are two.)
 * - Settling changes `authorizations` and `leases` by conditions on the row itself (`state = 'reserved'`), which READ
 *   COMMITTED evaluates again after a wait.
 * - One payment hash for one living authorization, one row for each counter, sequence and operation number: unique
 *   indexes, under every isolation.
 * - `insert ... on conflict do nothing` followed by a `select` of that row (policies, settings) must see a row that
 *   another process committed meanwhile: READ COMMITTED does, REPEATABLE READ would not.
 * - What all processes together may have in flight and may pay in fees is decided on sums that were read without a lock.
 *   The changes of `totals` and `node_totals` carry the ceiling that was decided on, which READ COMMITTED evaluates again after a wait: where
 *   another process raised the sums past it, nothing is changed and all is decided again.
 * - Counts of payments to one payee are limits of load; a few more, by processes that decide at once, do no harm.
 *
 * Writes of account rows carry the version that was read, so that one whose lock was lost fails instead of overwriting.
 * Reads run on one snapshot: REPEATABLE READ.
 */
const WRITE_ISOLATION = "read committed";
const READ_ISOLATION = "repeatable read";

/** `read` and `write` of a store over Kysely. @param long the same database, with the time limits of long work */
export function transactions(db: Kysely<Tables>, long = db): Pick<Store, "read" | "write"> {
  async function run<T>(
    settings: Required<TransactionSettings>,
    what: string,
    work: (tx: Tx) => Promise<T>,
    options: WorkOptions = {},
  ): Promise<T> {
    const builder = (options.long ? long : db).transaction();
    const isolated = builder.setIsolationLevel(settings.isolationLevel).setAccessMode(settings.accessMode);
    try {
      return await isolated.execute((tx) => guarded(tx, work));
    } catch (cause) {
      throw storeError(cause, what);
    }
  }
  return {
    read: (work, options) =>
      run({ isolationLevel: READ_ISOLATION, accessMode: "read only" }, "reading the ledger", work, options),
    async write(work, options) {
      const begun = performance.now();
      const settings = { isolationLevel: WRITE_ISOLATION, accessMode: "read write" } as const;
      for (let attempt = 1; ; attempt++) {
        try {
          return await run(settings, "writing to the ledger", work, options);
        } catch (error) {
          if (!(error instanceof StoreError) || error.code !== "locked" || attempt === MAX_ATTEMPTS)
            throw error;
          if (performance.now() - begun > MAX_RETRY_MS) throw error;
          await sleep(randomInt(1, 5 * 2 ** Math.min(attempt, 6)));
        }
      }
    },
  };
}
