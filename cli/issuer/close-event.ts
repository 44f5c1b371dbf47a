import { formatMsat, type Msat, msat, plural, sumMsat } from "../../common/index.js";
import {
  beginClosing,
  blockCard,
  type CardEntry,
  closingPayouts,
  endClosing,
  LedgerError,
  type Payout,
  payOutInClosing,
  remaining,
} from "../../issuer/ledger/index.js";
import { eachCard, payoutsCsv } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import type { CommandContext } from "../command-context.js";
import { writeCsv } from "../csv-file.js";
import { type CsvOptions, csvForm } from "../csv-options.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { progress } from "../progress.js";
import { agree } from "../prompt/confirm.js";
import { renderTable } from "../table.js";
import { cardText, timeIso } from "./card-choice.js";
import { withIssuerLedger } from "./folder.js";
import { mayBeBooked } from "./orders.js";

export interface CloseEventOptions extends CsvOptions {
  readonly csv?: string;
  readonly cashOutAll?: boolean;
  readonly note: string;
  readonly yes?: boolean;
}

/** Rows of a list for people; the rest is in the CSV. */
const SHOWN = 50;

/**
 * Ends an event: blocks every card, lists what has to be paid out, and with `--cash-out-all` books it as paid out.
 * Each card is done on its own, durably: a run that was interrupted is started again, and the list has what all
 * runs have booked.
 */
export async function closeEvent(
  context: CommandContext,
  folder: string,
  options: CloseEventOptions,
): Promise<CommandOutput> {
  if (options.cashOutAll)
    await agree(context, "Block every card, and book all that is left on each as paid out?", options.yes);
  return withIssuerLedger(context, { issuer: folder }, async (store, { timeZone, currency }) => {
    const form = csvForm(options, timeZone, currency);
    const blocked = await blockAll(context, store);
    const due: CardEntry[] = [];
    for await (const card of eachCard(store.db))
      if (remaining(card) > 0n && card.state !== "pending") due.push(card);
    const list = (booked: readonly Payout[], rest: readonly CardEntry[]): void => {
      if (options.csv !== undefined) writeCsv(options.csv, payoutsCsv(booked, rest, cardText, form));
    };
    const common = { blocked, due, inFlight: await inFlight(store), csv: options.csv };
    if (!options.cashOutAll) {
      list([], due);
      return closed(common);
    }
    const since = await beginClosing(store);
    const before = await closingPayouts(store.db, since, options.note);
    // Before the first booking: a list that cannot be written must stop it.
    list(before, due);
    await payOut(context, store, since, due, options.note);
    const payouts = await closingPayouts(store.db, since, options.note);
    list(payouts, []);
    await endClosing(store);
    return closed({ ...common, payouts, before: before.length });
  });
}

async function inFlight(store: Store): Promise<Msat> {
  const rows = await store.db
    .selectFrom("authorizations")
    .select("amount")
    .where("state", "=", "reserved")
    .execute();
  return msat(rows.reduce((sum, { amount }) => sum + amount, 0n));
}

async function blockAll(context: CommandContext, store: Store): Promise<number> {
  const active: CardEntry[] = [];
  for await (const card of eachCard(store.db, { state: "active" })) active.push(card);
  const bar = progress(context, "blocking", active.length);
  try {
    for (const { card } of active) {
      context.signal.throwIfAborted();
      await blockCard(store, cardIdOf(card), Date.now());
      bar.advance();
    }
  } finally {
    bar.stop();
  }
  return active.length;
}

async function payOut(
  context: CommandContext,
  store: Store,
  since: bigint,
  due: readonly CardEntry[],
  note: string,
): Promise<void> {
  const bar = progress(context, "booking", due.length);
  try {
    for (const card of due) {
      context.signal.throwIfAborted();
      await payOutInClosing(store, since, card, note, Date.now()).catch((error: unknown) => {
        // Somebody else has paid this one out just now.
        if (error instanceof LedgerError && error.code === "not-enough") return;
        throw mayBeBooked(
          error,
          `What is due to card ${cardText(card.card)} may be booked as paid out.`,
          "each card is paid out once, and the list has the pay-outs of all runs.",
        );
      });
      bar.advance();
    }
  } finally {
    bar.stop();
  }
}

interface Closed {
  readonly blocked: number;
  readonly due: readonly CardEntry[];
  readonly inFlight: Msat;
  readonly csv: string | undefined;
  /** What this closing has booked, in all of its runs. */
  readonly payouts?: readonly Payout[];
  /** How many of them earlier runs have booked. */
  readonly before?: number;
}

function closed({ blocked, due, inFlight: open, csv, payouts, before = 0 }: Closed): CommandOutput {
  const total = sumMsat(due.map(remaining));
  const paidOut = payouts && sumMsat(payouts.map(({ amount }) => amount));
  const rows = payouts
    ? payouts.map(({ card, label, amount }) => [cardText(card), label, formatMsat(amount)])
    : due.map((card) => [cardText(card.card), card.label, formatMsat(remaining(card))]);
  return {
    data: {
      blocked,
      due: due.map((card) => ({ card: cardText(card.card), label: card.label, left: remaining(card) })),
      total,
      inFlight: open,
      paidOut,
      payouts: payouts?.map(({ card, label, amount, at }) => ({
        card: cardText(card),
        label,
        amount,
        at: timeIso(at),
      })),
    },
    text: [
      renderRecord([
        ["Blocked now", plural(blocked, "card")],
        [payouts ? "Was due" : "To pay out", `${formatMsat(total)} on ${plural(due.length, "card")}`],
        [
          "Booked as paid out",
          payouts &&
            `${formatMsat(paidOut ?? 0n)} on ${plural(payouts.length, "card")}${before === 0 ? "" : `, ${before} of them by earlier runs`}`,
        ],
        [
          "In flight",
          open === 0n
            ? undefined
            : `${formatMsat(open)}: what of it is not paid is released to its cards; run this again later`,
        ],
        ["List", csv],
      ]),
      rows.length === 0 ? "" : payoutTable(rows, payouts ? "PAID OUT" : "TO PAY OUT"),
    ]
      .filter(Boolean)
      .join("\n\n"),
  };
}

function payoutTable(rows: readonly (readonly string[])[], amount: string): string {
  const more = rows.length - SHOWN;
  return `${renderTable(["CARD", "LABEL", amount], rows.slice(0, SHOWN))}${more > 0 ? `\nand ${more} more: --csv writes them all` : ""}`;
}
