import type { Selectable } from "kysely";
import { UPDATE_FLAG } from "../../apdu/constants.js";
import { ValueError } from "../../common/errors.js";
import { type Msat, msat } from "../../common/msat.js";
import { findMany, insertMany } from "../store/many.js";
import type { LimitsCause, LimitsTable } from "../store/schema.js";
import type { FindStatement, Store, Tx } from "../store/types.js";
import { storeLimit } from "../store/values.js";
import type { AccountRow } from "./accounts.js";

export type LimitsRow = Selectable<LimitsTable>;

/** Limits that the card enforces by itself; NO_LIMIT (all bits set) where there is none. */
export interface CardLimits {
  readonly maxPerTransaction: Msat | bigint;
  readonly pinThreshold: Msat | bigint;
  readonly noPinBudget: Msat | bigint;
  /** Highest counter, u32. */
  readonly maxTransactions: number;
}

/** What an update changes; what is left out stays. */
export interface LimitsChange extends Partial<CardLimits> {
  readonly resetPinTries?: boolean;
  readonly resetNoPinSpent?: boolean;
}

const ONE_SHOT = BigInt(UPDATE_FLAG.RESET_PIN_TRIES | UPDATE_FLAG.RESET_NO_PIN_SPENT);
/**
 * Updates in a row that may carry one event. A cardholder can provoke updates and keep them, and each that
 * carries a reset of the PIN tries is three more guesses: without an end to it, any PIN is guessed.
 */
const MAX_CARRIES = 4n;
const MAX_U32 = 0xffffffff;

/** Limits as they are stored. @throws ValueError */
export function storedLimits(
  limits: CardLimits,
): Pick<LimitsRow, "max_per_transaction" | "pin_threshold" | "no_pin_budget" | "max_transactions"> {
  const { maxTransactions } = limits;
  if (!Number.isInteger(maxTransactions) || maxTransactions < 0 || maxTransactions > MAX_U32)
    throw new ValueError("limits/maxTransactions", `need an integer from 0 to ${MAX_U32}`);
  return {
    max_per_transaction: storeLimit(limits.maxPerTransaction, "limits/maxPerTransaction"),
    pin_threshold: storeLimit(limits.pinThreshold, "limits/pinThreshold"),
    no_pin_budget: storeLimit(limits.noPinBudget, "limits/noPinBudget"),
    max_transactions: BigInt(maxTransactions),
  };
}

/** A card's newest limits, and the one-shot flags that its next update may carry on. */
export interface NewestLimits extends LimitsRow {
  readonly carried: bigint;
}

/**
 * The next update of a card from the newest one: its credit and blocked flag follow the account, and one-shot
 * flags that the card has not acknowledged yet go into it again, a few times (specs/03 §4). Pure.
 * @param account as it shall be, with the sequence of `newest`
 */
export function nextLimits(
  account: AccountRow,
  newest: NewestLimits,
  change: LimitsChange,
  cause: LimitsCause,
  now: bigint,
): LimitsRow {
  if (newest.sequence >= BigInt(MAX_U32)) throw new ValueError("sequence", "used up for this card");
  const waiting = account.acknowledged < newest.sequence ? newest.carried : 0n;
  const blocked = account.state === "active" || account.state === "pending" ? 0 : UPDATE_FLAG.BLOCKED;
  // After a cash-out the card keeps the credit it has: one that was signed cannot be taken back.
  // What the issuer lent to it was authorized under the credit that it has.
  let credit = msat(account.funded - account.owed + account.voided, "credit") as bigint;
  if (credit < newest.credit) credit = newest.credit;
  const wanted =
    (change.resetPinTries ? UPDATE_FLAG.RESET_PIN_TRIES : 0) |
    (change.resetNoPinSpent ? UPDATE_FLAG.RESET_NO_PIN_SPENT : 0);
  return {
    card: account.card,
    sequence: newest.sequence + 1n,
    credit,
    max_per_transaction:
      change.maxPerTransaction === undefined
        ? newest.max_per_transaction
        : storeLimit(change.maxPerTransaction, "limits/maxPerTransaction"),
    pin_threshold:
      change.pinThreshold === undefined
        ? newest.pin_threshold
        : storeLimit(change.pinThreshold, "limits/pinThreshold"),
    no_pin_budget:
      change.noPinBudget === undefined
        ? newest.no_pin_budget
        : storeLimit(change.noPinBudget, "limits/noPinBudget"),
    max_transactions:
      change.maxTransactions === undefined ? newest.max_transactions : BigInt(change.maxTransactions),
    flags: waiting | BigInt(blocked | wanted),
    cause,
    created_at: now,
  };
}

