import { ChequecardError } from "../../common/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { Store } from "../store/index.js";

/** Whether the service can do its work. */
export interface Health {
  readonly healthy: boolean;
  /** `ok`, or a word for what is wrong; never an error's own text. */
  readonly checks: Readonly<Record<"database" | "node" | "reconciler", string>>;
}

/** What is looked at. */
export interface HealthParts {
  readonly store: Pick<Store, "db">;
  readonly node: Pick<LightningNode, "info">;
  /** When the reconciler last finished a round, or the service began; Unix milliseconds. */
  readonly lastRound: () => number;
  /** How old that may be. */
  readonly roundMs: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Asks database and node for a sign of life, each for at most two seconds. */
export async function checkHealth(parts: HealthParts): Promise<Health> {
  const [database, node] = await Promise.all([
    answers(parts.store.db.selectFrom("settings").select("name").limit(1).execute()),
    answers(parts.node.info()),
  ]);
  const reconciler = parts.now() - parts.lastRound() <= parts.roundMs ? "ok" : "late";
  return {
    healthy: [database, node, reconciler].every((check) => check === "ok"),
    checks: { database, node, reconciler },
  };
}

const PATIENCE_MS = 2000;

async function answers(question: Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("silent"), PATIENCE_MS);
    timer.unref();
  });
  const answer = question.then(
    () => "ok",
    (error: unknown) => (error instanceof ChequecardError ? error.code : "failed"),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
