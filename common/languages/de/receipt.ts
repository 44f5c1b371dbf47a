import type { texts as english } from "../en/receipt.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales === 1 ? "1 Verkauf" : `${sales} Verkäufe`);

export const texts = {
  sale: (number: number) => `Verkauf ${number}`,
  total: "Summe",
  tip: "Trinkgeld",
  tipOf: (percent: number) => `Trinkgeld ${percent} %`,
  refunded: "Erstattet",
  left: "Rest auf Karte",
  paymentHash: "Zahlungs-Hash",
  paid: "BEZAHLT",
  notPaid: "NICHT BEZAHLT",
  accepted: "ANGENOMMEN",
  notPaidYet: "NOCH NICHT BEZAHLT",
  refusedNotPaid: "ABGELEHNT, NICHT BEZAHLT",
  count: sold,
  day: {
    notClosed: "Noch nicht abgeschlossen",
    sales: "Verkäufe",
    numbers: (first: number, last: number) => `${first} bis ${last}`,
    paid: "Bezahlt",
    received: "Eingenommen",
    inSales: (sales: number) => `in ${sales === 1 ? "1 Verkauf" : `${sales} Verkäufen`}`,
    refunds: "Erstattungen",
    refunded: "Erstattet",
    refused: "Angen., abgelehnt",
    cancelled: "Abgebrochen",
  },
  totals: {
    paid: "Bezahlt",
    refunded: "Erstattet",
    cancelled: "Abgebrochen",
    unfinished: "Nicht abgeschlossen",
    accepted: "Angenommen",
    acceptedPaid: "bezahlt",
    acceptedRefused: "abgelehnt",
    acceptedOpen: "offen",
  },
} satisfies Texts<typeof english>;
