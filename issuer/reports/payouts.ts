import { type CsvForm, csvText } from "../../common/index.js";
import { type CardEntry, type Payout, remaining } from "../ledger/index.js";

/**
 * Who gets how much at the end of an event, as CSV: first what is booked as paid out, then what is
 * due and has no time of booking.
 * @param cardName how a card is written
 */
export function payoutsCsv(
  booked: readonly Payout[],
  due: readonly CardEntry[],
  cardName: (card: bigint) => string,
  form?: CsvForm,
): string {
  return csvText(
    ["card", "label", "amount_msat", { time: "booked" }],
    [
      ...booked.map(({ card, label, amount, at }) => [
        cardName(card),
        label,
        amount,
        new Date(Number.parseInt(at.toString(), 10)).toISOString(),
      ]),
      ...due.map((card) => [cardName(card.card), card.label, remaining(card), ""]),
    ],
    form,
  );
}
