import type { texts as english } from "../en/receipt.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales < 2 ? `${sales} vente` : `${sales} ventes`);

export const texts = {
  sale: (number: number) => `Vente ${number}`,
  total: "Total",
  tip: "Pourboire",
  tipOf: (percent: number) => `Pourboire ${percent} %`,
  refunded: "Remboursé",
  left: "Reste sur carte",
  paymentHash: "Empreinte du paiement",
  paid: "PAYÉ",
  notPaid: "NON PAYÉ",
  accepted: "ACCEPTÉ",
  notPaidYet: "PAS ENCORE PAYÉ",
  refusedNotPaid: "REFUSÉ, NON PAYÉ",
  count: sold,
  day: {
    notClosed: "Pas encore clôturée",
    sales: "Ventes",
    numbers: (first: number, last: number) => `${first} à ${last}`,
    paid: "Payées",
    received: "Encaissé",
    inSales: (sales: number) => `en ${sold(sales)}`,
    refunds: "Remboursements",
    refunded: "Remboursé",
    refused: "Accepté, refusé",
    cancelled: "Annulées",
  },
  totals: {
    paid: "Payées",
    refunded: "Remboursé",
    cancelled: "Annulées",
    unfinished: "Inachevées",
    accepted: "Acceptées",
    acceptedPaid: "payé",
    acceptedRefused: "refusé",
    acceptedOpen: "ouvert",
  },
} satisfies Texts<typeof english>;
