import { formatMsat, msat } from "../../common/msat.js";
import type { AuthorizerConfig } from "../authorizer/config.js";
import type { OfflineConfig } from "../authorizer/offline-config.js";
import { listPacks } from "../ledger/packs.js";
import type { Store } from "../store/types.js";

/** The parts of a configuration that packs rest on. */
interface Config {
  readonly offline?: OfflineConfig | undefined;
  readonly authorizer: Pick<AuthorizerConfig, "presentationAgeMs">;
}

/** A time as people read it: in whole days, hours or seconds. */
function spanText(seconds: number): string {
  const unit = (
    [
      [86_400, "day"],
      [3600, "hour"],
    ] as const
  ).find(([length]) => seconds % length === 0);
  if (!unit) return `${seconds} seconds`;
  const count = seconds / unit[0];
  return `${count} ${unit[1]}${count === 1 ? "" : "s"}`;
}

/**
 * Why counters would be given up before terminals had the time to forward them; undefined where they are not.
 * @param windowSeconds the longest forwarding window
 */
function presentationProblem(
  { presentationAgeMs }: Pick<AuthorizerConfig, "presentationAgeMs">,
  windowSeconds: number,
): string | undefined {
  if (presentationAgeMs > 1000 * windowSeconds) return undefined;
  return `authorizer/presentationAgeMs: need more than ${1000 * windowSeconds}, the forwarding window of ${spanText(windowSeconds)} in which offline terminals present what they accepted, have ${presentationAgeMs}`;
}

/** What the configuration alone says against its section `offline`. */
export const offlineProblem = ({ offline, authorizer }: Config): string | undefined =>
  offline && presentationProblem(authorizer, offline.forwardingWindowSeconds);

/**
 * What a configuration breaks that packs in use rest on; empty where it is good.
 * @param now Unix milliseconds
 * @throws StoreError
 */
export async function brokenPromises(
  store: Pick<Store, "db">,
  config: Config,
  now: number,
): Promise<string[]> {
  const packs = await listPacks(store.db, now);
  if (packs.length === 0) return [];
  const { offline, authorizer } = config;
  if (!offline)
    return [
      `offline: need this section, since ${packs.length === 1 ? "a pack is" : `${packs.length} packs are`} in use by terminals`,
    ];
  const window = Math.max(
    ...packs.map(({ forwarding_window }) => Number.parseInt(`${forwarding_window}`, 10)),
  );
  const short = presentationProblem(authorizer, window);
  return [...(short ? [short] : []), ...guaranteeProblems(offline, packs)];
}

type Promised = Awaited<ReturnType<typeof listPacks>>[number];

function guaranteeProblems({ guarantee }: OfflineConfig, packs: readonly Promised[]): string[] {
  const most = (amounts: readonly bigint[]) => amounts.reduce((a, b) => (b > a ? b : a), 0n);
  const promised = [
    ["perCard", most(packs.map(({ guaranteed_per_card }) => guaranteed_per_card)), guarantee?.perCard ?? 0n],
    ["total", most(packs.map(({ guaranteed_in_all }) => guaranteed_in_all)), guarantee?.total ?? 0n],
  ] as const;
  return promised
    .filter(([, wanted, have]) => have < wanted)
    .map(
      ([name, wanted, have]) =>
        `offline/guarantee/${name}: need at least ${formatMsat(msat(wanted))}, which a pack in use promises, have ${formatMsat(msat(have))}`,
    );
}

/** What to do about {@link brokenPromises}. */
export const PROMISES_HINT =
  'Set it in issuer.yaml, or revoke the packs that need it: see "chequecard issuer pack list".';
