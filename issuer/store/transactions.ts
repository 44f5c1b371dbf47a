import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely, TransactionSettings } from "kysely";
import { StoreError, storeError } from "./errors.js";
import type { Tables } from "./schema.js";
import type { Store, Tx } from "./types.js";

/** How often a transaction is started over when another process was in the way. */
const ATTEMPTS = 10;

/**
 * `read` and `write` of a store over Kysely.
 * @param snapshot settings under which a transaction sees one unchanging state
 */
export function transactions(
  db: Kysely<Tables>,
  snapshot: Omit<TransactionSettings, "accessMode">,
): Pick<Store, "read" | "write"> {
  async function run<T>(settings: TransactionSettings, what: string, work: (tx: Tx) => Promise<T>) {
    const builder = db.transaction();
    const isolated = settings.isolationLevel ? builder.setIsolationLevel(settings.isolationLevel) : builder;
    const begun = settings.accessMode ? isolated.setAccessMode(settings.accessMode) : isolated;
    try {
      return await begun.execute(work);
    } catch (cause) {
      throw storeError(cause, what);
    }
  }
  return {
    read: (work) => run({ ...snapshot, accessMode: "read only" }, "reading the ledger", work),
    async write(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await run({}, "writing to the ledger", work);
        } catch (error) {
          if (!(error instanceof StoreError) || error.code !== "locked" || attempt === ATTEMPTS) throw error;
          await sleep(randomInt(1, 5 * 2 ** Math.min(attempt, 6)));
        }
      }
    },
  };
}
