import type { texts as english } from "../en/terminal.js";
import type { Texts } from "../texts.js";

const sold = (sales: number): string => (sales === 1 ? "1 Verkauf" : `${sales} Verkäufe`);
const codes = (count: number): string => (count === 1 ? "1 QR-Code" : `${count} QR-Codes`);
const tries = (left: number): string => (left === 1 ? "noch 1 Versuch" : `noch ${left} Versuche`);

export const texts = {
  sell: {
    typeAmount:
      "Betrag eingeben (2500sat, 3,50eur mit --rate 61500eur) und Enter drücken. Eine leere Zeile oder Strg-C beendet.",
    nextAmount: "Nächster Betrag:",
    sale: (number: number, amount: string) => `Verkauf ${number}: ${amount}`,
    expiry: (found: string) => `--expiry: 30 bis 86400 Sekunden angeben, nicht „${found}“`,
    served: (urls: string) =>
      `Seite und API der Kasse: ${urls}\nSchlüssel: chequecard terminal key. Strg-C beendet.`,
    servedAlready: (url: string) => `Eine Kasse dieses Ordners läuft schon: ${url}`,
    reader: (name: string) => `Lesegerät „${name}“: Unter den passenden hat dieses die Karte.`,
  },
  page: {
    opens: (url: string) => `Die Seite öffnet sich im Browser: ${url}`,
    openOnce: (minutes: number, link: string) =>
      `Innerhalb von ${minutes} Minuten einmal auf diesem Computer öffnen:\n${link}`,
    closed: "Der Browser wurde geschlossen.",
    notStarted: "Der Browser lässt sich nicht starten; öffnen Sie die Adresse selbst.",
  },
  code: {
    tooWide: (columns: number, needed: number, instead: string) =>
      `Der QR-Code passt nicht in ${columns} Spalten: Fenster auf ${needed} verbreitern, oder ${instead}.`,
    tap: "die Karte auflegen lassen",
    handOver: "die Rechnung darunter weitergeben",
    picture: "--out DATEI.png angeben",
  },
  question: {
    are: (sum: string, amount: string) => `${sum} sind ${amount}`,
    aboveLimit: (sum: string, limit: string) =>
      `${sum}: mehr als ${limit}, das Limit für einen Verkauf. Trotzdem kassieren?`,
    oddRate: (sum: string, last: string, before: string, now: string) =>
      `${sum}: Beim letzten Verkauf waren ${last} noch ${before}, mit diesem Kurs sind es ${now}. Stimmt der Kurs?`,
    choice: "[j/N]",
    yes: "j ja",
    noTerminal: (question: string) => `${question} Niemand kann hier gefragt werden.`,
    giveYes: "Mit --yes bestätigen, oder den Befehl in einem Terminal ausführen.",
  },
  pin: {
    name: "PIN",
    wrong: (left: number) => `Falsche PIN, ${tries(left)}. PIN`,
    form: (question: string) => `Eine PIN hat 4 bis 12 Ziffern. ${question}`,
    present: "Bisherige PIN",
    fresh: "Neue PIN (4 bis 12 Ziffern)",
    again: "Neue PIN noch einmal",
    differ: "Neue PIN: Die beiden Eingaben sind verschieden. Nichts wurde geändert.",
    changed: "Die PIN ist geändert.",
    nothing: (question: string) => `${question}: Nichts wurde eingegeben.`,
    noTerminal: (question: string) => `${question}: Niemand kann hier danach gefragt werden.`,
    setVariable: (variable: string) =>
      `Die Umgebungsvariable ${variable} setzen, oder den Befehl in einem Terminal ausführen.`,
    wrongVariable: (variable: string, left: number) => `PIN: Die in ${variable} ist falsch, ${tries(left)}.`,
    badVariable: (variable: string) => `PIN: In ${variable} müssen 4 bis 12 Ziffern stehen.`,
  },
  balance: {
    embedded: "Eingebetteter Knoten: ein echtes Protokoll auf einer simulierten Chain, ohne echtes Geld.",
    channelMissing:
      "Ein Kanal ist noch nicht nutzbar, und sein Geld fehlt unten: Die Gegenseite ist nicht verbunden.",
    node: "Knoten",
    canSend: "Kann senden",
    canReceive: "Kann empfangen",
    today: "Heute",
  },
  papers: {
    written: (sales: number, file: string) => `${sold(sales)} in ${file} geschrieben.`,
    nothingNew: "Seit dem letzten Abschluss wurde nichts verkauft oder erstattet. Das ist er:",
    day: (found: string) => `ein Datum wie 2026-11-22 angeben, nicht „${found}“`,
    number: (name: string, found: string) => `${name}: die Nummer angeben, nicht „${found}“`,
  },
  refund: {
    oneAmount:
      "--amount: Eine Rechnung nennt ihren Betrag selbst. Entweder --invoice oder --amount weglassen.",
  },
  refusal: {
    noSale: (number: number) => `Verkauf ${number}: Es gibt keinen mit dieser Nummer.`,
    isOpen: (number: string) =>
      `Verkauf ${number} ist an dieser Kasse offen. Bitte zuerst abschließen oder abbrechen.`,
    noPinWanted: (number: number) => `Verkauf ${number}: Keine Karte verlangt jetzt eine PIN.`,
    noPrinter: "Diese Kasse hat keinen Belegdrucker.",
    namePrinter: "Einen in terminal.yaml nennen, etwa printer: /dev/usb/lp0.",
    noTips: "Trinkgeld: Diese Kasse nimmt keines.",
    setTips: "tips in terminal.yaml setzen, oder das Trinkgeld weglassen.",
    noProduct: (field: string, product: string) => `${field}: „${product}“ gibt es nicht mehr.`,
    loadProducts: "Bitte die Artikel neu laden.",
    farRate: (last: string, rate: string) =>
      `Der letzte Kurs war ${last}, dieser ist ${rate}: weit davon weg. Stimmt er?`,
    oldRate: (rate: string, minutes: number) =>
      `Der Kurs ${rate} ist ${minutes} Minuten alt, zu alt zum Kassieren.`,
    newRate: "Bitte in sat kassieren, oder die Schichtleitung den Kurs setzen lassen.",
    otherCurrency: (currency: string, found: string) =>
      `Diese Kasse rechnet in ${currency}, nicht in „${found}“.`,
    noRate: (currency: string, example: string) =>
      `Der Preis eines Bitcoin in ${currency} fehlt, etwa ${example}.`,
    twoWays: (found: string, example: string) =>
      `„${found}“ ist nicht eindeutig. Bitte ${example} schreiben, ohne Zeichen zwischen den Tausendern.`,
    decimals: (most: number, currency: string, found: string) =>
      `Höchstens ${most} Nachkommastellen in ${currency}, nicht „${found}“.`,
    nothing: "Der Betrag muss größer als 0 sein.",
    tooMuch: (found: string) => `Höchstens 21 Millionen Bitcoin, nicht ${found}.`,
    notPaid: (number: number, state: string) =>
      `Verkauf ${number}: Nur ein bezahlter Verkauf kann erstattet werden, dieser ist ${state}.`,
    refundRange: (number: number, most: string, found: string) =>
      `Verkauf ${number}: Mehr als 0 und höchstens ${most} angeben, nicht ${found}.`,
    noCard: (number: number) =>
      `Verkauf ${number}: Keine Karte hat bezahlt, auf die erstattet werden kann (Bolt Cards und Wallets nennen keinen Knoten).`,
    toInvoice: "Um stattdessen auf eine Rechnung des Kunden zu erstatten: --invoice <bolt11>.",
    noAnswer: (problem: string) => `Der Knoten der Karte, die bezahlt hat, ${problem}. Nichts wurde gezahlt.`,
    cannotBeAsked: (why: string) => `ist nicht erreichbar (${why})`,
    doesNotAnswer: "antwortet nicht",
    tryLater: "Bitte später mit demselben Befehl noch einmal versuchen.",
    refundStarted: (number: number) => `Verkauf ${number}: Eine Erstattung ist schon begonnen.`,
    refundIsPaid: "Sie ist gezahlt.",
    finishCard: (command: string) =>
      `Bitte diese zuerst abschließen, mit demselben Betrag und ohne --invoice: ${command}. Sie ist noch offen.`,
    finishInvoice: "Bitte diese zuerst abschließen, mit derselben Rechnung: Sie ist noch offen.",
    refundFailed: (number: number, why: string) =>
      `Verkauf ${number}: Die Erstattung konnte nicht gezahlt werden: ${why}`,
    againOrInvoice:
      "Bitte gleich noch einmal versuchen, oder auf eine Rechnung des Kunden erstatten: --invoice <bolt11>.",
    anotherInvoice:
      "Bitte den Kunden um eine andere Rechnung bitten, oder um eine von einer Wallet, die jetzt empfangen kann.",
    invoiceTooHigh: (number: number, most: string, found: string) =>
      `Verkauf ${number}: Die Rechnung darf höchstens über ${most} lauten, diese hat ${found}.`,
    noAmount: "keinen Betrag",
    paidBefore: (number: number) => `Verkauf ${number}: Diese Rechnung wurde schon bezahlt.`,
    newInvoice: "Bitte den Kunden um eine neue bitten.",
  },
  carry: {
    written: (sales: number, amount: string, places: string) =>
      `${sold(sales)} über ${amount} in ${places} geschrieben. Sie bleiben hier offen, bis die Ergebnisse zurück sind.`,
    atShop: (command: string) => `Im Geschäft: ${command}`,
    asCodes: (folder: string, count: number) => `${folder}, als ${codes(count)}`,
    both: (file: string, folder: string) => `${file} und ${folder}`,
    needPlace: "--out DATEI für eine Datei oder --qr ORDNER für QR-Codes angeben",
    taken: (sales: number, known: number) => `${sold(sales)}, davon ${known} schon bekannt.`,
    paid: "Bezahlt",
    refused: "Abgelehnt",
    seeReport: (count: number) => `${count}; siehe: chequecard terminal report`,
    stillOpen: "Noch offen",
    open: "Offen",
    triedAgain: (count: number) => `${count}; wird weiter versucht, solange der Knoten läuft`,
    knownBefore: "Schon bekannt",
    results: (file: string) => `Ergebnisse für das Terminal: ${file}`,
    resultsAndCodes: (file: string, count: number, folder: string) =>
      `Ergebnisse für das Terminal: ${file}, und als ${codes(count)} in ${folder}`,
    wait: (found: string) => `--wait: 0 bis 99999 Sekunden angeben, nicht „${found}“`,
    byItself: "Das Terminal, das hier läuft, leitet selbst weiter.",
    seeOpen: "Was offen ist, zeigt: chequecard terminal report",
    saleColumn: "VERKAUF",
    amountColumn: "BETRAG",
    acceptedColumn: "ANGENOMMEN",
    beforeColumn: "WEITERLEITEN VOR",
  },
  pack: {
    key: "Terminalschlüssel",
    fingerprint: "Fingerabdruck",
    payee: "Empfänger",
    ownNode: "die Id Ihres Knotens, die seine Information zeigt",
    send: (command: string) =>
      `Schlüssel und Empfänger an den Herausgeber senden, der das Paket macht: ${command}`,
    installed:
      "Installiert. Wer dieses Paket hat, kann die Zahlungen dieser Karten auseinanderhalten. Geben Sie den Ordner nicht weiter.",
    isRight: (name: string, fingerprint: string) =>
      `Dieses Paket ist von „${name}“. Ist der Fingerabdruck des Herausgebers ${fingerprint}? Vergleichen Sie ihn mit dem, den der Herausgeber zeigt.`,
    none: (command: string) =>
      `Kein Annahmepaket ist installiert. Bitten Sie den Herausgeber um eines für diesen Schlüssel: ${command}`,
    issuer: "Herausgeber",
    label: "Für",
    number: "Nummer",
    made: "Gemacht",
    until: "Nimmt an bis",
    denied: "Gesperrte Karten",
    oneSale: "Je Verkauf",
    oneCard: "Je Karte",
    all: "Nicht weitergeleitet",
    allOf: (amount: string, sales: number) => `${amount}, ${sold(sales)}`,
    within: "Weiterleiten in",
    hours: (hours: number) => (hours === 1 ? "1 Stunde" : `${hours} Stunden`),
    guarantee: "Garantie",
    guaranteed: (perCard: string, total: string) => `${perCard} je Karte, ${total} insgesamt`,
    noGuarantee: "keine",
  },
  deputy: {
    amount: "Betrag",
    expires: "Läuft ab",
    sales: "Verkäufe",
    proof: (command: string) => `Wenn der Zahler den Nachweis zeigt: ${command}`,
    sold: (amount: string, description: string, time: string) =>
      `${amount}, ${description}, verkauft ${time}`,
    isAuthorization: "Das ist eine Zahlungsautorisierung, nicht der Nachweis einer Zahlung.",
    isOther: (type: number) =>
      `Das ist eine Nachricht vom Typ ${type}, der hier nicht bekannt ist, nicht der Nachweis einer Zahlung.`,
    showPreimage: "Die Wallet des Zahlers muss das Preimage der bezahlten Rechnung zeigen.",
  },
  invoice: {
    network: "Netz",
    amount: "Betrag",
    noAmount: "keiner: Der Zahler wählt",
    description: "Beschreibung",
    descriptionHash: "Beschreibungs-Hash",
    payee: "Empfänger",
    paymentHash: "Zahlungs-Hash",
    made: "Gemacht",
    expires: "Läuft ab",
    invoiceHash: "Rechnungs-Hash",
    signed: (hash: string) => `${hash} (den eine Karte signiert)`,
    payable: "Zahlbar",
    yes: "ja",
    no: (why: string) => `nein: ${why}`,
  },
  message: {
    type: "Typ",
    unknown: (type: number) => `${type}, den diese Version nicht kennt`,
    payload: "Inhalt",
    bytes: (count: number, hex: string) => `${count} Bytes: ${hex}`,
    authorization: "Zahlungsautorisierung: ein Token, und der Knoten, der dafür zahlt",
    node: "Knoten",
    token: "Token",
    isPreimage: "Preimage: der Nachweis, dass eine Rechnung bezahlt ist",
    paymentHash: "Zahlungs-Hash",
    preimage: "Preimage",
    notShown: "nicht gezeigt; --show-preimage zeigt es",
    written: (file: string) => `${file} geschrieben; nur Sie können die Datei lesen.`,
  },
} satisfies Texts<typeof english>;
