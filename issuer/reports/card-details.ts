import { type Selectable, sql } from "kysely";
import { type CsvForm, csvText, type Msat, msat } from "../../common/index.js";
import { remaining } from "../ledger/accounts.js";
import type { LimitsRow } from "../ledger/limits.js";
import { paysIn } from "../ledger/operations.js";
import { type CardEntry, listCards, showCard } from "../ledger/registry.js";
import type { SunCardRow } from "../ledger/sun-cards.js";
import type { Policy } from "../policy/index.js";
import type { CardState, EvidenceTable, OperationsTable } from "../store/schema.js";
import type { Db, Store, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";
import { type AuthorizationEntry, listAuthorizations } from "./authorizations.js";
import { inFlightOf } from "./in-flight.js";

/** Everything that the ledger has of one card. */
export interface CardDetails {
  readonly entry: CardEntry & { readonly policyOf: Policy };
  /** What can be spent, moved or paid out. */
  readonly left: Msat;
  readonly reserved: Msat;
  /** Routing fees of its payments so far, and what of them the card bore. */
  readonly fees: Msat;
  readonly feesCharged: Msat;
  /** The newest limits that were signed for it; a Bolt Card has none. */
  readonly limits: LimitsRow | undefined;
  /** Of a Bolt Card: what its readings are checked against. */
  readonly chip: SunCardRow | undefined;
  /** Skipped authorizations that are not released yet. */
  readonly inGaps: Msat;
  /** With the reference of the order that booked each, where there was one. */
  readonly operations: readonly (Selectable<OperationsTable> & { readonly reference: string | null })[];
  /** What it, or its clone, signed against what was known. */
  readonly evidence: readonly Omit<Selectable<EvidenceTable>, "id" | "card">[];
  /** The newest first. */
  readonly authorizations: readonly AuthorizationEntry[];
}

/** @param shown how many authorizations, the newest; @throws LedgerError `unknown-card`; StoreError */
export async function cardDetails(store: Store, cardId: Uint8Array, shown: number): Promise<CardDetails> {
  const card = cardKey(cardId);
  return await store.read(async (tx) => {
    const entry = await showCard(tx, cardId);
    const operations = await tx
      .selectFrom("operations")
      .leftJoin("orders", (join) =>
        join
          .onRef("orders.card", "=", "operations.card")
          .onRef("orders.operation", "=", "operations.operation"),
      )
      .selectAll("operations")
      .select("orders.reference")
      .where("operations.card", "=", card)
      .orderBy("operations.operation")
      .execute();
    return {
      entry,
      left: remaining(entry),
      fees: await feesOf(tx, card),
      feesCharged: chargedBy(operations, entry.funded),
      reserved: await inFlightOf(tx, card),
      limits: await tx
        .selectFrom("limits")
        .selectAll()
        .where("card", "=", card)
        .where("sequence", "=", entry.sequence)
        .executeTakeFirst(),
      chip: await tx.selectFrom("sun_cards").selectAll().where("card", "=", card).executeTakeFirst(),
      inGaps: await openGaps(tx, card),
      operations,
      evidence: await tx
        .selectFrom("evidence")
        .select(["at", "contradiction", "message", "times"])
        .where("card", "=", card)
        .orderBy("id")
        .execute(),
      authorizations: await listAuthorizations(tx, { card: cardId }, shown),
    };
  });
}

/** What the card's settled payments cost in routing fees, borne by card or issuer. */
async function feesOf(tx: Tx, card: bigint): Promise<Msat> {
  const rows = await tx
    .selectFrom("authorizations")
    .select("fee")
    .where("card", "=", card)
    .where("state", "=", "settled")
    .where("fee", ">", 0n)
    .execute();
  return msat(rows.reduce((sum, { fee }) => sum + (fee ?? 0n), 0n));
}

/** What was paid in and not paid out, less `funded`: the routing fees that the card bore. */
function chargedBy(operations: readonly Selectable<OperationsTable>[], funded: bigint): Msat {
  const moved = operations.reduce(
    (sum, { kind, amount }) => (paysIn(kind) ? sum + amount : sum - amount),
    0n,
  );
  return msat(moved - funded, "charged");
}

async function openGaps(tx: Tx, card: bigint): Promise<Msat> {
  const rows = await tx
    .selectFrom("gaps")
    .select("amount")
    .where("card", "=", card)
    .where("voided_at", "is", null)
    .execute();
  return msat(rows.reduce((sum, { amount }) => sum + amount, 0n));
}

/** Every card in the order of the ids, read in pages. */
export async function* eachCard(
  db: Db | Tx,
  { state, node }: { readonly state?: CardState; readonly node?: bigint } = {},
): AsyncGenerator<CardEntry> {
  let after: bigint | undefined;
  for (;;) {
    const page = await listCards(db, {
      limit: 1000,
      ...(state === undefined ? {} : { state }),
      ...(node === undefined ? {} : { node }),
      ...(after === undefined ? {} : { after }),
    });
    yield* page;
    after = page.at(-1)?.card;
    if (page.length < 1000) return;
  }
}

/** A card and what is printed on it. */
export interface LabelledCard {
  readonly card: bigint;
  readonly label: string;
}

/** Cards whose label is this text, or begins with it and a space: a label is a printed number and a holder. At most `limit`. */
export async function cardsLabelled(db: Db, text: string, limit: number): Promise<LabelledCard[]> {
  const begin = `${text} `;
  return await db
    .selectFrom("cards")
    .select(["card", "label"])
    .where((eb) =>
      eb.or([
        eb("label", "=", text),
        eb(sql<string>`substr(label, 1, length(cast(${begin} as text)))`, "=", begin),
      ]),
    )
    .orderBy("card")
    .limit(limit)
    .execute();
}

/** Those of some cards that another of them replaced. */
export async function replacedAmong(db: Db, cards: readonly bigint[]): Promise<bigint[]> {
  const rows = await db
    .selectFrom("cards")
    .select("replaces")
    .where("card", "in", cards)
    .where("replaces", "in", cards)
    .execute();
  return rows.flatMap(({ replaces }) => (replaces === null ? [] : [replaces]));
}

/** Every card with its label, in the order of the ids, read in pages. */
export async function* eachLabel(db: Db): AsyncGenerator<LabelledCard> {
  let after: bigint | undefined;
  for (;;) {
    let query = db.selectFrom("cards").select(["card", "label"]).orderBy("card").limit(LABELS_IN_A_PAGE);
    if (after !== undefined) query = query.where("card", ">", after);
    const page = await query.execute();
    yield* page;
    after = page.at(-1)?.card;
    if (page.length < LABELS_IN_A_PAGE) return;
  }
}

const LABELS_IN_A_PAGE = 5000;

/** Cards as CSV. @param cardName how a card is written */
export function cardsCsv(
  cards: readonly CardEntry[],
  cardName: (card: bigint) => string,
  form?: CsvForm,
): string {
  return csvText(
    [
      "card",
      "label",
      "state",
      "funded_msat",
      "spent_msat",
      "left_msat",
      "given_back_msat",
      "payments",
      "updates",
      "updates_taken",
      { time: "registered" },
      "replaces",
    ],
    cards.map((card) => [
      cardName(card.card),
      card.label,
      card.state,
      card.funded,
      card.spent,
      remaining(card),
      card.voided,
      card.top_counter,
      card.sequence,
      card.acknowledged,
      new Date(Number.parseInt(card.registered_at.toString(), 10)).toISOString(),
      card.replaces === null ? "" : cardName(card.replaces),
    ]),
    form,
  );
}
