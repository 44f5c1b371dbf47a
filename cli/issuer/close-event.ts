import { writeFileSync } from "node:fs";
import { formatMsat, type Msat, msat, sumMsat } from "../../common/index.js";
import { blockCard, type CardEntry, cashOutCard } from "../../issuer/ledger/index.js";
import { cardsCsv, eachCard } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { progress } from "../progress.js";
import { renderTable } from "../table.js";
import { cardHex, cardText } from "./card-choice.js";
import { withIssuerLedger } from "./folder.js";

export interface CloseEventOptions {
  readonly csv?: string;
  readonly cashOutAll?: boolean;
  readonly note: string;
  readonly yes?: boolean;
}

/** Rows of a list for people; the rest is in the CSV. */
const SHOWN = 50;

interface Payout {
  readonly card: CardEntry;
  readonly left: Msat;
}

/**
 * Ends an event: blocks every card, lists what has to be paid out, and with `--cash-out-all` books it as paid out.
 * Each card is done on its own, durably: a run that was interrupted is started once more.
 */
export async function closeEvent(
  context: CommandContext,
  folder: string,
  options: CloseEventOptions,
): Promise<CommandOutput> {
  if (options.cashOutAll && !options.yes)
    throw new InputError("--cash-out-all books every card as paid out; add --yes when you mean it");
  return withIssuerLedger(context, { issuer: folder }, async (store) => {
    const blocked = await blockAll(context, store);
    const due: Payout[] = [];
    let open = msat(0n);
    for await (const card of eachCard(store.db)) {
      const left = msat(card.funded - card.spent);
      if (left > 0n && card.state !== "pending") due.push({ card, left });
    }
    const underWay = await store.db
      .selectFrom("authorizations")
      .select("amount")
      .where("state", "=", "reserved")
      .execute();
    open = msat(underWay.reduce((sum, { amount }) => sum + amount, 0n));
    if (options.csv !== undefined)
      writeFileSync(
        options.csv,
        cardsCsv(
          due.map(({ card }) => card),
          cardText,
        ),
        { mode: 0o600 },
      );
    const total = sumMsat(due.map(({ left }) => left));
    const paidOut = options.cashOutAll ? await payOutAll(context, store, due, options.note) : undefined;
    return {
      data: {
        blocked,
        due: due.map(({ card, left }) => ({ card: cardHex(card.card), label: card.label, left })),
        total,
        underWay: open,
        ...(paidOut === undefined ? {} : { paidOut }),
      },
      text: [
        renderRecord([
          ["Blocked now", `${blocked} cards`],
          [options.cashOutAll ? "Was due" : "To pay out", `${formatMsat(total)} on ${due.length} cards`],
          ["Booked as paid out", paidOut === undefined ? undefined : formatMsat(paidOut)],
          [
            "Under way",
            open === 0n
              ? undefined
              : `${formatMsat(open)}: what of it is not paid comes back to its cards; run this again later`,
          ],
          ["List", options.csv],
        ]),
        due.length === 0 ? "" : dueTable(due),
      ]
        .filter(Boolean)
        .join("\n\n"),
    };
  });
}

async function blockAll(context: CommandContext, store: Store): Promise<number> {
  const active: CardEntry[] = [];
  for await (const card of eachCard(store.db, "active")) active.push(card);
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

async function payOutAll(
  context: CommandContext,
  store: Store,
  due: readonly Payout[],
  note: string,
): Promise<Msat> {
  const bar = progress(context, "booking", due.length);
  const amounts: Msat[] = [];
  try {
    for (const { card } of due) {
      context.signal.throwIfAborted();
      amounts.push(await cashOutCard(store, cardIdOf(card.card), note, Date.now()));
      bar.advance();
    }
  } finally {
    bar.stop();
  }
  return sumMsat(amounts);
}

function dueTable(due: readonly Payout[]): string {
  const rows = due
    .slice(0, SHOWN)
    .map(({ card, left }) => [cardText(card.card), card.label, card.state, formatMsat(left)]);
  const more = due.length - SHOWN;
  return `${renderTable(["CARD", "LABEL", "STATE", "TO PAY OUT"], rows)}${more > 0 ? `\nand ${more} more: --csv writes them all` : ""}`;
}
