import { bareNumber, byLabel } from "../../common/index.js";
import {
  type CardEntry,
  closingPayouts,
  closingSince,
  listCards,
  type Payout,
  remaining,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import {
  eachCard,
  eachLabel,
  payoutsCsv,
  type Standing,
  spendingByHour,
  spendingReport,
  standing,
} from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CardState } from "../../issuer/store/schema.js";
import { cardText } from "../issuer/card-choice.js";
import { dueCards } from "../issuer/close-steps.js";

/** A page of cards in the order of their ids. */
interface CardPage {
  readonly state?: CardState | undefined;
  /** Only those with this in their label. */
  readonly label?: string | undefined;
  /** The last card of the page before. */
  readonly after?: bigint | undefined;
  readonly limit: number;
}

/** Which cards; all that is given must hold. */
interface CardSearch {
  readonly state?: CardState | undefined;
  /** A part of what is printed on the card, or of its id; upper and lower case are the same. */
  readonly text?: string | undefined;
  /** Cards of the pages before. */
  readonly skip: number;
  readonly limit: number;
}

/** How far an event is closed. */
interface ClosingStanding {
  readonly active: bigint;
  /** Cards with money on them, and what they have. */
  readonly due: { readonly cards: number; readonly amount: bigint };
  /** Millisatoshi. */
  readonly inFlight: bigint;
  /** What this closing has booked as paid out; undefined: none was begun. */
  readonly paidOut: { readonly cards: number; readonly amount: bigint } | undefined;
}

const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);

async function payouts(store: Store, note: string): Promise<Payout[] | undefined> {
  const since = await closingSince(store.db);
  return since === undefined ? undefined : await closingPayouts(store.db, since, note);
}

function fits(card: CardEntry, text: string, id: string | undefined): boolean {
  const label = card.label.normalize("NFC").toLowerCase();
  const bare = bareNumber(text);
  return (
    label.includes(text) ||
    (bare !== "" && bareNumber(label.split(/\s/)[0] ?? "") === bare) ||
    (id !== undefined && cardText(card.card).replaceAll("-", "").startsWith(id))
  );
}

/** Questions that read much of a ledger, each by its name. */
const REPORT_TASKS = {
  /** What was paid by day, payee and card, with the labels of the cards. */
  async report(store: Store, span: Parameters<typeof spendingReport>[1]) {
    const report = await spendingReport(store, span);
    const labels = new Map<bigint, string>();
    for await (const { card, label } of eachLabel(store.db))
      if (report.cards.has(card)) labels.set(card, label);
    return { report, labels };
  },
  hours: (store: Store, span: Parameters<typeof spendingByHour>[1]) => spendingByHour(store, span),
  standing: (store: Store, _: object): Promise<Standing> => standing(store),
  /** Cards in the order of their ids. */
  async cards(store: Store, { state, label, after, limit }: CardPage): Promise<CardEntry[]> {
    const filter = state === undefined ? {} : { state };
    if (label === undefined)
      return await listCards(store.db, { ...filter, ...(after === undefined ? {} : { after }), limit });
    const wanted = label.normalize("NFC");
    const found: CardEntry[] = [];
    for await (const card of eachCard(store.db, filter))
      if ((after === undefined || card.card > after) && card.label.normalize("NFC").includes(wanted))
        if (found.push(card) >= limit) break;
    return found;
  },
  /** Cards in the order of what is printed on them. */
  async search(store: Store, { state, text, skip, limit }: CardSearch) {
    const wanted = text?.trim().normalize("NFC").toLowerCase() ?? "";
    const digits = wanted.replaceAll(/[-\s]/g, "");
    const id = /^[0-9a-f]{4,16}$/.test(digits) ? digits : undefined;
    const found: CardEntry[] = [];
    for await (const card of eachCard(store.db, state === undefined ? {} : { state }))
      if (wanted === "" || fits(card, wanted, id)) found.push(card);
    found.sort((a, b) => byLabel(a.label, b.label));
    return { cards: found.slice(skip, skip + limit), total: found.length };
  },
  async closing(store: Store, { note }: { readonly note: string }): Promise<ClosingStanding> {
    const { cards, books } = await standing(store);
    const due = await dueCards(store);
    const booked = await payouts(store, note);
    return {
      active: cards.active,
      due: { cards: due.length, amount: sumOf(due.map(remaining)) },
      inFlight: books.reserved,
      paidOut: booked && { cards: booked.length, amount: sumOf(booked.map(({ amount }) => amount)) },
    };
  },
  /** Who gets how much, as CSV. */
  async payouts(store: Store, { note }: { readonly note: string }): Promise<string> {
    return payoutsCsv((await payouts(store, note)) ?? [], await dueCards(store), cardText);
  },
  verify: (store: Store, _: object) => verifyLedger(store),
} as const;

/** Name of a question. */
export type ReportTask = keyof typeof REPORT_TASKS;
/** What it is asked with. */
export type TaskQuestion<Name extends ReportTask> = Parameters<(typeof REPORT_TASKS)[Name]>[1];
/** What it answers. */
export type TaskAnswer<Name extends ReportTask> = Awaited<ReturnType<(typeof REPORT_TASKS)[Name]>>;

/** Answers one question. @throws StoreError */
export const answerTask = (store: Store, name: ReportTask, question: unknown): Promise<unknown> =>
  (REPORT_TASKS[name] as (store: Store, question: unknown) => Promise<unknown>)(store, question);
