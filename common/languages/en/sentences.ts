import { plural } from "../../plural.js";

const sold = (sales: number): string => plural(sales, "sale");
const tries = (left: number): string =>
  left === 0 ? "no tries are left" : left === 1 ? "one try is left" : `${left} tries are left`;

/** Every sentence that a merchant or a cardholder reads at the counter, by key. */
export const texts = {
  /** Answers of the card (specs/01 §7), by the name of the status word. */
  status: {
    ok: { merchant: "Done.", cardholder: "Done." },
    "wrong-length": {
      merchant: "The card refused the length of the message; update the terminal's software.",
      cardholder: "This terminal does not speak your card's language.",
    },
    "domain-locked": {
      merchant: "The card's administration is locked; put the card aside and ask its maker.",
      cardholder: "Your card is locked; ask its issuer.",
    },
    "not-authenticated": {
      merchant: "The card did not accept the keys; put it aside and do not try again with the same keys.",
      cardholder: "This terminal has not the keys of your card.",
    },
    "channel-not-supported": {
      merchant: "The card does not take commands on another logical channel; update the terminal's software.",
      cardholder: "This terminal does not speak your card's language.",
    },
    "chain-not-ended": {
      merchant: "The message was broken off in the middle; lay the phone down again.",
      cardholder: "Please lay your phone down again.",
    },
    "chaining-not-supported": {
      merchant: "The card does not take messages in parts; update the terminal's software.",
      cardholder: "This terminal does not speak your card's language.",
    },
    "pin-required": {
      merchant: "This amount needs the PIN; ask the customer to type it and tap again.",
      cardholder: "Please type your PIN and tap again.",
    },
    "pin-blocked": {
      merchant: "The card's PIN tries are used up; take another payment and send the customer to the issuer.",
      cardholder: "Your PIN is blocked after too many wrong tries; the issuer can unblock it.",
    },
    "no-pin": {
      merchant: "This amount needs a PIN but the card has none; ask for a smaller amount or another payment.",
      cardholder: "Your card has no PIN, so it cannot pay this amount.",
    },
    "wrong-lifecycle": {
      merchant: "The card is not ready for this; it has not been personalized, or it already has been.",
      cardholder: "Your card is not set up for payments; ask its issuer.",
    },
    "secure-messaging-missing": {
      merchant: "The card ended the secure channel; lay it on the reader again.",
      cardholder: "Please lay your card on the reader again.",
    },
    "secure-messaging-wrong": {
      merchant:
        "The card ended the secure channel, because a message was changed on the way; lay it on the reader again.",
      cardholder: "Please lay your card on the reader again.",
    },
    "wrong-data": {
      merchant:
        "The card refused the content of the message; check the amount, and update the terminal's software.",
      cardholder: "The terminal sent something that your card does not accept.",
    },
    "application-not-found": {
      merchant: "This is not a chequecard; ask for another card.",
      cardholder: "This card cannot pay here.",
    },
    "no-room": {
      merchant: "The card has no room for more keys; replace keys that it has.",
      cardholder: "Your card is full; ask its issuer.",
    },
    "wrong-parameters": {
      merchant: "The card does not know this form of the command; update the terminal's software.",
      cardholder: "This terminal does not speak your card's language.",
    },
    "not-this-card": {
      merchant:
        "The card does not know this key set or data object; the message was made for another batch of cards.",
      cardholder: "The message was not for your card.",
    },
    "unknown-command": {
      merchant: "The card does not know this command; update the terminal's software.",
      cardholder: "This terminal does not speak your card's language.",
    },
    "unknown-class": {
      merchant: "The card does not know this class of command; update the terminal's software.",
      cardholder: "This terminal does not speak your card's language.",
    },
    "card-fault": {
      merchant: "The card reports an internal fault; tap again, and if it stays, ask for another card.",
      cardholder: "Your card has a fault; tap again or ask its issuer.",
    },
    "above-max-per-transaction": {
      merchant:
        "The amount is above what this card may pay at once; ask for a smaller amount or another payment.",
      cardholder: "This is more than your card may pay at once.",
    },
    "above-available": {
      merchant:
        "There is not enough money on the card; ask for a smaller amount, a top-up or another payment.",
      cardholder: "There is not enough money on your card.",
    },
    "counter-used-up": {
      merchant: "The card has made all the payments it may make; ask for another payment.",
      cardholder: "Your card has made all its payments; its issuer can raise the number.",
    },
    blocked: {
      merchant: "The issuer has blocked this card; do not accept it.",
      cardholder: "Your card is blocked; ask its issuer.",
    },
    "not-from-issuer": {
      merchant: "The update was not signed by the card's issuer; nothing was changed.",
      cardholder: "The update was not from your card's issuer; nothing was changed.",
    },
    "nothing-yet": {
      merchant: "The phone has no message yet; wait until the customer has agreed and it has paid.",
      cardholder: "Please agree to the payment on your phone and lay it down again.",
    },
    declined: {
      merchant: "The customer refused or the payment failed; ask for another payment.",
      cardholder: "You refused the payment, or it failed; nothing was paid.",
    },
    "invoice-not-accepted": {
      merchant: "The customer's wallet cannot pay this invoice; ask for another payment.",
      cardholder: "Your wallet cannot pay this invoice.",
    },
    "pin-wrong": {
      merchant: "The PIN was wrong; ask the customer to try again.",
      cardholder: "That PIN was wrong; please try again.",
    },
    "more-data": {
      merchant: "The card has more to say and was not asked; update the terminal's software.",
      cardholder: "Please tap again.",
    },
    "wrong-expected-length": {
      merchant: "The card wants to answer with another length; update the terminal's software.",
      cardholder: "Please tap again.",
    },
  },
  /** @param sw four hex digits */
  unknownStatus: {
    merchant: (sw: string) =>
      `The card answered ${sw}, which this terminal does not know; ask for another payment.`,
    cardholder: (sw: string) => `Your card answered ${sw}, which this terminal does not know.`,
  },
  pinTries: {
    merchant: (left: number) =>
      `The PIN was wrong and ${tries(left)}; ${left === 0 ? "take another payment" : "ask the customer to try again"}.`,
    cardholder: (left: number) => `That PIN was wrong; ${tries(left)}.`,
  },
  /** Why the payer rejected a payment (specs/08 §5), by the name of the reason. For the merchant. */
  reject: {
    "invoice-malformed": "The issuer could not read the invoice; update the terminal's software.",
    "invoice-wrong-network":
      "The card's issuer is on another network than this terminal; ask for another card.",
    "invoice-unknown-feature":
      "The issuer's node does not know a feature that the invoice demands; ask for another payment.",
    "invoice-expired": "The invoice ran out of time before it could be paid; start a new sale.",
    "invoice-without-amount": "The invoice has no amount; start a new sale with an amount.",
    "payee-not-allowed": "This card may not pay at this shop; ask for another payment.",
    "payee-is-payer":
      "The shop and the card's issuer share one node, which cannot pay itself; ask for another payment.",
    "invoice-taken":
      "This sale is already paid, or being paid, with another authorization; check the sale before anything else.",
    "invoice-expires-late":
      "The sale stays open for longer than the card's issuer accepts; set a shorter time in the terminal, check its clock, and start a new sale.",
    "token-not-accepted": "The issuer does not accept this card; ask for another card or another payment.",
    "token-other-invoice": "The card authorized another sale; start a new sale and tap again.",
    "token-other-amount": "The card authorized another amount; start a new sale and tap again.",
    "card-blocked": "The issuer has taken this card out of use for good; do not accept it.",
    "token-void": "This authorization is no longer valid; start a new sale and tap again.",
    "card-contradicts": "The issuer has blocked this card; do not accept it.",
    "above-max-per-transaction":
      "The amount is above what this card may pay at once; ask for a smaller amount or another payment.",
    "above-period-limit":
      "This card has reached its limit for today or this month; ask for a smaller amount or another payment.",
    "pin-required":
      "The issuer wants the PIN for this amount; start a new sale, ask the customer for the PIN and tap again.",
    "outside-hours": "This card may not pay at this hour; ask for another payment.",
    "not-funded":
      "There is not enough money on the card; ask for a smaller amount, a top-up or another payment.",
    "below-min-per-transaction":
      "The amount is too small to pay with this card; ask for a larger amount or another payment.",
    "payment-failed":
      "The issuer's node found no way to pay; nothing was charged, start a new sale or ask for another payment.",
    "fee-too-high":
      "Paying would cost more in routing fees than the issuer allows; nothing was charged, ask for another payment.",
    busy: "The issuer has too much to do just now; try again in a moment.",
    internal:
      "The issuer's service has a fault; nothing was charged, try again later or ask for another payment.",
    "card-on-hold":
      "The issuer does not pay for this card at present; ask for another card or another payment.",
    "no-reason": "The issuer rejected the payment without a reason; ask for another payment.",
  },
  unknownReject: (code: number) =>
    `The issuer rejected the payment with code ${code}, which this terminal does not know; ask for another payment.`,
  /** A sale, for the merchant. */
  sale: {
    tapOrScan: "Tap a card or a phone, or scan the code. Ctrl-C cancels.",
    tap: "Tap a card or a phone. Ctrl-C cancels.",
    torn: "The card or phone was taken away too early; lay it on the reader again.",
    phoneSilent:
      "Not confirmed yet: do not charge again. The phone was shown the invoice and may still be paying; leave it on the reader, or lay it there again.",
    phonePaid: "The phone says that it has paid; waiting for the money to arrive.",
    takeCard: "Please take the card away.",
    notOfThisProtocol: (problem: string) =>
      `The card or phone answered something that is not of this protocol (${problem}).`,
    unreachable: (problem: string) =>
      `The card's node cannot be reached (${problem}); trying again. Cancel to take another payment.`,
    lostAfterAsking: (problem: string) =>
      `Not confirmed yet: do not charge again. The card's node was asked and cannot be reached any more (${problem}); trying again. Cancel makes sure that it cannot be paid any more.`,
    notConfirmed:
      "Not confirmed yet: do not charge again. Cancel makes sure that it cannot be paid any more.",
    expired: "The sale ran out of time; nothing was paid.",
    cancelled: "The sale was cancelled; nothing was paid and nothing can be.",
    declined: (reason: string) => `Declined. ${reason}`,
    declinedForNow: (reason: string) => `Declined. ${reason} This sale cannot be paid any more.`,
    notMeant: "It was not meant; nothing was charged.",
    leftUnfinished: (number: number, amount: string) =>
      `Sale ${number} over ${amount} was left unfinished; finishing it first.`,
    leftForLater: (number: number) =>
      `Sale ${number} is not finished yet. Sell on; it is finished beside the next sales, and its end is said here.`,
    finishedPaid: (number: number) =>
      `Sale ${number} is paid. If nothing was handed out for it, refund it: chequecard terminal refund ${number}`,
    finishedCancelled: (number: number, why: string) => `Sale ${number}: ${why}`,
    /** What happens to a sale that an earlier run left. */
    ofSale: (number: number, notice: string) => `Sale ${number}: ${notice}`,
    channelsMissing: "Not every channel of the node is connected yet; payments over those will fail.",
  },
  /** A Bolt Card at the reader (specs/10). For the merchant. */
  boltCard: {
    asked:
      "Not confirmed yet: do not charge again. The card's server was asked to pay and says that it will; waiting for the money.",
    unclear: (problem: string) =>
      `Not confirmed yet: do not charge again. The card's server was asked to pay and gave no clear answer (${problem}). It may pay or not; another card may pay, or cancel.`,
    said: (words: string) =>
      `Not paid, says the card's server, in its own words: "${words}". Tap again, or take another payment.`,
    saidNothing: "Not paid, says the card's server, without a reason. Tap again, or take another payment.",
    askedBefore:
      "Not confirmed yet: do not charge again. A Bolt Card's server was asked to pay this sale before; it is not asked again. Another card may pay, or cancel.",
    pinForm: "A Bolt Card's PIN has 4 digits; please type it again.",
    /** Why a card is not asked, by the name of the reason; nothing was asked for. */
    refusal: {
      "not-a-bolt-card": (problem: string) =>
        `This is no card that can pay here (${problem}); ask for another card or another payment.`,
      "not-allowed": (problem: string) =>
        `The card's server may not be asked (${problem}); ask for another card or another payment.`,
      unreachable: (problem: string) =>
        `The card's server cannot be reached (${problem}), and a Bolt Card pays through it alone; ask for another card or another payment.`,
      "no-offer": (problem: string) =>
        `The card's server does not offer to pay (${problem}); ask for another card or another payment.`,
      "server-refused": (words: string) =>
        `The card's server does not pay, in its own words: "${words}". Ask for another card or another payment.`,
      "below-minimum": (least: string) => `This card pays no less than ${least}; ask for another payment.`,
      "above-maximum": (most: string) =>
        `This card pays no more than ${most} at once; ask for another card or another payment.`,
      "no-pin": "This amount needs the card's PIN; nothing was asked for. Tap again to type it.",
      "same-request":
        "The card's server gave the same number again, and a payment is asked for once; ask for another card or another payment.",
      offline:
        "There is no connection, and a Bolt Card cannot be accepted without one; ask for a chequecard or another payment.",
    },
  },
  /** Sales without a connection (specs/09). For the merchant. */
  offline: {
    online: "Online.",
    nothingHeld: "Nothing that was accepted without a connection is open.",
    offline:
      "No connection: cards of issuers whose acceptance pack this terminal has are accepted within its limits. Accepted is not paid.",
    held: (sales: number, amount: string) => `Accepted and not forwarded yet: ${sold(sales)} over ${amount}.`,
    tap: "No connection: tap a card. Ctrl-C cancels.",
    accepted: (amount: string) =>
      `ACCEPTED, NOT PAID YET: ${amount}. Hand it out; the payment follows when there is a connection.`,
    /** The card has signed, and the sale could not be kept. By what became of its invoice. */
    notAccepted: {
      over: (number: number, amount: string, why: string) =>
        `Sale ${number} over ${amount} is NOT ACCEPTED (${why}). Hand nothing out: it is not paid and cannot be any more.`,
      open: (number: number, amount: string, why: string) =>
        `Sale ${number} over ${amount} is NOT ACCEPTED (${why}). Hand nothing out. Its invoice could not be cancelled, so it may still be paid: the next start of the terminal cancels it, or says that it is paid and how to refund it.`,
      arriving: (number: number, amount: string, why: string) =>
        `Sale ${number} over ${amount} could not be accepted (${why}), and its payment is arriving. Hand nothing out until the next start of the terminal says that it is paid.`,
    },
    refused: (number: number, reason: string) =>
      `Sale ${number} was accepted without a connection and will not be paid: ${reason}`,
    forwarded: {
      paid: (sales: number, amount: string) =>
        `A sale that was accepted is paid. Still open: ${sold(sales)} over ${amount}.`,
      refused: (sales: number, amount: string) =>
        `A sale that was accepted is refused and will not be paid; see the report. Still open: ${sold(sales)} over ${amount}.`,
    },
    wentOffline:
      "The connection is lost, and nothing is paid yet as far as this terminal knows: the sale goes on without it.",
    /** Why a card or its token is not accepted, by the name of the reason. */
    refusal: {
      "no-pack":
        "There is no connection, and this terminal has no acceptance pack for this card; ask for another payment.",
      "no-certificate":
        "There is no connection, and this card cannot be accepted without one; ask for another card or another payment.",
      "unknown-key-set":
        "There is no connection, and this terminal's acceptance pack does not know this card; ask for another card or another payment.",
      "certificate-not-genuine": "The issuer did not make this card; do not accept it.",
      "certificate-expired":
        "The card can no longer be accepted without a connection; ask for another card or another payment.",
      "above-certificate-limit":
        "The amount is above what this card may pay without a connection; ask for a smaller amount or another payment.",
      "card-denied": "The issuer does not want this card to be accepted; ask for another card.",
      "card-contradicts":
        "This card has signed what cannot be true together, so it may be a copy; do not accept it, and forward the sales as soon as there is a connection.",
      "above-sale-limit":
        "The amount is above what this terminal accepts without a connection; ask for a smaller amount or another payment.",
      "above-card-limit":
        "This card has paid here without a connection as much as it may; ask for another card, or forward the sales first.",
      "above-terminal-limit":
        "This terminal has accepted as much as it may without a connection; forward the sales first.",
      "too-many-sales":
        "This terminal holds as many sales as it may without a connection; forward the sales first.",
      "pack-too-old":
        "The acceptance pack is too old to accept cards without a connection; get a new one from the issuer.",
      "clock-behind-pack":
        "The terminal's clock is behind the day when its acceptance pack was made; set the clock.",
      "token-not-genuine": "The card signed something that is not valid; do not accept it.",
      "other-card": "Token and certificate are of two cards; do not accept it.",
      "other-invoice": "The card authorized another sale; start a new sale and tap again.",
      "other-amount": "The card authorized another amount; start a new sale and tap again.",
    },
  },
  receipt: {
    notPrinted: (why: string) =>
      `The receipt was not printed (${why}). Print it with "chequecard terminal receipt <sale>".`,
  },
  refund: {
    paid: (amount: string, number: number) => `Refunded ${amount} of sale ${number}.`,
    paidToCard: (amount: string, number: number) =>
      `Refunded ${amount} of sale ${number} to the card that paid. The card shows it after its next tap.`,
    aboveSale: (refunded: string, amount: string, left: string) =>
      `Of ${amount}, ${refunded} were refunded already and ${left} are left; try a smaller --amount.`,
    allRefunded: (amount: string) => `All ${amount} of the sale were refunded already; nothing was paid.`,
    refused: (number: number, why: string) => `The refund of sale ${number} was not taken. ${why}`,
    inFlight: (number: number) =>
      `The refund of sale ${number} is in flight and not confirmed. Run the same command again to complete it.`,
    finishedPaid: (number: number) => `The refund of sale ${number} is paid.`,
    finishedOpen: (number: number) => `The refund of sale ${number} is not confirmed yet.`,
  },
  /** Why the issuer takes no refund to the card that paid (specs/08 §12), by the name of the reason. For the merchant. */
  refundRefusal: {
    "unknown-sale":
      "The issuer knows of no payment of this sale by one of its cards; ask the customer for an invoice and refund to that.",
    "card-retired":
      "The card that paid is out of use for good, so nothing was paid; ask the customer for an invoice and refund to that.",
    "card-cashed-out":
      "The card that paid was cashed out, so nothing was paid; ask the customer for an invoice and refund to that.",
    "above-sale": "That is more than is left of the sale to refund; try a smaller amount.",
    "refund-over": "The issuer's invoice for this refund ran out of time; start the refund again.",
    "refund-differs": "This refund was started with another amount; start the refund again.",
    "too-many-refunds":
      "The issuer takes no more refunds of this sale; ask the customer for an invoice and refund to that.",
    busy: "The issuer has too much to do just now; try again in a moment.",
    "sale-in-flight": "The issuer has not yet booked the payment of this sale; try again in a moment.",
    "refunds-open":
      "Another refund of this sale was started and is not paid; try again in ten minutes, when its invoice has expired.",
  },
  unknownRefundRefusal: (code: number) =>
    `The issuer refused the refund with code ${code}, which this terminal does not know; ask the customer for an invoice and refund to that.`,
  /** What showing the proof of a payment to an offline point of sale comes to. */
  proof: {
    holdPhone: "Hold the phone to the reader, or scan the code. Ctrl-C ends.",
    phoneTorn: "The phone was taken away too early; hold it to the reader again.",
    notShown: "No phone has shown a proof; the sale stays open until it expires.",
    accepted: "Paid. Hand it out.",
    "already-used": "Not accepted: this proof was shown before, and what was sold has been handed out.",
    cancelled: "Not accepted: this sale was cancelled.",
    expired: "Not accepted: this sale is over; its invoice expired too long ago.",
    unknown: "Not accepted: this is no proof for any sale of this terminal.",
  },
} as const;
