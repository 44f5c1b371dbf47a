import { ChequecardError } from "../../common/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { Store } from "../store/index.js";

/** Whether the service can do its work. */
export interface Health {
  readonly healthy: boolean;
  /** `ok`, or a word for what is wrong; never an error's own text. */
  readonly checks: Readonly<Record<"database" | "writer" | "node" | "reconciler" | "packs", string>>;
}

/** What is checked. */
export interface HealthParts {
  readonly store: Pick<Store, "db">;
  readonly node: Pick<LightningNode, "info">;
  /** What the configuration breaks of the packs in use. */
  readonly brokenPromises: () => Promise<readonly unknown[]>;
  /** Milliseconds since the oldest request that is not durable yet was handed to the ledger's writer; 0 without one. */
  readonly writerWaitedMs: () => number;
  /** When the reconciler last finished a round, or the service began; on the monotonic clock. */
  readonly lastRound: () => number;
  /** How old that may be. */
  readonly roundMs: number;
  /** The monotonic clock, in milliseconds. */
  readonly monotonic: () => number;
}

/** Asks database and node for a sign of life, each for at most two seconds. */
export async function checkHealth(parts: HealthParts): Promise<Health> {
  const kept = parts.brokenPromises().then((broken) => {
    if (broken.length > 0) throw new PromiseBroken();
  });
  const [database, node, packs] = await Promise.all([
    answers(parts.store.db.selectFrom("settings").select("name").limit(1).execute()),
    answers(parts.node.info()),
    answers(kept),
  ]);
  const writer = parts.writerWaitedMs() <= MAX_WRITER_MS ? "ok" : "late";
  const reconciler = parts.monotonic() - parts.lastRound() <= parts.roundMs ? "ok" : "late";
  return {
    healthy: [database, writer, node, reconciler, packs].every((check) => check === "ok"),
    checks: { database, writer, node, reconciler, packs },
  };
}

/** Packs were given out that rest on another configuration than this service's. */
class PromiseBroken extends ChequecardError {
  override readonly code = "configuration";
  constructor() {
    super("packs in use rest on another configuration");
  }
}

const PATIENCE_MS = 2000;
/** A decision that takes longer is waited for by a payer at a counter. */
const MAX_WRITER_MS = 5000;

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
