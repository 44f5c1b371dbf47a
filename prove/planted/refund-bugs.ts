import { bug, bugsOf, type PlantedBug } from "./bug.js";

const ledger = (named: string) => ({ tests: "test/issuer/refunds.test.ts", named });
const merchant = (named: string) => ({ tests: "test/terminal/refund-to-card.test.ts", named });
const offers = (named: string) => ({ tests: "test/lightning/api-refund-sender.test.ts", named });

const DESK = "issuer/authorizer/refund-desk.ts";
const REFUNDS = "issuer/ledger/refunds.ts";
const OFFER = "lightning/api/refund-offer.ts";
const TO_CARD = "host/terminal/refund-to-card.ts";

/** In refunds of sales to the cards that paid. */
export const REFUND_BUGS: readonly PlantedBug[] = bugsOf("refund", [
  bug(
    "a refund is credited before its invoice is settled",
    [ledger("on sqlite is an invoice of the issuer, bound to the sale")],
    [
      DESK,
      "    const found = await node.lookupInvoice(paymentHash);\n",
      `    const told = await node.lookupInvoice(paymentHash);
    const all = { state: "settled", preimage: paymentHash, received: 10n ** 18n as never } as const;
    const found = told.state === "open" ? all : told;
`,
    ],
    [REFUNDS, "if (!provesPayment(paymentHash, preimage)) throw", "if (preimage.length !== 32) throw"],
  ),
  bug(
    "a refund is credited whatever proves its payment",
    [ledger("on sqlite is not credited for a preimage of something else")],
    [REFUNDS, "if (!provesPayment(paymentHash, preimage)) throw", "if (preimage.length !== 32) throw"],
  ),
  bug(
    "a refund is credited each time that its invoice is read",
    [ledger("on sqlite is credited once"), ledger("on postgres is credited once")],
    [REFUNDS, 'if (!refund || refund.state === "settled") return', "if (!refund) return"],
    [REFUNDS, '      .where("state", "<>", "settled")\n', ""],
  ),
  bug(
    "a refund credits a millisatoshi more than was paid",
    [ledger("on sqlite is credited once")],
    [REFUNDS, "const amount = msat(refund.amount);", "const amount = msat(refund.amount + 1n);"],
  ),
  bug(
    "refunds whose invoices are open do not count",
    [ledger("on sqlite comes in parts, in all at most the sale")],
    [REFUNDS, 'refunded + sumOf(refunds, "open") + asked.amount > found.amount', "refunded > found.amount"],
  ),
  bug(
    "refunds that were credited do not count",
    [ledger("on sqlite comes in parts, in all at most the sale")],
    [REFUNDS, "if (refunded + asked.amount > found.amount)", "if (asked.amount > found.amount)"],
    [REFUNDS, "if (refunded + sumOf(", "if (sumOf("],
  ),
  bug(
    "an answer to a request for a refund tells the card",
    [ledger("on sqlite says nothing of the card")],
    [
      DESK,
      "      description: refundDescription(asked),",
      "      description: refundDescription(asked) + cardName(first.sale.card),",
    ],
  ),
  bug(
    "a retired card takes refunds",
    [ledger("on sqlite to a card that is retired or cashed out"), merchant("cashed out or retired")],
    [REFUNDS, '  if (state === "retired") return REFUND_REASON.CARD_RETIRED;\n', ""],
  ),
  bug(
    "a card that was cashed out takes refunds",
    [ledger("on sqlite to a card that is retired or cashed out"), merchant("cashed out or retired")],
    [REFUNDS, 'last?.kind === "cash-out" ? REFUND_REASON', 'last?.kind === "reverse" ? REFUND_REASON'],
  ),
  bug(
    "an open refund of a card that was taken out of use can still be paid",
    [ledger("on sqlite to a card that is retired or cashed out")],
    [DESK, "if (!isOver && !isRefused) return;", "if (!isOver || isRefused) return;"],
  ),
  bug(
    "a routing node may ask for the refund of a sale",
    [ledger("on sqlite is refused to every peer that is not the payee")],
    [REFUNDS, "equalBytes(found.payee, asked.peer)", "found.payee.length === asked.peer.length"],
  ),
  bug(
    "a refund is given up while its payment is being taken in",
    [ledger("on sqlite is not given up while its payment is being taken in")],
    [
      DESK,
      'if (error.code === "already-settled") return false;',
      'if (error.code === "already-settled") return true;',
    ],
  ),
  bug(
    "what settled while no service ran is not read again",
    [ledger("on sqlite that settles while no service runs")],
    [DESK, "return await this.#credit({ paymentHash, ...found });", "return;"],
  ),
  bug(
    "the balance of a replaced card is not followed",
    [ledger("on sqlite of a replaced card goes to the card that has its balance")],
    [REFUNDS, "    if (!next) return holder;", "    if (!next || holder !== 0n) return holder;"],
  ),
  bug(
    "an invoice for a refund of another sale is paid",
    [offers("refuses an invoice of another sale"), offers("refuses an invoice of another refund")],
    [
      OFFER,
      "invoice.description !== refundDescription(request)",
      "invoice.description?.length !== refundDescription(request).length",
    ],
  ),
  bug(
    "an invoice for a refund of another node is paid",
    [offers("refuses an invoice of another node")],
    [OFFER, "if (!equalBytes(invoice.payee, terms.nodeId)) throw", "if (invoice.payee.length !== 33) throw"],
  ),
  bug(
    "a refund to a card is paid before it is durable",
    [merchant("after it was paid is paid once")],
    [
      TO_CARD,
      '  store.refunding(number, offer.invoice, wanted, "card");\n',
      '  await node.pay({ invoice: offer.invoice, maxFee: wanted });\n  store.refunding(number, offer.invoice, wanted, "card");\n',
    ],
  ),
  bug(
    "each request for a refund has an id of its own",
    [merchant("after the issuer has answered is paid once")],
    [
      TO_CARD,
      "const id = refundId ?? store.newRefundId(number, undefined,",
      "const id = store.newRefundId(number, refundId,",
    ],
  ),
]);
