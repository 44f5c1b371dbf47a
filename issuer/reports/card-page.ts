import { type Msat, msat } from "../../common/index.js";
import { remaining } from "../ledger/accounts.js";
import { showCard } from "../ledger/registry.js";
import type { AuthorizationState, CardState, LimitsCause } from "../store/schema.js";
import type { Store, Tx } from "../store/types.js";
import { cardIdOf, milliseconds } from "../store/values.js";
import { inFlightOf } from "./in-flight.js";

/** How a card stands, as its holder has to know it. */
export type CardStanding = CardState | "paid-out" | "replaced";

/** A payment as its holder sees it. */
export interface HolderPayment {
  /** Unix milliseconds. */
  readonly at: number;
  readonly amount: Msat;
  /** Node id, 33 bytes. */
  readonly payee: Buffer;
  readonly state: AuthorizationState;
  /** What merchants returned of it. */
  readonly refunded: Msat;
}

/** What the holder of a card sees on its page: of this card alone, also where another replaced it. */
export interface HolderView {
  /** What is printed on it. */
  readonly label: string;
  readonly standing: CardStanding;
  readonly left: Msat;
  /** Payments on their way. */
  readonly inFlight: Msat;
  /** An update waits for the card until its next tap. */
  readonly waits: boolean;
  /** The newest first. */
  readonly payments: readonly HolderPayment[];
}

/** @param shown how many payments @throws LedgerError `unknown-card`; StoreError */
export async function holderView(store: Store, card: bigint, shown: number): Promise<HolderView> {
  return await store.read(async (tx) => {
    const entry = await showCard(tx, cardIdOf(card));
    const { label, state, sequence, acknowledged } = entry;
    return {
      label,
      standing: await standingOf(tx, card, state),
      left: remaining(entry),
      inFlight: await inFlightOf(tx, card),
      waits: acknowledged < sequence,
      payments: await payments(tx, card, shown),
    };
  });
}

const OF_BLOCKS: readonly LimitsCause[] = ["block", "holder-block", "clone", "cash-out", "unblock"];

async function standingOf(tx: Tx, card: bigint, state: CardState): Promise<CardStanding> {
  if (state === "retired") {
    const successor = await tx
      .selectFrom("cards")
      .select("card")
      .where("replaces", "=", card)
      .limit(1)
      .executeTakeFirst();
    return successor ? "replaced" : state;
  }
  if (state !== "blocked") return state;
  const last = await tx
    .selectFrom("limits")
    .select("cause")
    .where("card", "=", card)
    .where("cause", "in", OF_BLOCKS)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return last?.cause === "cash-out" ? "paid-out" : state;
}

async function payments(tx: Tx, card: bigint, shown: number): Promise<HolderPayment[]> {
  const rows = await tx
    .selectFrom("authorizations")
    .select(["counter", "decided_at", "amount", "payee", "state"])
    .where("card", "=", card)
    .orderBy("decided_at", "desc")
    .orderBy("counter", "desc")
    .limit(shown)
    .execute();
  const refunds = await tx
    .selectFrom("refunds")
    .select(["counter", "received"])
    .where("card", "=", card)
    .where("state", "=", "settled")
    .execute();
  return rows.map(({ counter, decided_at, amount, payee, state }) => ({
    at: milliseconds(decided_at),
    amount: msat(amount),
    payee,
    state,
    refunded: msat(
      refunds.reduce((sum, one) => (one.counter === counter ? sum + (one.received ?? 0n) : sum), 0n),
    ),
  }));
}
