import { randomBytes } from "node:crypto";
import type { Reader } from "../../apdu/index.js";
import { secp256k1 } from "../../common/index.js";
import { type CardSession, withCard } from "../../host/index.js";
import type { DeskPorts } from "../../issuer/authorizer/status.js";
import { CardDesk } from "../../issuer/service/index.js";
import { listNodes, type Store, StoreError } from "../../issuer/store/index.js";
import type { KeySource } from "../../keys/index.js";
import type { CommandContext } from "../command-context.js";
import { type ReaderChoice, withReader } from "../reader-choice.js";
import { type IssuerChoice, withIssuerKeys, withIssuerLedger } from "./folder.js";

/** The issuer's own reader, or a simulated card. */
export interface DeskOptions extends IssuerChoice, ReaderChoice {
  readonly passphraseFd?: string;
}

/** An issuer whose people serve cards at a reader. */
export interface OpenDesk {
  readonly store: Store;
  /** The issuer's. */
  readonly folder: string;
  readonly keys: KeySource;
  readonly desk: CardDesk;
  readonly reader: Reader;
}

/** The desk with a card on its reader. */
export interface AtDesk extends Pick<OpenDesk, "store" | "folder" | "desk"> {
  readonly card: CardSession;
}

/** The ids of the nodes that the ledger belongs to, 33 bytes each, one at least: none has to run for it. */
async function nodesOf(
  store: Store,
): Promise<{ readonly nodeId: Uint8Array; readonly others: Uint8Array[] }> {
  const [first, ...others] = (await listNodes(store.db)).map(({ node_id }) => node_id);
  if (first) return { nodeId: first, others };
  throw new StoreError("foreign", "the ledger belongs to no node yet", {
    hint: "Start the service once: chequecard issuer serve <folder>",
  });
}

/** What serves cards beside a ledger, without a node. */
const deskOf = ({
  others,
  ...parts
}: Pick<DeskPorts, "store" | "keys" | "nodeId" | "log"> & {
  readonly others: readonly Uint8Array[];
}): CardDesk =>
  new CardDesk({
    ...parts,
    otherNodes: () => others,
    clock: Date.now,
    randomBytes,
    secp256k1,
    onStep: () => {},
  });

/** The desk of a service that runs, whose log hears of what it finds. @throws StoreError */
export const deskOfService = async (
  store: Store,
  keys: KeySource,
  log: DeskPorts["log"],
): Promise<CardDesk> => deskOf({ store, keys, log, ...(await nodesOf(store)) });

/** Opens ledger, keys and reader for the length of `use`. */
export async function withDesk<T>(
  context: CommandContext,
  options: DeskOptions,
  use: (open: OpenDesk) => Promise<T>,
): Promise<T> {
  return withIssuerLedger(context, options, async (store, config, folder) => {
    const { nodeId, others } = await nodesOf(store);
    const told = (_fields: object, message: string) => context.note(message);
    return withIssuerKeys(context, config.keys, options.passphraseFd, (keys) =>
      withReader(context, options, async (reader) => {
        const log = { info: () => {}, warn: told, error: told };
        const desk = deskOf({ store, keys, nodeId, others, log });
        return use({ store, folder, keys, desk, reader });
      }),
    );
  });
}

/** {@link withDesk}, with the card that is laid on the reader. */
export async function withCardAtDesk<T>(
  context: CommandContext,
  options: DeskOptions,
  use: (at: AtDesk) => Promise<T>,
): Promise<T> {
  return withDesk(context, options, async ({ reader, ...open }) => {
    context.note("Lay the card on the reader.");
    return withCard(reader, (card) => use({ ...open, card }), {
      signal: context.signal,
      trace: context.trace,
    });
  });
}