const int = "int" as const;
const ROW = {
  card: int,
  sequence: int,
  credit: int,
  max_per_transaction: int,
  pin_threshold: int,
  no_pin_budget: int,
  max_transactions: int,
  flags: int,
  cause: "text",
  created_at: int,
} as const;
/** The limits of a card under a sequence. */
export const NEWEST: FindStatement<"card" | "sequence", LimitsRow> = findMany(
  { card: int, sequence: int },
  ROW,
  (p) => `select * from limits where card = ${p.card} and sequence = ${p.sequence}`,
);
/** How many of the newest updates of a card have each one-shot flag. */
const CARRIES: FindStatement<"card" | "sequence", CarriesRow> = findMany(
  { card: int, sequence: int },
  { pin_tries: int, no_pin_spent: int },
  (p) =>
    `select sum((flags & ${UPDATE_FLAG.RESET_PIN_TRIES}) / ${UPDATE_FLAG.RESET_PIN_TRIES}) as pin_tries, ` +
    `sum((flags & ${UPDATE_FLAG.RESET_NO_PIN_SPENT}) / ${UPDATE_FLAG.RESET_NO_PIN_SPENT}) as no_pin_spent ` +
    `from limits where card = ${p.card} and sequence > ${p.sequence} - ${MAX_CARRIES} and sequence <= ${p.sequence}`,
);
const INSERT = insertMany("limits", ROW, "card");

/** The newest limits of each account. */
export async function newestOf(
  store: Store,
  tx: Tx,
  accounts: readonly AccountRow[],
): Promise<(LimitsRow | undefined)[]> {
  return await store.many.find(tx, NEWEST, accounts);
}

/** The same for making the next update of each, in the same order. */
export async function newestToFollow(
  store: Store,
  tx: Tx,
  accounts: readonly AccountRow[],
): Promise<(NewestLimits | undefined)[]> {
  const newest = await newestOf(store, tx, accounts);
  const waiting = newest.filter((row) => row !== undefined && (row.flags & ONE_SHOT) !== 0n) as LimitsRow[];
  const counts = await store.many.find(tx, CARRIES, waiting);
  const carried = new Map(waiting.map((row, i) => [row, row.flags & mayCarry(counts[i])]));
  return newest.map((row) => row && { ...row, carried: carried.get(row) ?? 0n });
}

/** Sums that the databases give as integers or as decimal text. */
interface CarriesRow {
  readonly pin_tries: bigint | string;
  readonly no_pin_spent: bigint | string;
}

function mayCarry(counts: CarriesRow | undefined): bigint {
  if (!counts) return 0n;
  const pinTries = BigInt(counts.pin_tries) < MAX_CARRIES ? UPDATE_FLAG.RESET_PIN_TRIES : 0;
  const noPinSpent = BigInt(counts.no_pin_spent) < MAX_CARRIES ? UPDATE_FLAG.RESET_NO_PIN_SPENT : 0;
  return BigInt(pinTries | noPinSpent);
}

/** Writes limits that {@link nextLimits} made. */
export async function writeLimits(store: Store, tx: Tx, rows: readonly LimitsRow[]): Promise<void> {
  await store.many.changeAll(tx, { statement: INSERT, rows });
}

/**
 * Queues an update for a card whose account is locked and already changed in memory, and raises its sequence
 * there; the caller saves the account. A Bolt Card keeps no limits of its own: it gets none.
 */
export async function queueUpdate(
  store: Store,
  tx: Tx,
  account: AccountRow,
  cause: LimitsCause,
  now: bigint,
  change: LimitsChange = {},
): Promise<LimitsRow | undefined> {
  if (account.kind === "sun") return undefined;
  const [newest] = await newestToFollow(store, tx, [account]);
  if (!newest) throw new Error(`no limits of sequence ${account.sequence} for a card`);
  const next = nextLimits(account, newest, change, cause, now);
  await writeLimits(store, tx, [next]);
  account.sequence = next.sequence;
  return next;
}
