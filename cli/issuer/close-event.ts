import { type CsvForm, formatMsat, type Msat, msat, plural, sumMsat } from "../../common/index.js";
import {
  beginClosing,
  type CardEntry,
  closingPayouts,
  endClosing,
  type Payout,
  remaining,
} from "../../issuer/ledger/index.js";
import { payoutsCsv } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CommandContext } from "../command-context.js";
import { writeCsv } from "../csv-file.js";
import { type CsvOptions, csvForm } from "../csv-options.js";
import { audited } from "../desk/audit-log.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { progress } from "../progress.js";
import { agree } from "../prompt/confirm.js";
import { renderTable } from "../table.js";
import { cardText, timeIso } from "./card-choice.js";
import { activeCards, blockCards, dueCards, payOutCards, type StepWatch } from "./close-steps.js";
import { withIssuerLedger } from "./folder.js";

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
  return withIssuerLedger(context, { issuer: folder }, async (store, { timeZone, currency }, path) => {
    const form = csvForm(options, timeZone, currency);
    const asked = { cashOutAll: options.cashOutAll ?? false, note: options.note };
    const entry = { action: "close-event", asked };
    const done = await audited(path, entry, () => close(context, store, form, options), tellClosed);
    return closed(done);
  });
}

const tellClosed = ({ blocked, due, payouts }: Closed) => ({
  told: { blocked, due: due.length, paidOut: payouts?.length ?? 0 },
});

async function close(
  context: CommandContext,
  store: Store,
  form: CsvForm,
  options: CloseEventOptions,
): Promise<Closed> {
  const active = await activeCards(store);
  const blocked = active.length;
  await withBar(context, "blocking", blocked, (watch) => blockCards(store, active, watch));
  const due = await dueCards(store);
  const list = (booked: readonly Payout[], rest: readonly CardEntry[]): void => {
    if (options.csv !== undefined) writeCsv(options.csv, payoutsCsv(booked, rest, cardText, form));
  };
  const common = { blocked, due, inFlight: await inFlight(store), csv: options.csv };
  if (!options.cashOutAll) {
    list([], due);
    return common;
  }
  const since = await beginClosing(store);
  const before = await closingPayouts(store.db, since, options.note);
  // Before the first booking: a list that cannot be written must stop it.
  list(before, due);
  await withBar(context, "booking", due.length, (watch) =>
    payOutCards(store, { since, due, note: options.note }, watch),
  );
  const payouts = await closingPayouts(store.db, since, options.note);
  list(payouts, []);
  await endClosing(store);
  return { ...common, payouts, before: before.length };
}

async function inFlight(store: Store): Promise<Msat> {
  const rows = await store.db
    .selectFrom("authorizations")
    .select("amount")
    .where("state", "=", "reserved")
    .execute();
  return msat(rows.reduce((sum, { amount }) => sum + amount, 0n));
}

/** Runs one step with a bar of its progress. */
async function withBar<T>(
  context: CommandContext,
  name: string,
  total: number,
  step: (watch: StepWatch) => Promise<T>,
): Promise<T> {
  const bar = progress(context, name, total);
  try {
    return await step({ signal: context.signal, onCard: () => bar.advance() });
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
