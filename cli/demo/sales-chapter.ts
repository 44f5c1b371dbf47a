import { formatCardId } from "../../apdu/card-id.js";
import { formatMsat, type Msat, sat } from "../../common/index.js";
import { cancelSentence, type Sale, type SaleDisplay, type SaleStep, takeToken } from "../../host/index.js";
import { fundCard } from "../../issuer/ledger/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import type { CommandContext } from "../command-context.js";
import type { Counter } from "./counter.js";
import type { IssuedCard } from "./make-cards.js";
import type { Story } from "./story.js";
import { CARD, type World } from "./world.js";

const STEP_NAMES: Readonly<Record<SaleStep, string>> = {
  invoice: "invoice",
  tap: "tap",
  payment: "checked, paid and settled",
  update: "top-up handed to the card",
};

/** Sales at the counter: what is paid, what is refused and by whom, and what happens when the card is torn away. */
export async function salesChapter(
  story: Story,
  counter: Counter,
  world: World,
  issued: IssuedCard,
  context: CommandContext,
): Promise<void> {
  story.chapter(
    "At the counter",
    "The bar's terminal makes an invoice at the bar's Lightning node; the customer taps; the terminal passes the card's",
    `signature to the festival's node, which checks it and pays. ${world.nodes.about}`,
  );

  interface Charged {
    readonly sale: Sale;
    readonly times: readonly string[];
    readonly notices: readonly string[];
  }
  /** One sale; ends at the first refusal of the card, as the bar keeper would. */
  const charge = async (amount: Msat, description: string, display: SaleDisplay = {}): Promise<Charged> => {
    const times: string[] = [];
    const notices: string[] = [];
    const giveUp = new AbortController();
    const sale = await world.terminal.charge(
      { amount, description },
      {
        ...(context.trace ? { trace: context.trace } : {}),
        onStep: (step, milliseconds) => times.push(`${STEP_NAMES[step]} ${milliseconds.toFixed(0)} ms`),
        ...display,
        onNotice: (sentence) => {
          notices.push(sentence);
          if (notices.length > 1 || !display.onNotice) giveUp.abort();
          else display.onNotice(sentence);
        },
      },
      AbortSignal.any([giveUp.signal, context.signal]),
    );
    return { sale, times, notices };
  };
  const paid = ({ sale, times }: Charged) => {
    if (sale.state !== "paid") throw new Error(`the sale was expected to be paid: ${cancelSentence(sale)}`);
    return {
      outcome: `Paid: ${formatMsat(sale.received ?? 0n)} on the bar's own node (${times.join(", ")}).`,
      facts: { sale: sale.number, receivedMsat: sale.received, times },
    };
  };
  const refusedByCard = ({ sale, notices }: Charged) => {
    if (sale.state !== "cancelled" || !notices[0]) throw new Error("the card was expected to refuse");
    return {
      outcome: `The card refused. On the bar's screen: "${notices[0]}" The invoice is cancelled.`,
      facts: { sale: sale.number, notice: notices[0] },
    };
  };
  const withPin: SaleDisplay = { askPin: async () => issued.pin };

  let beer: Sale | undefined;
  await story.step("A beer for 2,500 sat. The customer taps.", async () => {
    const charged = await charge(sat(2_500), "beer");
    beer = charged.sale;
    return paid(charged);
  });
  await story.step("The same invoice is tapped again.", async () => {
    if (!beer) throw new Error("no sale before");
    const { token } = await takeToken(
      counter.reader,
      { amount: beer.amount, invoiceHash: invoiceHash(beer.invoice) },
      { signal: context.signal, trace: context.trace },
    );
    const same = beer.token !== undefined && Buffer.compare(token, beer.token) === 0;
    return {
      outcome: `The card answers with the same counter${same ? "" : ", freshly signed and sealed"}: nothing is charged a second time.`,
      facts: { sameBytes: same },
    };
  });
  await story.step("A round for 15,000 sat: above what the card may pay at once.", async () =>
    refusedByCard(await charge(sat(15_000), "a round")),
  );
  await story.step("Dinner for 6,000 sat: above the limit for paying without a PIN.", async () =>
    refusedByCard(await charge(sat(6_000), "dinner")),
  );
  await story.step("The customer types the PIN and taps again.", async () =>
    paid(await charge(sat(6_000), "dinner", withPin)),
  );
  await story.step("A ticket for 12,000 sat, with the PIN: more than what is left.", async () =>
    refusedByCard(await charge(sat(12_000), "ticket", withPin)),
  );
  await story.step("The festival takes 20,000 sat in cash for the card. A coffee for 500 sat.", async () => {
    await fundCard(world.store, issued.cardId, sat(20_000), "cash at the desk", Date.now());
    const charged = await charge(sat(500), "coffee");
    const { outcome, facts } = paid(charged);
    return { outcome: `${outcome} The terminal gave the signed top-up to the card in the same tap.`, facts };
  });
  await story.step(
    "The ticket again. This time the card is torn away in the middle of signing.",
    async () => {
      let commands = 0;
      let torn = false;
      const charged = await charge(sat(12_000), "ticket", {
        ...withPin,
        trace: (line) => {
          context.trace?.(line);
          // SELECT, AUTHORIZE (wants the PIN), VERIFY, AUTHORIZE: the fourth is torn after it has run.
          if (line.direction === "to-card" && ++commands === 4 && !torn) counter.tearAway("after-command");
        },
        onNotice: (sentence) => {
          torn = true;
          story.line(`The card has charged itself, but the terminal never got the token. "${sentence}"`);
          void counter.take().then(() => counter.lay(issued.card));
        },
      });
      const { outcome, facts } = paid(charged);
      return { outcome: `${outcome} Completed by tapping again, charged once.`, facts };
    },
  );
  await story.step(
    "Fireworks for 11,000 sat: the card would, but the festival allows 30,000 sat a day.",
    async () => {
      const { sale } = await charge(sat(11_000), "fireworks", withPin);
      if (sale.cancelReason !== "rejected") throw new Error("the issuer was expected to decline");
      return {
        outcome: `On the bar's screen: "${cancelSentence(sale)}" The money is released to the card with its next update.`,
        facts: { sale: sale.number, reasonCode: sale.reasonCode },
      };
    },
  );
  story.line(
    `(Card ${formatCardId(issued.cardId)}: at most ${formatMsat(CARD.maxPerTransaction)} at once is its own rule, the day's limit its issuer's.)`,
  );
}
