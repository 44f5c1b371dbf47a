import { statSync } from "node:fs";
import { formatMsat } from "../../common/index.js";
import { NETWORK_NAMES } from "../../lightning/network.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LndAccess } from "../../lightning/nodes/lnd/access.js";
import type { LndConfig } from "../../lightning/nodes/lnd/config.js";
import { LndConnection } from "../../lightning/nodes/lnd/connection.js";
import { readMacaroon } from "../../lightning/nodes/lnd/macaroon.js";
import {
  bakeLine,
  callsOf,
  type LndRole,
  missingCalls,
  needlessPermissions,
} from "../../lightning/nodes/lnd/permissions.js";
import {
  askFacts,
  expectNetwork,
  expectPermissions,
  type LndFacts,
  versionProblem,
} from "../../lightning/nodes/lnd/start.js";

/** One thing of an lnd, and how it stands. */
export interface CheckedPart {
  readonly what: "macaroon" | "connection" | "network" | "version" | "chain" | "channels" | "deputies";
  /** `warning`: it works, and could be better. */
  readonly state: "good" | "warning" | "bad";
  readonly sentence: string;
  /** What can be done about it. */
  readonly hint?: string;
}

/** What the look at an lnd found. */
export interface LndCheck {
  readonly parts: readonly CheckedPart[];
  /** The command that bakes a macaroon with the fewest permissions. */
  readonly bake: string;
  readonly facts: LndFacts | undefined;
}

const ROLE_NAMES: Readonly<Record<LndRole, string>> = {
  issuer: "an issuer",
  merchant: "a merchant",
  refunds: "refunds",
  deputy: "payments to deputies",
};

/** What an lnd is whose macaroon allows all that these roles need. @throws NodeError */
export async function askLnd(access: LndAccess, roles: readonly LndRole[]): Promise<LndFacts> {
  const connection = new LndConnection(access);
  try {
    expectPermissions(connection, callsOf(roles));
    return await askFacts(connection);
  } finally {
    connection.close();
  }
}

/** Looks at an lnd without moving anything: at the files, the connection, and what lnd says of itself. */
export async function checkLnd(config: LndConfig, roles: readonly LndRole[]): Promise<LndCheck> {
  const calls = callsOf(roles);
  const bake = bakeLine(calls, "chequecard.macaroon");
  const parts: CheckedPart[] = [];
  const note = (part: CheckedPart) => void parts.push(part);
  const bad = (what: CheckedPart["what"], error: unknown): void => {
    if (!(error instanceof NodeError)) throw error;
    const { message: sentence, hint } = error;
    note({ what, state: "bad", sentence, ...(hint === undefined ? {} : { hint }) });
  };
  let connection: LndConnection;
  try {
    connection = new LndConnection(config);
  } catch (error) {
    bad("macaroon", error);
    return { parts, bake, facts: undefined };
  }
  try {
    checkMacaroon(connection, roles, note);
    const facts = await askFacts(connection);
    note({
      what: "connection",
      state: "good",
      sentence: `lnd ${facts.version} answers at ${config.address}: node ${Buffer.from(facts.nodeId).toString("hex")}.`,
    });
    try {
      expectNetwork(facts, config.network, config.address);
      note({ what: "network", state: "good", sentence: `It is on ${NETWORK_NAMES[facts.network]}.` });
    } catch (error) {
      bad("network", error);
    }
    checkFacts(facts, roles, note);
    await checkChannels(connection, roles, note);
    return { parts, bake, facts };
  } catch (error) {
    bad("connection", error);
    return { parts, bake, facts: undefined };
  } finally {
    connection.close();
  }
}

