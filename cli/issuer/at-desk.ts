import { randomBytes } from "node:crypto";
import { hexToBytes, secp256k1 } from "../../common/index.js";
import { type CardSession, withCard } from "../../host/index.js";
import { CardDesk } from "../../issuer/service/index.js";
import { type Store, StoreError } from "../../issuer/store/index.js";
import type { CommandContext } from "../command-context.js";
import { type ReaderChoice, withReader } from "../reader-choice.js";
import { type IssuerChoice, withIssuerKeys, withIssuerLedger } from "./folder.js";

/** The issuer's own reader, or a simulated card. */
export interface DeskOptions extends IssuerChoice, ReaderChoice {
  readonly passphraseFd?: string;
}

/** A card on the reader, and the issuer that it is looked up at. */
export interface AtDesk {
  readonly store: Store;
  /** The issuer's. */
  readonly folder: string;
  readonly desk: CardDesk;
  readonly card: CardSession;
}

/** The id of the node that the ledger belongs to, 33 bytes: no node has to run for it. */
async function nodeIdOf(store: Store): Promise<Uint8Array> {
  const row = await store.db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", "node")
    .executeTakeFirst();
  if (row) return hexToBytes(row.value);
  throw new StoreError("foreign", "the ledger belongs to no node yet", {
    hint: "Start the service once: chequecard issuer serve <folder>",
  });
}

/** Opens ledger, keys and reader, waits for a card, and lends the desk with the card on it to `use`. */
export async function withCardAtDesk<T>(
  context: CommandContext,
  options: DeskOptions,
  use: (at: AtDesk) => Promise<T>,
): Promise<T> {
  return withIssuerLedger(context, options, async (store, config, folder) => {
    const nodeId = await nodeIdOf(store);
    return withIssuerKeys(context, config.keys, options.passphraseFd, (keys) =>
      withReader(context, options, async (reader) => {
        const told = (_fields: object, message: string) => context.note(message);
        const desk = new CardDesk({
          store,
          keys,
          nodeId,
          clock: Date.now,
          randomBytes,
          secp256k1,
          log: { info: () => {}, warn: told, error: told },
          onStep: () => {},
        });
        context.note("Lay the card on the reader.");
        return withCard(reader, (card) => use({ store, folder, desk, card }), {
          signal: context.signal,
          trace: context.trace,
        });
      }),
    );
  });
}
