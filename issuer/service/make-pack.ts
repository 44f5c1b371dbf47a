import { bytesToHex, equalBytes, type Msat, msat, ValueError } from "../../common/index.js";
import type { KeySet, KeySource } from "../../keys/index.js";
import type { NodeUri } from "../../lightning/node-uri.js";
import { DenyList, MAX_DENIED } from "../../offline/deny-list.js";
import type { AcceptancePack } from "../../offline/pack.js";
import { writePack } from "../../offline/pack-file.js";
import { listPacks, type PackGround, type PackRow, packGround, recordPack } from "../ledger/packs.js";
import { StoreError } from "../store/errors.js";
import type { Store } from "../store/types.js";
import { blob } from "../store/values.js";
import type { ServiceConfig } from "./config.js";
import { ServiceError } from "./monitor.js";
import { brokenPromises, offlineProblem, PROMISES_HINT } from "./offline.js";

/** For whom a pack is. */
interface PackRequest {
  /** The terminal's public key, 33 bytes. */
  readonly terminal: Uint8Array;
  /** What people call the terminal, 1 to 64 characters. */
  readonly label: string;
  /** The deputy whose invoices the terminal makes, 33 bytes. */
  readonly payee: Uint8Array;
  /** What the terminal calls the issuer, 1 to 64 characters. */
  readonly name: string;
  /** The issuer's nodes, 1 to 8. */
  readonly nodes: readonly NodeUri[];
  /** Key sets whose cards it may accept, 4 bytes each; absent: all. */
  readonly keySets?: readonly Uint8Array[] | undefined;
}

/** A pack and the file that holds it. */
interface MadePack {
  readonly pack: AcceptancePack;
  readonly row: PackRow;
  /** Encrypted for its terminal. */
  readonly file: Uint8Array;
}

/** How often a pack is made from a new ground when others are made at the same time. */
const TRIES = 5;

/**
 * Makes an acceptance pack and records it: from then on its payee is an offline payee (specs/09 §8). Nothing is recorded
 * where it cannot be made.
 * @param now Unix milliseconds
 * @throws ServiceError for a configuration under which packs may not be given out; LedgerError `wrong-state` for a
 *   terminal whose packs were revoked; ValueError naming a field; KeyError, StoreError
 */
export async function makePack(
  parts: {
    readonly store: Store;
    readonly keys: Pick<KeySource, "keySets" | "sealKey" | "signUpdate">;
    readonly config: Pick<ServiceConfig, "offline" | "authorizer" | "network">;
  },
  request: PackRequest,
  now: number,
): Promise<MadePack> {
  const { store, keys, config } = parts;
  const problem = offlineProblem(config);
  if (!config.offline || problem)
    throw new ServiceError(
      problem ?? "offline: need this section in issuer.yaml before packs are given out",
      {
        hint: "docs/issuer.md says what each of its options means. Nothing was made.",
      },
    );
  const [broken] = await brokenPromises(store, config, now);
  if (broken) throw new ServiceError(broken, { hint: PROMISES_HINT });
  const sets = chosenKeySets(keys, request.keySets);
  const signer = await signerOf(store, sets);
  for (let tries = 0; tries < TRIES; tries++) {
    const ground = await packGround(
      store,
      sets.map(({ id }) => id),
      now,
    );
    const pack = packOf(request, parts, sets, signer, ground, now);
    const file = await writePack(pack, (digest) => keys.signUpdate(signer.id, digest));
    const row = rowOf(pack, request.payee, ground);
    if (await recordPack(store, row)) return { pack, row, file };
  }
  throw new StoreError("locked", "other packs were made at the same time; nothing was made", {
    hint: "Try again.",
  });
}

function chosenKeySets(
  keys: Pick<KeySource, "keySets">,
  ids: readonly Uint8Array[] | undefined,
): readonly KeySet[] {
  const all = [...keys.keySets()].sort((a, b) => (bytesToHex(a.id) < bytesToHex(b.id) ? -1 : 1));
  if (!ids) return all;
  return ids.map((id) => {
    const found = all.find((set) => equalBytes(set.id, id));
    if (!found) throw new ValueError("key set", `need one of the issuer's keys, have ${bytesToHex(id)}`);
    return found;
  });
}

/** Terminals trust one issuer key: the one that signed before goes on while it is there. */
async function signerOf(store: Store, sets: readonly KeySet[]): Promise<KeySet> {
  const before = (await listPacks(store.db)).find(({ issuer }) =>
    sets.some(({ issuerPublicKey }) => equalBytes(issuerPublicKey, issuer)),
  );
  const signer = before
    ? sets.find(({ issuerPublicKey }) => equalBytes(issuerPublicKey, before.issuer))
    : sets[0];
  if (!signer) throw new ValueError("key set", "need at least one");
  return signer;
}

function packOf(
  request: PackRequest,
  { config, keys }: Parameters<typeof makePack>[0],
  sets: readonly KeySet[],
  signer: KeySet,
  { sequence, denied }: PackGround,
  now: number,
): AcceptancePack {
  const { offline } = config;
  if (!offline) throw new Error("packs are made with the section offline alone");
  if (denied.length > MAX_DENIED)
    throw new ValueError(
      "deny list",
      `${denied.length} cards with a certificate are out of use, and a pack holds ${MAX_DENIED}: name fewer key sets`,
    );
  const madeAt = Math.floor(now / 1000);
  const { guarantee } = offline;
  return {
    issuer: signer.issuerPublicKey,
    name: request.name,
    network: config.network,
    sequence,
    madeAt,
    validUntil: madeAt + offline.packValidSeconds,
    terminal: request.terminal,
    label: request.label,
    keySets: sets.map(({ id, issuerPublicKey }) => {
      const sealKey = keys.sealKey(id);
      if (!sealKey) throw new ValueError("key set", `${bytesToHex(id)} has no seal key here`);
      return { id, sealKey, issuerPoint: issuerPublicKey };
    }),
    denied: DenyList.of(denied),
    floorLimits: offline.floorLimits,
    forwardingWindow: offline.forwardingWindowSeconds,
    nodes: request.nodes,
    guarantee: guarantee && {
      perCard: guarantee.perCard,
      total: guarantee.total,
      contradictions: guarantee.contradictions,
    },
  };
}

function rowOf(pack: AcceptancePack, payee: Uint8Array, { newest }: PackGround): PackRow {
  const { floorLimits: floor, guarantee } = pack;
  const none: Msat = msat(0n);
  return {
    sequence: pack.sequence,
    follows: newest,
    terminal: blob(pack.terminal),
    label: pack.label,
    payee: blob(payee),
    issuer: blob(pack.issuer),
    made_at: 1000n * BigInt(pack.madeAt),
    valid_until: 1000n * BigInt(pack.validUntil),
    forwarding_window: BigInt(pack.forwardingWindow),
    per_sale: floor.perSale,
    per_card: floor.perCard,
    per_terminal: floor.perTerminal,
    max_sales: BigInt(floor.maxSales),
    max_age: BigInt(floor.maxPackAgeSeconds),
    denied: BigInt(pack.denied.length),
    guaranteed_per_card: guarantee?.perCard ?? none,
    guaranteed_in_all: guarantee?.total ?? none,
    contradictions: guarantee?.contradictions ? 1n : 0n,
    revoked_at: null,
  };
}
