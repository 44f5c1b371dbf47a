import { sha256 } from "@noble/hashes/sha2.js";
import { type Insertable, type Selectable, sql } from "kysely";
import { bytesToHex, equalBytes, requireLength } from "../../common/bytes.js";
import type { Msat } from "../../common/msat.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import type { PageHashes } from "../../keys/index.js";
import { parsePolicy } from "../policy/parse.js";
import { type Policy, printPolicy } from "../policy/schema.js";
import { listNodes } from "../store/nodes.js";
import type { CardState, CardsTable } from "../store/schema.js";
import type { Db, Store, Tx } from "../store/types.js";
import { blob, cardKey, nodeKey } from "../store/values.js";
import { type AccountRow, cardName, lockAccount, saveAccount } from "./accounts.js";
import { insertCardPage } from "./card-pages.js";
import { LedgerError } from "./errors.js";
import { type CardLimits, storedLimits } from "./limits.js";
import { bookOperation, PERSONALIZATION } from "./operations.js";
import { internPolicy } from "./policies.js";

/** A card as it leaves personalization. */
export interface NewCard {
  /** 8 bytes, never used before. */
  readonly cardId: Uint8Array;
  /** 33 or 65 bytes. */
  readonly publicKey: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** For people: the printed number, the holder. */
  readonly label: string;
  /** The node that its URI names, 33 bytes; absent: not known. */
  readonly nodeId?: Uint8Array | undefined;
  /** What the card was personalized with; booked as paid in. */
  readonly credit: Msat;
  readonly limits: CardLimits;
  readonly policy: Policy;
  /** Its certificate (specs/09 §2); absent: it has none. */
  readonly certificate?: CardCertificate | undefined;
  /** Of its page (specs/04 §11.1); absent: it has none. */
  readonly page?: PageHashes | undefined;
}

/** What the certificate of a card says. */
export interface CardCertificate {
  /** Most for one authorization that is accepted offline. */
  readonly offlineLimit: Msat;
  /** Unix seconds. */
  readonly validUntil: number;
}

/**
 * Enters a card as `pending`, before the last block of its personalization is sent: a card is never in the field
 * without its row (specs/04).
 * @param now Unix milliseconds
 * @throws LedgerError `card-exists`, also when another card has this public key; `unknown-node` when it names a node
 *   that the ledger has not in use
 */
export async function registerCard(store: Store, card: NewCard, now: number): Promise<void> {
  requireLength(card.keySetId, 4, "key set id");
  const key = cardKey(card.cardId);
  const publicKey = secp256k1.convert(card.publicKey, true);
  await store.write(async (tx) => {
    const at = BigInt(now);
    const policy = await internPolicy(tx, card.policy);
    if (card.nodeId) await expectNode(tx, card.nodeId);
    await expectNewKey(store, tx, key, publicKey);
    const account = await enterCard(
      tx,
      {
        card: key,
        kind: "token",
        public_key: blob(publicKey),
        key_set: blob(card.keySetId),
        label: card.label,
        registered_at: at,
        node: card.nodeId ? nodeKey(card.nodeId) : 0n,
        offline_limit: card.certificate?.offlineLimit ?? 0n,
        certified_until: 1000n * BigInt(card.certificate?.validUntil ?? 0),
      },
      policy,
    );
    if (card.page) await insertCardPage(tx, key, card.page, at);
    if (card.credit > 0n) {
      await bookOperation(store, tx, account, "fund", card.credit, PERSONALIZATION, at);
      await saveAccount(tx, account);
    }
    await tx
      .insertInto("limits")
      .values({
        card: key,
        sequence: 0n,
        credit: card.credit,
        ...storedLimits(card.limits),
        flags: 0n,
        cause: "personalization",
        created_at: at,
      })
      .execute();
  });
}

/**
 * Enters a card of either kind with an empty account, `pending`.
 * @param policy its row; @throws LedgerError `card-exists`
 */
