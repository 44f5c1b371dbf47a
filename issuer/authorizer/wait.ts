import { setTimeout as sleep } from "node:timers/promises";
import { lockAccount } from "../ledger/accounts.js";
import { loadPending } from "../ledger/facts.js";
import type { LimitsRow } from "../ledger/limits.js";
import type { AuthorizationKey } from "../ledger/resolve.js";
import type { IssuerPorts } from "./ports.js";

/** How an authorization ended that another call or process was paying. */
export interface Resolution {
  readonly state: "settled" | "void";
  readonly reason: bigint | null;
  readonly pending: LimitsRow | undefined;
}

/**
 * Looks at a reserved authorization until it is resolved.
 * @returns undefined when it is not within `timeoutMs`, or the ledger cannot be read
 */
export async function waitForResolution(
  { store, monotonic }: Pick<IssuerPorts, "store" | "monotonic">,
  { card, counter }: AuthorizationKey,
  timeoutMs: number,
): Promise<Resolution | undefined> {
  const end = monotonic() + timeoutMs;
  for (let pause = 20; ; pause = Math.min(500, pause * 2)) {
    const row = await store.db
      .selectFrom("authorizations")
      .select(["state", "reason"])
      .where("card", "=", card)
      .where("counter", "=", counter)
      .executeTakeFirst()
      .catch(() => undefined);
    if (!row) return undefined;
    if (row.state !== "reserved") {
      const [pending] = await store.write(async (tx) =>
        loadPending(store, tx, [await lockAccount(store, tx, card)]),
      );
      return { state: row.state, reason: row.reason, pending };
    }
    if (monotonic() + pause > end) return undefined;
    await sleep(pause);
  }
}
