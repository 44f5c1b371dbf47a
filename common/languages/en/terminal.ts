import { plural } from "../../plural.js";

const sold = (sales: number): string => plural(sales, "sale");
const codes = (count: number): string => plural(count, "QR code");

/** What the commands of a till say beside the sentences of a sale. */
export const texts = {
  sell: {
    typeAmount:
      "Type an amount (2500sat, 3.50eur with --rate 61500eur) and Enter. An empty line or Ctrl-C ends.",
    nextAmount: "Next amount:",
    sale: (number: number, amount: string) => `Sale ${number}: ${amount}`,
    expiry: (found: string) => `--expiry: need 30 to 86400 seconds, have "${found}"`,
    served: (urls: string) =>
      `The till's page and API are at ${urls}\nKeys: chequecard terminal key. Ctrl-C ends.`,
    servedAlready: (url: string) => `A till of this folder is served already: ${url}`,
    reader: (name: string) => `Using the reader "${name}": of those that fit it has the card.`,
  },
  /** Of `till` and `desk`, which open a page. */
  page: {
    opens: (url: string) => `The page opens in your browser: ${url}`,
    openOnce: (minutes: number, link: string) =>
      `Open this on this computer within ${minutes} minutes, once:\n${link}`,
    closed: "The browser was closed.",
    notStarted: "The browser could not be started; open the address yourself.",
  },
  /** In place of a QR code that is wider than the window. */
  code: {
    tooWide: (columns: number, needed: number, instead: string) =>
      `The QR code does not fit into ${columns} columns: widen the window to ${needed}, or ${instead}.`,
    tap: "have the card tapped",
    handOver: "hand over the invoice below",
    picture: "give --out FILE.png",
  },
  question: {
    /** What a sum is in bitcoin. */
    are: (sum: string, amount: string) => `${sum} are ${amount}`,
    aboveLimit: (sum: string, limit: string) => `${sum}: above ${limit}, the limit of a sale. Charge it?`,
    oddRate: (sum: string, last: string, before: string, now: string) =>
      `${sum}: at the last sale ${last} were ${before}, at this rate they are ${now}. Is the rate right?`,
    choice: "[y/N]",
    /** Answers that mean yes, in small letters; `y` and `yes` do in every language. */
    yes: "y yes",
    noTerminal: (question: string) => `${question} There is no terminal to ask.`,
    giveYes: "Give --yes if this is meant, or run this in a terminal.",
  },
  pin: {
    name: "PIN",
    wrong: (left: number) => `Wrong PIN, ${plural(left, "try", "tries")} left. PIN`,
    form: (question: string) => `A PIN has 4 to 12 digits. ${question}`,
    present: "Present PIN",
    fresh: "New PIN (4 to 12 digits)",
    again: "New PIN again",
    differ: "New PIN: the two do not agree; nothing was changed",
    changed: "The PIN is changed.",
    nothing: (question: string) => `${question}: nothing was given`,
    noTerminal: (question: string) => `${question}: there is no terminal to ask for it`,
    setVariable: (variable: string) => `Set the environment variable ${variable}, or run this in a terminal.`,
    wrongVariable: (variable: string, left: number) =>
      `PIN: the one in ${variable} is wrong, ${plural(left, "try", "tries")} left`,
    badVariable: (variable: string) => `PIN: need 4 to 12 digits in ${variable}`,
  },
  balance: {
    embedded: "Embedded node: a real protocol on a simulated chain; there is no real money in it.",
    channelMissing: "A channel cannot be used yet, so its money is missing below: its peer is not connected.",
    node: "Node",
    canSend: "Can send",
    canReceive: "Can receive",
    today: "Today",
  },
  papers: {
    written: (sales: number, file: string) => `${sold(sales)} written to ${file}.`,
    nothingNew: "Nothing was sold or refunded since the last day was closed; this is it:",
    day: (found: string) => `need a date such as 2026-11-22, have "${found}"`,
    number: (name: string, found: string) => `${name}: need its number, have "${found}"`,
  },
  refund: {
    oneAmount: "--amount: an invoice says its amount itself; leave one of --invoice and --amount out",
  },
  /** Why the till does not do what was asked for; the first word may be the name of an option or a field. */
  refusal: {
    noSale: (number: number) => `sale ${number}: there is none of that number`,
    isOpen: (number: string) => `sale ${number} is open at this till; finish or cancel it first`,
    noPinWanted: (number: number) => `sale ${number}: no card asks for a PIN now`,
    noPrinter: "this till has no receipt printer",
    namePrinter: "Name one in terminal.yaml, such as printer: /dev/usb/lp0.",
    noTips: "tip: this till takes none",
    setTips: "Set tips in terminal.yaml, or leave it out.",
    noProduct: (field: string, product: string) => `${field}: there is no "${product}" any more`,
    loadProducts: "Load the products again.",
    farRate: (last: string, rate: string) =>
      `the last rate was ${last}, this is ${rate}: far from it. Is it right?`,
    oldRate: (rate: string, minutes: number) =>
      `the rate ${rate} is ${minutes} minutes old, which is too old to charge by`,
    newRate: "Charge in sat, or have a shift lead set the rate.",
    otherCurrency: (currency: string, found: string) =>
      `need ${currency}, the currency of this run, have "${found}"`,
    noRate: (currency: string, example: string) =>
      `need the price of one bitcoin in ${currency}, such as ${example}, have none`,
    twoWays: (found: string, example: string) =>
      `"${found}" can be read in two ways; write ${example} with nothing between thousands`,
    decimals: (most: number, currency: string, found: string) =>
      `need at most ${most} decimals in ${currency}, have "${found}"`,
    nothing: "need more than 0",
    tooMuch: (found: string) => `need at most 21 million bitcoin, have ${found}`,
    notPaid: (number: number, state: string) =>
      `sale ${number}: only a paid sale can be refunded, this one is ${state}`,
    refundRange: (number: number, most: string, found: string) =>
      `sale ${number}: need more than 0 and at most ${most}, have ${found}`,
    noCard: (number: number) =>
      `sale ${number}: no card paid it that money can go back to (Bolt Cards and wallets name no node)`,
    toInvoice: "To refund to an invoice of the customer instead: --invoice <bolt11>.",
    noAnswer: (problem: string) => `the node of the card that paid ${problem}; nothing was paid`,
    cannotBeAsked: (why: string) => `cannot be asked (${why})`,
    doesNotAnswer: "does not answer",
    tryLater: "Try again later with the same command.",
    refundStarted: (number: number) => `sale ${number}: a refund of it was started before`,
    refundIsPaid: "It is paid.",
    finishCard: (command: string) =>
      `Finish that one first, with the same amount and without --invoice: ${command}. It is pending.`,
    finishInvoice: "Finish that one first, with the same invoice: it is pending.",
    refundFailed: (number: number, why: string) => `sale ${number}: the refund could not be paid: ${why}`,
    againOrInvoice: "Try again in a moment, or refund to an invoice of the customer: --invoice <bolt11>.",
    anotherInvoice: "Ask the customer for another invoice, or for one from a wallet that can receive now.",
    invoiceTooHigh: (number: number, most: string, found: string) =>
      `sale ${number}: need an invoice over at most ${most}, have one over ${found}`,
    noAmount: "no amount",
    paidBefore: (number: number) => `sale ${number}: this invoice was paid before`,
    newInvoice: "Ask the customer for a new one.",
  },
  carry: {
    written: (sales: number, amount: string, places: string) =>
      `${sold(sales)} over ${amount} written to ${places}. They stay open here until the results are back.`,
    atShop: (command: string) => `At the shop: ${command}`,
    asCodes: (folder: string, count: number) => `${folder}, as ${codes(count)}`,
    both: (file: string, folder: string) => `${file} and ${folder}`,
    needPlace: "need --out FILE for a file, or --qr FOLDER for QR codes",
    taken: (sales: number, known: number) => `${sold(sales)}, ${known} of them known before.`,
    paid: "Paid",
    refused: "Refused",
    seeReport: (count: number) => `${count}; see: chequecard terminal report`,
    stillOpen: "Still open",
    open: "Open",
    triedAgain: (count: number) => `${count}; they are tried again while the node runs`,
    knownBefore: "Known before",
    results: (file: string) => `Results for the terminal: ${file}`,
    resultsAndCodes: (file: string, count: number, folder: string) =>
      `Results for the terminal: ${file}, and as ${codes(count)} in ${folder}`,
    wait: (found: string) => `--wait: need 0 to 99999 seconds, have "${found}"`,
    byItself: "the terminal that runs here forwards by itself",
    seeOpen: "See what is open: chequecard terminal report",
    saleColumn: "SALE",
    amountColumn: "AMOUNT",
    acceptedColumn: "ACCEPTED",
    beforeColumn: "FORWARD BEFORE",
  },
  pack: {
    key: "Terminal key",
    fingerprint: "Fingerprint",
    payee: "Payee",
    ownNode: "the id of your node, which its information shows",
    send: (command: string) => `Send key and payee to the issuer, who makes the pack: ${command}`,
    installed:
      "Installed. The one who has this pack can tell apart the taps of these cards; keep the folder to yourself.",
    isRight: (name: string, fingerprint: string) =>
      `This pack is of "${name}". Is the issuer's fingerprint ${fingerprint}? Compare it with what the issuer shows.`,
    none: (command: string) =>
      `No acceptance pack is installed. Ask the issuer for one for this key: ${command}`,
    issuer: "Issuer",
    label: "For",
    number: "Number",
    made: "Made",
    until: "Accepts until",
    denied: "Denied cards",
    oneSale: "One sale",
    oneCard: "One card",
    all: "All not forwarded",
    allOf: (amount: string, sales: number) => `${amount}, ${sold(sales)}`,
    within: "Forward within",
    hours: (hours: number) => plural(hours, "hour"),
    guarantee: "Guarantee",
    guaranteed: (perCard: string, total: string) => `${perCard} for a card, ${total} in all`,
    noGuarantee: "none",
  },
  deputy: {
    amount: "Amount",
    expires: "Expires",
    sales: "Sales",
    proof: (command: string) => `When the payer shows the proof: ${command}`,
    sold: (amount: string, description: string, time: string) => `${amount}, ${description}, sold ${time}`,
    isAuthorization: "this is a payment authorization, not the proof of a payment",
    isOther: (type: number) =>
      `this is a message of type ${type}, which is not known here, not the proof of a payment`,
    showPreimage: "The payer's wallet must show the preimage of the invoice that was paid.",
  },
  invoice: {
    network: "Network",
    amount: "Amount",
    noAmount: "none: the payer chooses",
    description: "Description",
    descriptionHash: "Description hash",
    payee: "Payee",
    paymentHash: "Payment hash",
    made: "Made",
    expires: "Expires",
    invoiceHash: "Invoice hash",
    signed: (hash: string) => `${hash} (what a card signs)`,
    payable: "Can be paid",
    yes: "yes",
    no: (why: string) => `no: ${why}`,
  },
  message: {
    type: "Type",
    unknown: (type: number) => `${type}, which this version does not know`,
    payload: "Payload",
    bytes: (count: number, hex: string) => `${count} bytes: ${hex}`,
    authorization: "payment authorization: a token, and the node that pays for it",
    node: "Node",
    token: "Token",
    isPreimage: "preimage: the proof that an invoice was paid",
    paymentHash: "Payment hash",
    preimage: "Preimage",
    notShown: "not shown; --show-preimage shows it",
    written: (file: string) => `Wrote ${file}, which only you can read.`,
  },
} as const;
