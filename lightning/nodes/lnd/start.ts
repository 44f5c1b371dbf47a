import { hexToBytes } from "../../../common/bytes.js";
import { ParseError } from "../../../common/errors.js";
import { NETWORK_NAMES, type Network } from "../../network.js";
import { NodeError } from "../errors.js";
import type { GetInfoResponse, LndMethod } from "./calls.js";
import type { LndConnection } from "./connection.js";
import { bakeLine, type LndRole, missingCalls } from "./permissions.js";

/** Prefix of invoices of each network, by lnd's name for it. */
const NETWORKS: Readonly<Record<string, Network>> = {
  mainnet: "bc",
  testnet: "tb",
  testnet4: "tb",
  signet: "tbs",
  regtest: "bcrt",
  simnet: "sb",
};

/** The oldest lnd that has all calls, and the oldest that settles intercepted HTLCs after a force-close. */
const OLDEST: readonly number[] = [0, 19, 0];
const OLDEST_FOR_DEPUTIES: readonly number[] = [0, 21, 1];

/** What an lnd is. */
export interface LndFacts {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly network: Network;
  readonly alias: string;
  /** `host:port` of each address that it announces. */
  readonly addresses: readonly string[];
  /** Such as `0.21.1-beta`. */
  readonly version: string;
  readonly isSynced: boolean;
  readonly blockHeight: number;
  readonly requiresInterceptor: boolean;
  readonly keepsResolutions: boolean;
}

/** How long a program that starts waits for lnd's answers, in milliseconds. */
const START_MS = 15_000;

/**
 * Asks an lnd what it is, and how far it has come with its own start.
 * @throws NodeError `not-ready` for one that is locked or still starting; what calls reject with
 */
export async function askFacts(connection: LndConnection): Promise<LndFacts> {
  const { address } = connection.place;
  const { state } = await connection.call("lnrpc.State/GetState", {}, START_MS);
  const problem = STATES[state];
  if (problem)
    throw new NodeError("not-ready", `lnd at ${address} ${problem.message}`, { hint: problem.hint });
  const info = await connection.call("lnrpc.Lightning/GetInfo", {}, START_MS);
  return factsOf(info, address);
}

/** States before lnd can pay. */
const STATES: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  NON_EXISTING: { message: "has no wallet yet", hint: "Make one: lncli create." },
  LOCKED: {
    message: "is locked",
    hint: "Unlock it: lncli unlock. lnd unlocks itself at its start with wallet-unlock-password-file in lnd.conf.",
  },
  UNLOCKED: { message: "is still starting", hint: "Wait until lncli getinfo answers, then try again." },
  WAITING_TO_START: {
    message: "waits for its turn to start",
    hint: "Another lnd of the same cluster leads; it starts when that one ends.",
  },
};

function factsOf(info: GetInfoResponse, address: string): LndFacts {
  const name = info.chains[0]?.network ?? "no network";
  const network = Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined;
  if (network === undefined)
    throw new NodeError("network", `lnd at ${address} is on ${name}, which is not known here`, {
      hint: `It may be on ${Object.keys(NETWORKS).join(", ")}.`,
    });
  if (!/^0[23][0-9a-f]{64}$/.test(info.identity_pubkey))
    throw new NodeError("internal", `lnd at ${address} does not say which node it is`);
  return {
    nodeId: hexToBytes(info.identity_pubkey),
    network,
    alias: info.alias,
    addresses: info.uris.map((uri) => uri.slice(uri.indexOf("@") + 1)),
    version: info.version.split(" ")[0] ?? "",
    isSynced: info.synced_to_chain,
    blockHeight: info.block_height,
    requiresInterceptor: info.require_htlc_interceptor,
    keepsResolutions: info.store_final_htlc_resolutions,
  };
}

/** True when a version such as `0.21.1-beta` is at least another. */
function isAtLeast(version: string, least: readonly number[]): boolean {
  const have = version.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10));
  for (const [at, wanted] of least.entries()) {
    const one = have[at] ?? Number.NaN;
    if (one !== wanted) return one > wanted;
  }
  return true;
}

/** Why an lnd of this version cannot do what the roles want, in a sentence; undefined: it can. */
export function versionProblem(version: string, roles: readonly LndRole[]): string | undefined {
  const least = roles.includes("deputy") ? OLDEST_FOR_DEPUTIES : OLDEST;
  if (isAtLeast(version, least)) return undefined;
  const why = roles.includes("deputy") ? " for payments to deputies" : "";
  return `lnd is version ${version}; need at least ${least.join(".")}${why}`;
}

/** @throws NodeError `network` when an lnd is on another network than was meant */
export function expectNetwork(facts: LndFacts, meant: Network | undefined, address: string): void {
  if (meant !== undefined && facts.network !== meant)
    throw new NodeError(
      "network",
      `lnd at ${address} is on ${NETWORK_NAMES[facts.network]}, and the configuration says ${NETWORK_NAMES[meant]}`,
      { hint: "Name the lnd of the network that is meant, or correct the configuration." },
    );
}

/** @throws NodeError `permission` naming what a macaroon does not allow, with the line that bakes one that does */
export function expectPermissions(connection: LndConnection, calls: readonly LndMethod[]): void {
  const { macaroon: path } = connection.place;
  let missing: readonly LndMethod[];
  try {
    missing = missingCalls(connection.macaroon, calls);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new NodeError("permission", `the macaroon ${path} cannot be read: ${cause.message}`, { cause });
  }
  if (missing.length > 0)
    throw new NodeError("permission", `the macaroon ${path} does not allow ${missing.join(", ")}`, {
      hint: `Bake one that does, on lnd's machine: ${bakeLine(calls, "chequecard.macaroon")}`,
    });
}
