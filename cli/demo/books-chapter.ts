import { formatMsat } from "../../common/index.js";
import { totalsOf } from "../../host/index.js";
import { remaining, showCard, verifyLedger } from "../../issuer/ledger/index.js";
import type { IssuedCard } from "./make-cards.js";
import type { Story } from "./story.js";
import type { World } from "./world.js";

/** What both sides have in their books at the end. */
export async function booksChapter(story: Story, world: World, issued: IssuedCard): Promise<void> {
  story.chapter("The books");
  await story.step("The festival's ledger and the bar's sales.", async () => {
    const card = await showCard(world.store.db, issued.cardId);
    const report = await verifyLedger(world.store);
    const totals = totalsOf(world.sales.between(0, 2 ** 40));
    if (report.violations.length)
      throw new Error(`the ledger does not hold: ${report.violations[0]?.invariant}`);
    if (totals.received !== card.spent)
      throw new Error(`the ledger says ${card.spent} msat were paid, the bar has ${totals.received}`);
    story.line(
      `Paid in for the card ${formatMsat(card.funded)}, spent ${formatMsat(card.spent)}, left ${formatMsat(remaining(card))}.`,
    );
    story.line(
      `The bar sold ${totals.paid} times for ${formatMsat(totals.received)}; ${totals.cancelled === 1 ? "1 sale was" : `${totals.cancelled} sales were`} cancelled.`,
    );
    return {
      outcome: `Both agree to the millisatoshi. The ledger's ${report.invariants} invariants hold.`,
      facts: {
        fundedMsat: card.funded,
        spentMsat: card.spent,
        receivedMsat: totals.received,
        invariants: report.invariants,
      },
    };
  });
}
