import type { texts as english } from "../en/sentences.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales === 1 ? "1 Verkauf" : `${sales} Verkäufe`);
const tries = (left: number): string =>
  left === 0
    ? "kein Versuch ist übrig"
    : left === 1
      ? "ein Versuch ist übrig"
      : `${left} Versuche sind übrig`;

const UPDATE = "Bitte die Software des Terminals aktualisieren.";
const OTHER_PAYMENT = "Bitte anders bezahlen lassen.";
const OTHER_CARD = "Bitte eine andere Karte verlangen.";
const OTHER_CARD_OR_PAYMENT = "Bitte eine andere Karte verlangen oder anders bezahlen lassen.";
const SMALLER_OR_OTHER = "Bitte einen kleineren Betrag nehmen oder anders bezahlen lassen.";
const NOT_ACCEPTED = "Bitte nicht annehmen.";
const NEW_SALE = "Bitte neu kassieren und die Karte noch einmal auflegen.";
const INVOICE_REFUND = "Bitte auf eine Rechnung des Kunden erstatten.";
const FOREIGN_TERMINAL = "Dieses Terminal spricht nicht die Sprache Ihrer Karte.";
const LAY_AGAIN = "Bitte legen Sie Ihre Karte noch einmal auf.";

export const texts = {
  status: {
    ok: { merchant: "Fertig.", cardholder: "Fertig." },
    "wrong-length": {
      merchant: `Die Karte lehnt die Länge der Nachricht ab. ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "domain-locked": {
      merchant: "Die Verwaltung der Karte ist gesperrt. Karte beiseitelegen und ihren Hersteller fragen.",
      cardholder: "Ihre Karte ist gesperrt. Bitte wenden Sie sich an den Herausgeber.",
    },
    "not-authenticated": {
      merchant:
        "Die Karte nimmt die Schlüssel nicht an. Karte beiseitelegen und nicht mit denselben Schlüsseln weiterversuchen.",
      cardholder: "Dieses Terminal hat nicht die Schlüssel Ihrer Karte.",
    },
    "channel-not-supported": {
      merchant: `Die Karte nimmt keine Befehle auf einem anderen logischen Kanal an. ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "chain-not-ended": {
      merchant: "Die Nachricht ist mittendrin abgebrochen. Bitte das Telefon noch einmal auflegen.",
      cardholder: "Bitte legen Sie Ihr Telefon noch einmal auf.",
    },
    "chaining-not-supported": {
      merchant: `Die Karte nimmt keine Nachrichten in Teilen an. ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "pin-required": {
      merchant:
        "Dieser Betrag braucht die PIN. Bitte PIN eingeben lassen und die Karte noch einmal auflegen.",
      cardholder: "Bitte geben Sie Ihre PIN ein und legen Sie die Karte noch einmal auf.",
    },
    "pin-blocked": {
      merchant:
        "Die PIN ist gesperrt. Bitte anders bezahlen lassen und den Kunden an den Herausgeber verweisen.",
      cardholder:
        "Ihre PIN ist nach zu vielen falschen Versuchen gesperrt. Der Herausgeber kann sie entsperren.",
    },
    "no-pin": {
      merchant: `Dieser Betrag braucht eine PIN, die Karte hat aber keine. ${SMALLER_OR_OTHER}`,
      cardholder: "Ihre Karte hat keine PIN und kann diesen Betrag nicht zahlen.",
    },
    "wrong-lifecycle": {
      merchant: "Die Karte ist dafür nicht bereit: Sie ist noch nicht oder schon personalisiert.",
      cardholder: "Ihre Karte ist nicht zum Zahlen eingerichtet. Bitte wenden Sie sich an den Herausgeber.",
    },
    "secure-messaging-missing": {
      merchant: "Die Karte hat die sichere Verbindung beendet. Bitte noch einmal auflegen.",
      cardholder: LAY_AGAIN,
    },
    "secure-messaging-wrong": {
      merchant:
        "Die Karte hat die sichere Verbindung beendet, weil unterwegs eine Nachricht verändert wurde. Bitte noch einmal auflegen.",
      cardholder: LAY_AGAIN,
    },
    "wrong-data": {
      merchant: `Die Karte lehnt den Inhalt der Nachricht ab. Bitte den Betrag prüfen und die Software des Terminals aktualisieren.`,
      cardholder: "Das Terminal hat etwas gesendet, das Ihre Karte nicht annimmt.",
    },
    "application-not-found": {
      merchant: `Das ist keine chequecard. ${OTHER_CARD}`,
      cardholder: "Diese Karte kann hier nicht zahlen.",
    },
    "no-room": {
      merchant: "Die Karte hat keinen Platz für weitere Schlüssel. Bitte vorhandene Schlüssel ersetzen.",
      cardholder: "Ihre Karte ist voll. Bitte wenden Sie sich an den Herausgeber.",
    },
    "wrong-parameters": {
      merchant: `Die Karte kennt diese Form des Befehls nicht. ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "not-this-card": {
      merchant:
        "Die Karte kennt diesen Schlüsselsatz oder dieses Datenobjekt nicht. Die Nachricht war für eine andere Kartenserie.",
      cardholder: "Die Nachricht war nicht für Ihre Karte.",
    },
    "unknown-command": {
      merchant: `Die Karte kennt diesen Befehl nicht. ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "unknown-class": {
      merchant: `Die Karte kennt diese Klasse von Befehlen nicht. ${UPDATE}`,
      cardholder: FOREIGN_TERMINAL,
    },
    "card-fault": {
      merchant: `Die Karte meldet einen inneren Fehler. Bitte noch einmal auflegen. Bleibt er, eine andere Karte verlangen.`,
      cardholder:
        "Ihre Karte hat einen Fehler. Legen Sie sie noch einmal auf oder fragen Sie den Herausgeber.",
    },
    "above-max-per-transaction": {
      merchant: `Der Betrag ist höher, als diese Karte auf einmal zahlen darf. ${SMALLER_OR_OTHER}`,
      cardholder: "Das ist mehr, als Ihre Karte auf einmal zahlen darf.",
    },
    "above-available": {
      merchant:
        "Auf der Karte ist nicht genug Geld. Bitte einen kleineren Betrag nehmen, aufladen oder anders bezahlen lassen.",
      cardholder: "Auf Ihrer Karte ist nicht genug Geld.",
    },
    "counter-used-up": {
      merchant: `Die Karte hat alle Zahlungen gemacht, die sie machen darf. ${OTHER_PAYMENT}`,
      cardholder: "Ihre Karte hat alle ihre Zahlungen gemacht. Der Herausgeber kann die Zahl erhöhen.",
    },
    blocked: {
      merchant: `Der Herausgeber hat diese Karte gesperrt. ${NOT_ACCEPTED}`,
      cardholder: "Ihre Karte ist gesperrt. Bitte wenden Sie sich an den Herausgeber.",
    },
    "not-from-issuer": {
      merchant: "Die Aktualisierung ist nicht vom Herausgeber der Karte signiert. Nichts wurde geändert.",
      cardholder: "Die Aktualisierung kam nicht vom Herausgeber Ihrer Karte. Nichts wurde geändert.",
    },
    "nothing-yet": {
      merchant:
        "Das Telefon hat noch keine Nachricht. Bitte warten, bis der Kunde zugestimmt und es gezahlt hat.",
      cardholder: "Bitte stimmen Sie der Zahlung auf Ihrem Telefon zu und legen Sie es noch einmal auf.",
    },
    declined: {
      merchant: `Der Kunde hat abgelehnt, oder die Zahlung ist gescheitert. ${OTHER_PAYMENT}`,
      cardholder: "Sie haben die Zahlung abgelehnt, oder sie ist gescheitert. Nichts wurde bezahlt.",
    },
    "invoice-not-accepted": {
      merchant: `Die Wallet des Kunden kann diese Rechnung nicht zahlen. ${OTHER_PAYMENT}`,
      cardholder: "Ihre Wallet kann diese Rechnung nicht zahlen.",
    },
    "pin-wrong": {
      merchant: "Die PIN war falsch. Bitte den Kunden noch einmal eingeben lassen.",
      cardholder: "Diese PIN war falsch. Bitte versuchen Sie es noch einmal.",
    },
    "more-data": {
      merchant: `Die Karte hat mehr zu sagen und wurde nicht gefragt. ${UPDATE}`,
      cardholder: LAY_AGAIN,
    },
    "wrong-expected-length": {
      merchant: `Die Karte will mit einer anderen Länge antworten. ${UPDATE}`,
      cardholder: LAY_AGAIN,
    },
  },
  unknownStatus: {
    merchant: (sw: string) =>
      `Die Karte hat mit ${sw} geantwortet, das dieses Terminal nicht kennt. ${OTHER_PAYMENT}`,
    cardholder: (sw: string) => `Ihre Karte hat mit ${sw} geantwortet, das dieses Terminal nicht kennt.`,
  },
  pinTries: {
    merchant: (left: number) =>
      `Die PIN war falsch, und ${tries(left)}. ${left === 0 ? OTHER_PAYMENT : "Bitte den Kunden noch einmal eingeben lassen."}`,
    cardholder: (left: number) => `Diese PIN war falsch, und ${tries(left)}.`,
  },
  reject: {
    "invoice-malformed": `Der Herausgeber kann die Rechnung nicht lesen. ${UPDATE}`,
    "invoice-wrong-network": `Der Herausgeber der Karte ist in einem anderen Netz als dieses Terminal. ${OTHER_CARD}`,
    "invoice-unknown-feature": `Der Knoten des Herausgebers kennt eine Eigenschaft nicht, die die Rechnung verlangt. ${OTHER_PAYMENT}`,
    "invoice-expired": "Die Rechnung ist abgelaufen, bevor sie bezahlt werden konnte. Bitte neu kassieren.",
    "invoice-without-amount": "Die Rechnung hat keinen Betrag. Bitte mit einem Betrag neu kassieren.",
    "payee-not-allowed": `Diese Karte darf in diesem Geschäft nicht zahlen. ${OTHER_PAYMENT}`,
    "payee-is-payer": `Geschäft und Herausgeber der Karte haben denselben Knoten, der sich nicht selbst bezahlen kann. ${OTHER_PAYMENT}`,
    "invoice-taken":
      "Dieser Verkauf ist mit einer anderen Autorisierung schon bezahlt oder wird es gerade. Bitte zuerst den Verkauf prüfen.",
    "invoice-expires-late":
      "Der Verkauf bleibt länger offen, als der Herausgeber der Karte annimmt. Bitte im Terminal eine kürzere Zeit einstellen, seine Uhr prüfen und neu kassieren.",
    "token-not-accepted": `Der Herausgeber nimmt diese Karte nicht an. ${OTHER_CARD_OR_PAYMENT}`,
    "token-other-invoice": `Die Karte hat einen anderen Verkauf autorisiert. ${NEW_SALE}`,
    "token-other-amount": `Die Karte hat einen anderen Betrag autorisiert. ${NEW_SALE}`,
    "card-blocked": `Der Herausgeber hat diese Karte endgültig aus dem Verkehr gezogen. ${NOT_ACCEPTED}`,
    "token-void": `Diese Autorisierung gilt nicht mehr. ${NEW_SALE}`,
    "card-contradicts": `Der Herausgeber hat diese Karte gesperrt. ${NOT_ACCEPTED}`,
    "above-max-per-transaction": `Der Betrag ist höher, als diese Karte auf einmal zahlen darf. ${SMALLER_OR_OTHER}`,
    "above-period-limit": `Diese Karte hat ihr Limit für heute oder für diesen Monat erreicht. ${SMALLER_OR_OTHER}`,
    "pin-required":
      "Der Herausgeber verlangt für diesen Betrag die PIN. Bitte neu kassieren, die PIN eingeben lassen und die Karte noch einmal auflegen.",
    "outside-hours": `Diese Karte darf um diese Uhrzeit nicht zahlen. ${OTHER_PAYMENT}`,
    "not-funded":
      "Auf der Karte ist nicht genug Geld. Bitte einen kleineren Betrag nehmen, aufladen oder anders bezahlen lassen.",
    "below-min-per-transaction":
      "Der Betrag ist zu klein für diese Karte. Bitte einen größeren Betrag nehmen oder anders bezahlen lassen.",
    "payment-failed":
      "Der Knoten des Herausgebers hat keinen Zahlungsweg gefunden. Nichts wurde abgebucht. Bitte neu kassieren oder anders bezahlen lassen.",
    "fee-too-high": `Die Gebühren für den Zahlungsweg sind höher, als der Herausgeber erlaubt. Nichts wurde abgebucht. ${OTHER_PAYMENT}`,
    busy: "Der Herausgeber ist gerade überlastet. Bitte gleich noch einmal versuchen.",
    internal:
      "Beim Herausgeber ist ein Fehler aufgetreten. Nichts wurde abgebucht. Bitte später noch einmal versuchen oder anders bezahlen lassen.",
    "card-on-hold": `Der Herausgeber zahlt für diese Karte zurzeit nicht. ${OTHER_CARD_OR_PAYMENT}`,
    "no-reason": `Der Herausgeber hat die Zahlung ohne Grund abgelehnt. ${OTHER_PAYMENT}`,
  },
  unknownReject: (code: number) =>
    `Der Herausgeber hat die Zahlung mit dem Code ${code} abgelehnt, den dieses Terminal nicht kennt. ${OTHER_PAYMENT}`,
  sale: {
    tapOrScan: "Karte oder Telefon auflegen, oder den Code scannen. Strg-C bricht ab.",
    tap: "Karte oder Telefon auflegen. Strg-C bricht ab.",
    torn: "Karte oder Telefon wurde zu früh weggenommen. Bitte noch einmal auflegen.",
    phoneSilent:
      "Noch nicht bestätigt: nicht noch einmal kassieren. Das Telefon hat die Rechnung gesehen und zahlt vielleicht noch. Bitte liegen lassen oder noch einmal auflegen.",
    phonePaid: "Das Telefon meldet, dass es gezahlt hat. Warten, bis das Geld ankommt.",
    takeCard: "Bitte die Karte wegnehmen.",
    notOfThisProtocol: (problem: string) =>
      `Karte oder Telefon hat etwas geantwortet, das nicht zu diesem Protokoll gehört (${problem}).`,
    unreachable: (problem: string) =>
      `Der Knoten der Karte ist nicht erreichbar (${problem}). Es wird weiter versucht. Abbrechen, um anders bezahlen zu lassen.`,
    lostAfterAsking: (problem: string) =>
      `Noch nicht bestätigt: nicht noch einmal kassieren. Der Knoten der Karte wurde gefragt und ist nicht mehr erreichbar (${problem}). Es wird weiter versucht. Nach dem Abbrechen kann sicher nicht mehr gezahlt werden.`,
    notConfirmed:
      "Noch nicht bestätigt: nicht noch einmal kassieren. Nach dem Abbrechen kann sicher nicht mehr gezahlt werden.",
    expired: "Der Verkauf ist abgelaufen. Nichts wurde bezahlt.",
    cancelled: "Der Verkauf ist abgebrochen. Nichts wurde bezahlt, und nichts kann mehr bezahlt werden.",
    declined: (reason: string) => `Abgelehnt. ${reason}`,
    declinedForNow: (reason: string) => `Abgelehnt. ${reason} Dieser Verkauf kann nicht mehr bezahlt werden.`,
    notMeant: "Das war nicht gemeint. Nichts wurde abgebucht.",
    leftUnfinished: (number: number, amount: string) =>
      `Verkauf ${number} über ${amount} ist nicht abgeschlossen. Er wird zuerst abgeschlossen.`,
    leftForLater: (number: number) =>
      `Verkauf ${number} ist noch nicht abgeschlossen. Verkaufen Sie weiter: Er wird nebenher abgeschlossen, und sein Ende steht dann hier.`,
    finishedPaid: (number: number) =>
      `Verkauf ${number} ist bezahlt. Wurde nichts dafür ausgegeben, erstatten Sie ihn: chequecard terminal refund ${number}`,
    finishedCancelled: (number: number, why: string) => `Verkauf ${number}: ${why}`,
    ofSale: (number: number, notice: string) => `Verkauf ${number}: ${notice}`,
    channelsMissing: "Noch sind nicht alle Kanäle des Knotens verbunden. Zahlungen darüber werden scheitern.",
  },
  boltCard: {
    asked:
      "Noch nicht bestätigt: nicht noch einmal kassieren. Der Server der Karte wurde um die Zahlung gebeten und sagt sie zu; das Geld wird erwartet.",
    unclear: (problem: string) =>
      `Noch nicht bestätigt: nicht noch einmal kassieren. Der Server der Karte wurde um die Zahlung gebeten und gab keine klare Antwort (${problem}). Vielleicht zahlt er, vielleicht nicht; eine andere Karte kann zahlen, oder Sie brechen ab.`,
    said: (words: string) =>
      `Nicht bezahlt, meldet der Server der Karte, mit seinen Worten: „${words}“. Bitte die Karte noch einmal auflegen oder anders bezahlen lassen.`,
    saidNothing:
      "Nicht bezahlt, meldet der Server der Karte ohne Grund. Bitte die Karte noch einmal auflegen oder anders bezahlen lassen.",
    askedBefore:
      "Noch nicht bestätigt: nicht noch einmal kassieren. Der Server einer Bolt Card wurde schon um die Zahlung dieses Verkaufs gebeten; er wird nicht noch einmal gebeten. Eine andere Karte kann zahlen, oder Sie brechen ab.",
    pinForm: "Die PIN einer Bolt Card hat 4 Ziffern; bitte noch einmal eingeben.",
    refusal: {
      "not-a-bolt-card": (problem: string) =>
        `Mit dieser Karte kann hier nicht bezahlt werden (${problem}). ${OTHER_CARD_OR_PAYMENT}`,
      "not-allowed": (problem: string) =>
        `Der Server der Karte darf nicht gefragt werden (${problem}). ${OTHER_CARD_OR_PAYMENT}`,
      unreachable: (problem: string) =>
        `Der Server der Karte ist nicht erreichbar (${problem}), und eine Bolt Card zahlt nur über ihn. ${OTHER_CARD_OR_PAYMENT}`,
      "no-offer": (problem: string) =>
        `Der Server der Karte bietet keine Zahlung an (${problem}). ${OTHER_CARD_OR_PAYMENT}`,
      "server-refused": (words: string) =>
        `Der Server der Karte zahlt nicht, mit seinen Worten: „${words}“. ${OTHER_CARD_OR_PAYMENT}`,
      "below-minimum": (least: string) => `Diese Karte zahlt nicht weniger als ${least}. ${OTHER_PAYMENT}`,
      "above-maximum": (most: string) =>
        `Diese Karte zahlt höchstens ${most} auf einmal. ${OTHER_CARD_OR_PAYMENT}`,
      "no-pin":
        "Dieser Betrag braucht die PIN der Karte; es wurde nichts verlangt. Karte noch einmal auflegen und PIN eingeben.",
      "same-request": `Der Server der Karte gab dieselbe Nummer noch einmal, und um eine Zahlung wird einmal gebeten. ${OTHER_CARD_OR_PAYMENT}`,
      offline:
        "Keine Verbindung, und eine Bolt Card kann ohne Verbindung nicht angenommen werden. Bitte eine chequecard verlangen oder anders bezahlen lassen.",
    },
  },
  offline: {
    online: "Verbunden.",
    nothingHeld: "Nichts, was ohne Verbindung angenommen wurde, ist offen.",
    offline:
      "Keine Verbindung: Karten von Herausgebern, deren Annahmepaket dieses Terminal hat, werden innerhalb seiner Limits angenommen. Angenommen ist nicht bezahlt.",
    held: (sales: number, amount: string) =>
      `Angenommen und noch nicht weitergeleitet: ${sold(sales)} über ${amount}.`,
    tap: "Keine Verbindung: Karte auflegen. Strg-C bricht ab.",
    accepted: (amount: string) =>
      `ANGENOMMEN, NOCH NICHT BEZAHLT: ${amount}. Ware ausgeben. Die Zahlung folgt, sobald eine Verbindung da ist.`,
    notAccepted: {
      over: (number: number, amount: string, why: string) =>
        `Verkauf ${number} über ${amount} ist NICHT ANGENOMMEN (${why}). Nichts ausgeben: Er ist nicht bezahlt und kann nicht mehr bezahlt werden.`,
      open: (number: number, amount: string, why: string) =>
        `Verkauf ${number} über ${amount} ist NICHT ANGENOMMEN (${why}). Nichts ausgeben. Seine Rechnung konnte nicht storniert werden und wird vielleicht noch bezahlt: Der nächste Start des Terminals storniert sie oder meldet, dass sie bezahlt ist und wie sie erstattet wird.`,
      arriving: (number: number, amount: string, why: string) =>
        `Verkauf ${number} über ${amount} konnte nicht angenommen werden (${why}), und seine Zahlung kommt gerade an. Nichts ausgeben, bis der nächste Start des Terminals meldet, dass er bezahlt ist.`,
    },
    refused: (number: number, reason: string) =>
      `Verkauf ${number} wurde ohne Verbindung angenommen und wird nicht bezahlt: ${reason}`,
    forwarded: {
      paid: (sales: number, amount: string) =>
        `Ein angenommener Verkauf ist bezahlt. Noch offen: ${sold(sales)} über ${amount}.`,
      refused: (sales: number, amount: string) =>
        `Ein angenommener Verkauf ist abgelehnt und wird nicht bezahlt; siehe Bericht. Noch offen: ${sold(sales)} über ${amount}.`,
    },
    wentOffline:
      "Die Verbindung ist weg, und nach allem, was dieses Terminal weiß, ist noch nichts bezahlt: Der Verkauf geht ohne sie weiter.",
    refusal: {
      "no-pack": `Es gibt keine Verbindung, und dieses Terminal hat kein Annahmepaket für diese Karte. ${OTHER_PAYMENT}`,
      "no-certificate": `Es gibt keine Verbindung, und ohne sie kann diese Karte nicht angenommen werden. ${OTHER_CARD_OR_PAYMENT}`,
      "unknown-key-set": `Es gibt keine Verbindung, und das Annahmepaket dieses Terminals kennt diese Karte nicht. ${OTHER_CARD_OR_PAYMENT}`,
      "certificate-not-genuine": `Diese Karte ist nicht vom Herausgeber. ${NOT_ACCEPTED}`,
      "certificate-expired": `Die Karte kann ohne Verbindung nicht mehr angenommen werden. ${OTHER_CARD_OR_PAYMENT}`,
      "above-certificate-limit": `Der Betrag ist höher, als diese Karte ohne Verbindung zahlen darf. ${SMALLER_OR_OTHER}`,
      "card-denied": `Der Herausgeber will nicht, dass diese Karte angenommen wird. ${OTHER_CARD}`,
      "card-contradicts":
        "Diese Karte hat Dinge signiert, die nicht zugleich wahr sein können; sie ist vielleicht eine Kopie. Nicht annehmen, und die Verkäufe weiterleiten, sobald eine Verbindung da ist.",
      "above-sale-limit": `Der Betrag ist höher, als dieses Terminal ohne Verbindung annimmt. ${SMALLER_OR_OTHER}`,
      "above-card-limit":
        "Diese Karte hat hier ohne Verbindung so viel bezahlt, wie sie darf. Bitte eine andere Karte verlangen oder zuerst die Verkäufe weiterleiten.",
      "above-terminal-limit":
        "Dieses Terminal hat ohne Verbindung so viel angenommen, wie es darf. Bitte zuerst die Verkäufe weiterleiten.",
      "too-many-sales":
        "Dieses Terminal hält so viele Verkäufe, wie es ohne Verbindung darf. Bitte zuerst die Verkäufe weiterleiten.",
      "pack-too-old":
        "Das Annahmepaket ist zu alt, um Karten ohne Verbindung anzunehmen. Bitte ein neues vom Herausgeber holen.",
      "clock-behind-pack":
        "Die Uhr des Terminals liegt vor dem Tag, an dem sein Annahmepaket gemacht wurde. Bitte die Uhr stellen.",
      "token-not-genuine": `Was die Karte signiert hat, ist nicht gültig. ${NOT_ACCEPTED}`,
      "other-card": `Token und Zertifikat sind von zwei Karten. ${NOT_ACCEPTED}`,
      "other-invoice": `Die Karte hat einen anderen Verkauf autorisiert. ${NEW_SALE}`,
      "other-amount": `Die Karte hat einen anderen Betrag autorisiert. ${NEW_SALE}`,
    },
  },
  receipt: {
    notPrinted: (why: string) =>
      `Der Beleg wurde nicht gedruckt (${why}). Drucken mit „chequecard terminal receipt <Verkauf>“.`,
  },
  refund: {
    paid: (amount: string, number: number) => `${amount} von Verkauf ${number} wurden erstattet.`,
    paidToCard: (amount: string, number: number) =>
      `${amount} von Verkauf ${number} wurden auf die Karte erstattet, die bezahlt hat. Die Karte zeigt es, wenn sie das nächste Mal aufgelegt wird.`,
    aboveSale: (refunded: string, amount: string, left: string) =>
      `Von ${amount} sind ${refunded} schon erstattet, und ${left} sind übrig. Bitte einen kleineren Betrag (--amount) nehmen.`,
    allRefunded: (amount: string) =>
      `Der Verkauf über ${amount} ist schon ganz erstattet. Nichts wurde gezahlt.`,
    refused: (number: number, why: string) =>
      `Die Erstattung von Verkauf ${number} wurde nicht angenommen. ${why}`,
    inFlight: (number: number) =>
      `Die Erstattung von Verkauf ${number} läuft und ist nicht bestätigt. Denselben Befehl noch einmal ausführen, um sie abzuschließen.`,
    finishedPaid: (number: number) => `Die Erstattung von Verkauf ${number} ist gezahlt.`,
    finishedOpen: (number: number) => `Die Erstattung von Verkauf ${number} ist noch nicht bestätigt.`,
  },
  refundRefusal: {
    "unknown-sale": `Der Herausgeber kennt keine Zahlung dieses Verkaufs mit einer seiner Karten. ${INVOICE_REFUND}`,
    "card-retired": `Die Karte, die bezahlt hat, ist endgültig aus dem Verkehr gezogen. Nichts wurde gezahlt. ${INVOICE_REFUND}`,
    "card-cashed-out": `Die Karte, die bezahlt hat, ist ausgezahlt. Nichts wurde gezahlt. ${INVOICE_REFUND}`,
    "above-sale":
      "Das ist mehr, als von diesem Verkauf noch zu erstatten ist. Bitte einen kleineren Betrag nehmen.",
    "refund-over": "Die Rechnung des Herausgebers für diese Erstattung ist abgelaufen. Bitte neu erstatten.",
    "refund-differs": "Diese Erstattung wurde mit einem anderen Betrag begonnen. Bitte neu erstatten.",
    "too-many-refunds": `Der Herausgeber nimmt für diesen Verkauf keine Erstattungen mehr an. ${INVOICE_REFUND}`,
    busy: "Der Herausgeber ist gerade überlastet. Bitte gleich noch einmal versuchen.",
    "sale-in-flight":
      "Der Herausgeber hat die Zahlung dieses Verkaufs noch nicht gebucht. Bitte gleich noch einmal versuchen.",
    "refunds-open":
      "Eine andere Erstattung dieses Verkaufs ist begonnen und nicht gezahlt. Bitte in zehn Minuten noch einmal versuchen, wenn ihre Rechnung abgelaufen ist.",
  },
  unknownRefundRefusal: (code: number) =>
    `Der Herausgeber hat die Erstattung mit dem Code ${code} abgelehnt, den dieses Terminal nicht kennt. ${INVOICE_REFUND}`,
  proof: {
    holdPhone: "Telefon an das Lesegerät halten, oder den Code scannen. Strg-C beendet.",
    phoneTorn: "Das Telefon wurde zu früh weggenommen. Bitte noch einmal an das Lesegerät halten.",
    notShown: "Kein Telefon hat einen Nachweis gezeigt. Der Verkauf bleibt offen, bis er abläuft.",
    accepted: "Bezahlt. Ware ausgeben.",
    "already-used":
      "Nicht angenommen: Dieser Nachweis wurde schon gezeigt, und die Ware ist schon ausgegeben.",
    cancelled: "Nicht angenommen: Dieser Verkauf wurde abgebrochen.",
    expired: "Nicht angenommen: Dieser Verkauf ist vorbei. Seine Rechnung ist vor zu langer Zeit abgelaufen.",
    unknown: "Nicht angenommen: Das ist kein Nachweis für einen Verkauf dieses Terminals.",
  },
} satisfies Texts<typeof english>;
