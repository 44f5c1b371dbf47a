import { findMany, insertMany, updateMany } from "../store/many.js";
import type { BookingKind, GuaranteeCause } from "../store/schema.js";
import type { Change, Db, FindStatement, Tx } from "../store/types.js";
import { NO_LIMIT_STORED } from "../store/values.js";
import type { AccountRow } from "./accounts.js";
import { type BookingLine, booking } from "./bookings.js";

/** What the ledger knows of a payee whose terminals accept cards offline, and of the card that shall pay it. */
export interface OfflineFacts {
  /** Longest forwarding window of the packs with this payee, seconds. */
  readonly windowSeconds: bigint;
  /** Whether one of these packs promises a guarantee, and one for contradictions. */
  readonly isGuaranteed: boolean;
  readonly coversContradictions: boolean;
  /** Of the card's certificate; 0 where it has none. */
  readonly offlineLimit: bigint;
  /** Unix milliseconds. */
  readonly certifiedUntil: bigint;
  /** Whether the card, or its clone, ever contradicted itself. */
  readonly hasContradicted: boolean;
}

interface PayeeRow {
  readonly forwarding_window: bigint;
  readonly guaranteed: bigint;
  readonly contradictions: bigint;
}

/** A payee is offline while a pack that is not revoked may still have sales to forward. */
export const OFFLINE_PAYEE: FindStatement<"payee" | "now", PayeeRow> = findMany(
  { payee: "bytes", now: "int" },
  { forwarding_window: "int", guaranteed: "int", contradictions: "int" },
  (p) => `select max(forwarding_window) as forwarding_window,
      max(cast(case when guaranteed_per_card > 0 then 1 else 0 end as bigint)) as guaranteed,
      max(contradictions) as contradictions
    from packs where payee = ${p.payee} and revoked_at is null
      and valid_until + 1000 * forwarding_window >= ${p.now} having count(*) > 0`,
);

interface CertifiedRow {
  readonly offline_limit: bigint;
  readonly certified_until: bigint;
  readonly contradicted: bigint;
}

export const CERTIFIED: FindStatement<"card", CertifiedRow> = findMany(
  { card: "int" },
  { offline_limit: "int", certified_until: "int", contradicted: "int" },
  (p) => `select offline_limit, certified_until,
      (select count(*) from evidence where card = ${p.card}) as contradicted
    from cards where card = ${p.card}`,
);

export const GUARANTEE_TOTAL: FindStatement<"id", { readonly owed: bigint }> = findMany(
  { id: "int" },
  { owed: "int" },
  (p) => `select owed from guarantee_total where id = ${p.id}`,
);

/** The facts of two rows; undefined where the payee is not offline. */
export const offlineFacts = (
  payee: PayeeRow | undefined,
  card: CertifiedRow | undefined,
): OfflineFacts | undefined =>
  payee && {
    windowSeconds: payee.forwarding_window,
    isGuaranteed: payee.guaranteed === 1n,
    coversContradictions: payee.contradictions === 1n,
    offlineLimit: card?.offline_limit ?? 0n,
    certifiedUntil: card?.certified_until ?? 0n,
    hasContradicted: (card?.contradicted ?? 0n) > 0n,
  };

const INSERT_GUARANTEE = insertMany(
  "guarantees",
  { card: "int", counter: "int", amount: "int", cause: "text", payee: "bytes", at: "int" },
  "card",
);
const ADD_OWED = updateMany(
  "guarantee_total",
  { id: "int", amount: "int", max: "int" },
  ["id"],
  (p) => `owed = guarantee_total.owed + ${p.amount}`,
  (p) => `guarantee_total.owed + ${p.amount} <= ${p.max}`,
);

/** A payment that the issuer lends to a card. */
export interface Lent {
  readonly card: bigint;
  readonly counter: bigint;
  readonly amount: bigint;
  readonly cause: GuaranteeCause;
  /** 33 bytes. */
  readonly payee: Buffer;
  readonly at: bigint;
}

/** The lines of a loan: from the guarantee to the card, which pays with it at once. */
export const lentLines = ({ card, counter, amount, at }: Lent): BookingLine[] =>
  booking(card, "guarantee", counter, "guarantee", "funded", amount, at);

/**
 * Changes that keep loans and what all cards owe together. The total rises only where the limit allows it, whatever
 * another process lent meanwhile: else it finds no row, and nothing is kept.
 * @param settled what cards owe less by the same transaction; @param max of what all cards may owe
 */
export function owedChanges(lent: readonly Lent[], settled: bigint, max = 0n): Change<never>[] {
  const amount = lent.reduce((sum, one) => sum + one.amount, 0n) - settled;
  if (lent.length === 0 && amount === 0n) return [];
  return [
    { statement: INSERT_GUARANTEE, rows: lent },
    { statement: ADD_OWED, rows: [{ id: 1n, amount, max: amount > 0n ? max : NO_LIMIT_STORED }] },
  ];
}

/**
 * Settles as much of what a card owes as it has free; changes `account` in memory.
 * @returns the lines to book under the operation that made it free, and the sum
 */
export function settleDebt(
  account: AccountRow,
  kind: BookingKind,
  reference: bigint,
  at: bigint,
): { readonly lines: BookingLine[]; readonly settled: bigint } {
  const free = account.funded - account.spent - account.held;
  const settled = free < account.owed ? free : account.owed;
  if (settled <= 0n) return { lines: [], settled: 0n };
  account.funded -= settled;
  account.owed -= settled;
  return { lines: booking(account.card, kind, reference, "funded", "guarantee", settled, at), settled };
}

/** What all cards owe. @throws StoreError */
export async function totalOwed(db: Db | Tx): Promise<bigint> {
  const row = await db.selectFrom("guarantee_total").select("owed").executeTakeFirst();
  return row?.owed ?? 0n;
}

/** A card that owes for guaranteed payments. */
export interface Debtor {
  readonly card: bigint;
  readonly label: string;
  readonly owed: bigint;
}

/** Cards that owe, the most first. @throws StoreError */
export async function debtors(db: Db | Tx): Promise<Debtor[]> {
  return await db
    .selectFrom("accounts")
    .innerJoin("cards", "cards.card", "accounts.card")
    .select(["accounts.card", "cards.label", "accounts.owed"])
    .where("accounts.owed", ">", 0n)
    .orderBy("accounts.owed", "desc")
    .orderBy("accounts.card")
    .execute();
}

/** What was lent for an authorization; 0 where nothing was. */
export async function lentFor(tx: Tx, card: bigint, counter: bigint): Promise<bigint> {
  const row = await tx
    .selectFrom("guarantees")
    .select("amount")
    .where("card", "=", card)
    .where("counter", "=", counter)
    .executeTakeFirst();
  return row?.amount ?? 0n;
}