function checkMacaroon(
  connection: LndConnection,
  roles: readonly LndRole[],
  note: (part: CheckedPart) => void,
): void {
  const calls = callsOf(roles);
  const { macaroon: path } = connection.place;
  const macaroon = readMacaroon(connection.macaroon);
  for (const role of roles) {
    const missing = missingCalls(connection.macaroon, callsOf([role]));
    note(
      missing.length === 0
        ? {
            what: "macaroon",
            state: "good",
            sentence: `${path} allows what ${ROLE_NAMES[role]} needs${role === "refunds" ? "" : " of lnd"}.`,
          }
        : {
            what: "macaroon",
            state: "bad",
            sentence: `${path} does not allow what ${ROLE_NAMES[role]} needs: ${missing.join(", ")}.`,
            hint: "Bake another one with the line below.",
          },
    );
  }
  const needless = needlessPermissions(macaroon, calls);
  if (needless.length > 0)
    note({
      what: "macaroon",
      state: "warning",
      sentence: `${path} allows more than is needed (${needless.join(", ")}): who steals it can do all of that.`,
      hint: "Bake one with the line below, and revoke this one once it is replaced.",
    });
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
    note({
      what: "macaroon",
      state: "warning",
      sentence: `${path}: others than its owner may read this file, and do what it allows.`,
      hint: `Run: chmod 600 ${path}`,
    });
  for (const caveat of macaroon.caveats)
    note({
      what: "macaroon",
      state: "warning",
      sentence: `${path} holds only under a condition: ${caveat}.`,
    });
}

function checkFacts(facts: LndFacts, roles: readonly LndRole[], note: (part: CheckedPart) => void): void {
  const problem = versionProblem(facts.version, roles);
  if (problem !== undefined)
    note({ what: "version", state: "bad", sentence: `${problem}.`, hint: "Upgrade lnd." });
  note(
    facts.isSynced
      ? {
          what: "chain",
          state: "good",
          sentence: `It is in step with the chain, at block ${facts.blockHeight}.`,
        }
      : {
          what: "chain",
          state: "bad",
          sentence: `It is not in step with the chain yet (block ${facts.blockHeight}).`,
          hint: "Wait until lncli getinfo says synced_to_chain.",
        },
  );
  if (roles.includes("deputy")) checkDeputies(facts, note);
}

/** What lnd needs so that nothing that it holds for deputies is lost. */
function checkDeputies(facts: LndFacts, note: (part: CheckedPart) => void): void {
  const { requiresInterceptor, keepsResolutions } = facts;
  if (!requiresInterceptor)
    note({
      what: "deputies",
      state: "bad",
      sentence:
        "Without requireinterceptor, a payment to a deputy would fail when this program or lnd stops before it is settled.",
      hint: "Set requireinterceptor=true in lnd.conf. The price: while this program is away, lnd forwards nothing at all.",
    });
  if (!keepsResolutions)
    note({
      what: "deputies",
      state: "bad",
      sentence:
        "Without store-final-htlc-resolutions, lnd would forget at its restart which deputies' payments are final.",
      hint: "Set store-final-htlc-resolutions=true in lnd.conf.",
    });
  if (requiresInterceptor && keepsResolutions)
    note({
      what: "deputies",
      state: "good",
      sentence:
        "It keeps what it holds for deputies over restarts. While this program is away, it forwards nothing at all (requireinterceptor).",
    });
}

async function checkChannels(
  connection: LndConnection,
  roles: readonly LndRole[],
  note: (part: CheckedPart) => void,
): Promise<void> {
  const { channels } = await connection.call("lnrpc.Lightning/ListChannels", {});
  const active = channels.filter((channel) => channel.active);
  const sum = (of: (channel: (typeof channels)[number]) => string) =>
    active.reduce((all, channel) => all + 1000n * BigInt(of(channel)), 0n);
  const [local, remote] = [sum((one) => one.local_balance), sum((one) => one.remote_balance)];
  const pays = roles.some((role) => role === "issuer" || role === "refunds");
  const receives = roles.some((role) => role === "merchant" || role === "deputy");
  note({
    what: "channels",
    state: (pays && local === 0n) || (receives && remote === 0n) ? "warning" : "good",
    sentence: `${active.length} of ${channels.length} channels are active, with ${formatMsat(local)} on this side and ${formatMsat(remote)} on the other.`,
    ...(pays && local === 0n ? { hint: "It cannot pay: open a channel (lncli openchannel)." } : {}),
    ...(receives && remote === 0n && !(pays && local === 0n)
      ? {
          hint: "It cannot be paid: it needs channels that others have opened to it, or that it has paid through.",
        }
      : {}),
  });
}
