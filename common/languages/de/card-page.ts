import type { texts as english } from "../en/card-page.js";
import type { Texts } from "../texts.js";

export const texts = {
  title: "Ihre Karte",
  buttons: {
    open: "Anzeigen",
    refresh: "Aktualisieren",
    block: "Karte sperren",
    keep: "Nicht sperren",
    next: "Weiter",
    blockNow: "Jetzt sperren",
  },
  noSecret: "Scannen Sie mit diesem Telefon den QR-Code auf der Rückseite Ihrer Karte.",
  code: "Code aus Ihrem Brief, 8 Ziffern",
  codeHint: "Niemand sonst fragt Sie nach diesem Code: kein Geschäft, kein Terminal, keine Nachricht.",
  codeForm: "Der Code hat 8 Ziffern. Er ist nicht die PIN der Karte.",
  opening: "Einen Moment …",
  wrong: "Mit diesem Code wurde nichts gefunden.",
  wrongHint:
    "Prüfen Sie den Code in Ihrem Brief und scannen Sie den neuesten QR-Code Ihrer Karte. Nach drei falschen Codes wartet die Seite eine Weile.",
  locked: "Zu viele falsche Codes.",
  lockedHint: (wait) =>
    `Versuchen Sie es in ${wait} wieder. Beim Herausgeber bekommen Sie sofort einen neuen Code.`,
  busy: "Zurzeit fragen zu viele Leute.",
  busyHint: "Versuchen Sie es in einer Minute wieder.",
  away: "Die Seite kann zurzeit nicht gelesen werden.",
  awayHint: "Versuchen Sie es in einigen Minuten wieder. Ihre Karte funktioniert auch ohne diese Seite.",
  closed:
    "Die Seite wurde nach zehn Minuten oder vom Herausgeber geschlossen. Geben Sie den Code erneut ein.",
  left: "Guthaben auf der Karte",
  about: (sum) => `etwa ${sum}`,
  inFlight: (sum) => `Zahlungen unterwegs: ${sum}. Sie sind bereits abgezogen.`,
  waits: "Eine Änderung wartet auf Ihre Karte: Sie erhält sie bei der nächsten Zahlung.",
  standing: {
    active: "Ihre Karte kann zahlen.",
    pending: "Ihre Karte ist noch nicht in Gebrauch. Fragen Sie beim Herausgeber.",
    blocked: "Ihre Karte ist gesperrt: Mit ihr wird nichts bezahlt.",
    "paid-out": "Ihre Karte wurde ausgezahlt und kann nicht mehr zahlen.",
    replaced: "Ihre Karte wurde durch eine andere ersetzt. Das Guthaben ist dorthin übergegangen.",
    retired: "Ihre Karte ist endgültig außer Gebrauch.",
  },
  next: {
    blocked: (desk) => `Nur der Herausgeber kann sie entsperren oder ersetzen: ${desk}.`,
    blockedAnywhere: "Nur der Herausgeber kann sie entsperren oder ersetzen.",
    "paid-out": "Wenn Sie das Geld nicht bekommen haben, fragen Sie beim Herausgeber.",
    replaced: "Scannen Sie den QR-Code der neuen Karte. Werfen Sie diese weg.",
    retired: "Wenn Guthaben darauf war, fragen Sie beim Herausgeber.",
  },
  payments: "Letzte Zahlungen",
  noPayments: "Mit dieser Karte wurde noch nichts bezahlt.",
  states: { paid: "bezahlt", "in-flight": "unterwegs", "not-paid": "nicht bezahlt" },
  refunded: (sum) => `${sum} erstattet`,
  asOf: (time) => `Stand ${time}`,
  leave: "Schließen Sie diese Seite, wenn Sie fertig sind: Auf diesem Telefon bleibt nichts.",
  block: {
    title: "Diese Karte sperren?",
    what: "Ab sofort wird mit ihr nichts mehr bezahlt. Das Guthaben bleibt Ihres.",
    again: "Wirklich sperren?",
    where: (desk) => `Hier können Sie sie nicht entsperren. Das kann nur der Herausgeber: ${desk}.`,
    whereAnywhere: "Hier können Sie sie nicht entsperren. Das kann nur der Herausgeber.",
    failed:
      "Es ist nicht sicher, ob Ihre Karte gesperrt ist. Versuchen Sie es noch einmal oder gehen Sie zum Herausgeber.",
  },
} satisfies Texts<typeof english>;
