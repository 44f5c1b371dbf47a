import { formatMsat, type Msat, visible } from "../../common/index.js";
import { type ChargeAmount, parseCharge } from "../../host/terminal/charge-amount.js";
import { type Order, remaining, showCard } from "../../issuer/ledger/index.js";
import type { ServiceConfig } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { agree } from "../prompt/confirm.js";
import { cardText, timeText } from "./card-choice.js";
import { unfinishedOrder } from "./orders.js";

/**
 * Asks whether an order is meant; one that an earlier run began is finished.
 * @param question undefined where there is nothing to book, so that the ledger says so
 */
export async function agreeToOrder(
  context: CommandContext,
  folder: string,
  order: Order,
  question: string | undefined,
  yes = false,
): Promise<void> {
  const before = unfinishedOrder(folder, order);
  const asked = before
    ? `The same order is unfinished since ${timeText(before.since)} (reference ${before.reference}). Finish it? If it was booked, nothing is booked now.`
    : question;
  if (asked !== undefined) await agree(context, asked, yes);
}

/** A card for a question: its id, what is printed on it, and what it has. */
export async function cardInQuestion(
  store: Store,
  cardId: Uint8Array,
): Promise<{ readonly name: string; readonly left: Msat }> {
  const card = await showCard(store.db, cardId);
  return {
    name: `${cardText(card.card)}${card.label && ` (${visible(card.label)})`}`,
    left: remaining(card),
  };
}

/**
 * Money that is handed over at the desk: whole satoshi, and no more than the configuration allows; or a sum in the
 * configuration's currency, rounded up to a whole satoshi.
 * @param rate price of one bitcoin, for such a sum
 * @throws ParseError, InputError
 */
export function deskAmount(
  text: string,
  rate: string | undefined,
  { maxTopUp, currency }: Pick<ServiceConfig, "maxTopUp" | "currency">,
): ChargeAmount {
  // Three digits behind the point may be thousands, which the reader of amounts says.
  if (/^\d+\.(?!\d{3}sat$)\d*[1-9]\d*sat$/i.test(text))
    throw new InputError(`--amount: need whole satoshi, have "${text.slice(0, 40)}"; nothing was booked`);
  const charge = parseCharge(text, rate, currency);
  const { amount } = charge;
  if (amount % 1000n !== 0n)
    throw new InputError(`--amount: need whole satoshi, have "${text}"; nothing was booked`);
  if (amount > maxTopUp)
    throw new InputError(
      `--amount: need at most ${formatMsat(maxTopUp)}, have ${formatMsat(amount)}; nothing was booked`,
      { hint: "If it is meant, raise maxTopUp in issuer.yaml, or book it in parts." },
    );
  return charge;
}
