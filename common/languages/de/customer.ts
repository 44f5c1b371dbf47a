import type { texts as english } from "../en/customer.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Kundenanzeige",
  buttons: {},
  welcome: "Willkommen",
  state: {
    waiting: {
      title: "Bitte bezahlen",
      next: "Karte oder Telefon an das Lesegerät halten, oder den Code scannen.",
    },
    card: { title: "Einen Moment", next: "Bitte die Karte liegen lassen." },
    torn: { title: "Bitte noch einmal", next: "Die Karte erneut an das Lesegerät halten." },
    notTaken: { title: "Das ging nicht", next: "Bitte eine andere Karte nehmen oder den Code scannen." },
    pin: { title: "Ihre PIN, bitte", next: "Bitte an der Kasse eingeben." },
    paying: { title: "Zahlung läuft", next: "Einen Moment, bitte." },
    cancelling: { title: "Einen Moment", next: "Der Verkauf wird abgebrochen." },
    paid: { title: "Vielen Dank!", next: "Bezahlt." },
    accepted: {
      title: "Vielen Dank!",
      next: "Angenommen. Die Zahlung folgt, sobald eine Verbindung besteht.",
    },
    cancelled: { title: "Abgebrochen", next: "Es wurde nichts bezahlt." },
    expired: { title: "Zeit abgelaufen", next: "Es wurde nichts bezahlt." },
    declined: { title: "Abgelehnt", next: "Es wurde nichts bezahlt. Bitte auf andere Weise bezahlen." },
    refused: { title: "Nicht bezahlt", next: "Bitte an der Kasse fragen." },
    unknown: { title: "Einen Moment", next: "Es besteht keine Verbindung zur Kasse." },
  },
  code: (sum) => `QR-Code der Rechnung über ${sum}`,
} satisfies Texts<typeof english>;