export async function enterCard(
  tx: Tx,
  card: Omit<Insertable<CardsTable>, "replaces"> & Required<Pick<Selectable<CardsTable>, "kind">>,
  policy: bigint,
): Promise<AccountRow> {
  const inserted = await tx
    .insertInto("cards")
    .values({ ...card, replaces: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n)
    throw new LedgerError("card-exists", `card ${cardName(card.card)} is in the ledger already`, {
      hint: "Card ids are never used twice; personalize with a new one.",
    });
  const account = {
    card: card.card,
    state: "pending" as const,
    policy,
    funded: 0n,
    voided: 0n,
    spent: 0n,
    decided_at: 0n,
    top_counter: 0n,
    top_total: 0n,
    sequence: 0n,
    acknowledged: 0n,
    operation: 0n,
    version: 0n,
    held: 0n,
    activated: 0n,
    owed: 0n,
  };
  await tx.insertInto("accounts").values(account).execute();
  return { ...account, kind: card.kind };
}

/**
 * A card whose URI names a node that does not pay for this ledger would be of no use anywhere. A ledger that no service has
 * met yet has no nodes: its cards are checked by nobody.
 * @throws LedgerError `unknown-node`
 */
export async function expectNode(db: Db | Tx, nodeId: Uint8Array): Promise<void> {
  const nodes = await listNodes(db);
  if (nodes.length === 0) return;
  const found = nodes.find(({ node_id }) => equalBytes(node_id, nodeId));
  if (found?.state === "active") return;
  throw new LedgerError(
    "unknown-node",
    found
      ? `node ${bytesToHex(nodeId)} was retired from the ledger`
      : `the ledger has no node ${bytesToHex(nodeId)}`,
    { hint: 'Name one of its nodes in the profile: see "chequecard ledger nodes", or add it there first.' },
  );
}

/**
 * Two cards with one key are one card twice, and neither is safe: each could authorize for the other. Registrations of
 * one key wait for each other until the transaction ends.
 */
async function expectNewKey(store: Store, tx: Tx, card: bigint, publicKey: Uint8Array): Promise<void> {
  if (store.kind === "postgres") {
    const lock = Buffer.from(sha256(publicKey)).readBigInt64BE();
    await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
  }
  const other = await tx
    .selectFrom("cards")
    .select("card")
    .where("public_key", "=", blob(publicKey))
    .where("kind", "=", "token")
    .where("card", "<>", card)
    .executeTakeFirst();
  if (other)
    throw new LedgerError(
      "card-exists",
      `card ${cardName(card)} has the public key of card ${cardName(other.card)}: need a key of its own`,
      {
        hint: "Reset the card, so that it makes a new key, and personalize it again; or keep the earlier card id.",
      },
    );
}

/**
 * Puts a pending card into use once it was read back and found right. Active cards stay as they are.
 * @throws LedgerError `unknown-card`, `wrong-state`
 */
export async function activateCard(store: Store, cardId: Uint8Array): Promise<void> {
  await store.write(async (tx) => {
    const account = await lockAccount(store, tx, cardKey(cardId));
    if (account.state === "active") return;
    if (account.state !== "pending") throw wrongState(account.card, account.state, "activated");
    account.state = "active";
    account.activated = 1n;
    await saveAccount(tx, account);
  });
}

/** The error for an order that a card's state does not allow. */
export const wrongState = (card: bigint, state: CardState, what: string): LedgerError =>
  new LedgerError("wrong-state", `card ${cardName(card)} is ${state} and cannot be ${what}`);

/** A card with its account and policy. */
export interface CardEntry extends Selectable<CardsTable> {
  readonly state: CardState;
  readonly funded: bigint;
  readonly spent: bigint;
  readonly voided: bigint;
  readonly top_counter: bigint;
  readonly top_total: bigint;
  readonly sequence: bigint;
  readonly acknowledged: bigint;
  /** Number of its newest operation. */
  readonly operation: bigint;
  readonly held: bigint;
  readonly owed: bigint;
}

/**
 * Cards in the order of their ids.
 * @param options state, node: only those in it, or that name it; after, limit: for paging
 */
export async function listCards(
  db: Db | Tx,
  options: {
    readonly state?: CardState;
    readonly node?: bigint;
    readonly after?: bigint;
    readonly limit?: number;
  } = {},
): Promise<CardEntry[]> {
  let query = cardQuery(db)
    .orderBy("cards.card")
    .limit(options.limit ?? 1000);
  if (options.state) query = query.where("accounts.state", "=", options.state);
  if (options.node !== undefined) query = query.where("cards.node", "=", options.node);
  if (options.after !== undefined) query = query.where("cards.card", ">", options.after);
  return await query.execute();
}

/** One card. @throws LedgerError `unknown-card` */
export async function showCard(db: Db | Tx, cardId: Uint8Array): Promise<CardEntry & { policyOf: Policy }> {
  const card = cardKey(cardId);
  const found = await cardQuery(db)
    .innerJoin("policies", "policies.policy", "accounts.policy")
    .select("policies.json")
    .where("cards.card", "=", card)
    .executeTakeFirst();
  if (!found) throw new LedgerError("unknown-card", `card ${cardName(card)} is not in the ledger`);
  const { json, ...entry } = found;
  return { ...entry, policyOf: parsePolicy(JSON.parse(json)) };
}

const cardQuery = (db: Db | Tx) =>
  db
    .selectFrom("cards")
    .innerJoin("accounts", "accounts.card", "cards.card")
    .selectAll("cards")
    .select([
      "accounts.state",
      "accounts.funded",
      "accounts.spent",
      "accounts.voided",
      "accounts.top_counter",
      "accounts.top_total",
      "accounts.sequence",
      "accounts.acknowledged",
      "accounts.operation",
      "accounts.held",
      "accounts.owed",
    ]);

/** Gives a card another policy. @throws LedgerError `unknown-card` */
export async function setPolicy(store: Store, cardId: Uint8Array, policy: Policy): Promise<void> {
  await store.write(async (tx) => {
    const account = await lockAccount(store, tx, cardKey(cardId));
    account.policy = await internPolicy(tx, parsePolicy(JSON.parse(printPolicy(policy))));
    await saveAccount(tx, account);
  });
}
