/** A status word of the card protocol and what it means to the two people at the counter. */
export interface StatusWordEntry {
  readonly sw: number;
  /** Stable name, used in `--json` and in vectors. */
  readonly name: string;
  /** One sentence for the merchant: what happened and what to do next. */
  readonly merchant: string;
  /** One sentence for the cardholder. */
  readonly cardholder: string;
}

const entry = (sw: number, name: string, merchant: string, cardholder: string): StatusWordEntry => ({
  sw,
  name,
  merchant,
  cardholder,
});

/** Numbers of the status words (specs/01 §7). 63Cx and 61xx are families: compare with {@link isPinWrong}, {@link isMoreData}. */
export const SW = {
  OK: 0x9000,
  DOMAIN_LOCKED: 0x6283,
  HOST_CRYPTOGRAM_WRONG: 0x6300,
  WRONG_LENGTH: 0x6700,
  CHANNEL_NOT_SUPPORTED: 0x6881,
  CHAIN_NOT_ENDED: 0x6883,
  CHAINING_NOT_SUPPORTED: 0x6884,
  SECURITY_NOT_SATISFIED: 0x6982,
  PIN_BLOCKED: 0x6983,
  NO_PIN: 0x6984,
  CONDITIONS_NOT_SATISFIED: 0x6985,
  SECURE_MESSAGING_MISSING: 0x6987,
  SECURE_MESSAGING_WRONG: 0x6988,
  WRONG_DATA: 0x6a80,
  NOT_FOUND: 0x6a82,
  NO_ROOM: 0x6a84,
  WRONG_P1P2: 0x6a86,
  REFERENCE_NOT_FOUND: 0x6a88,
  INS_NOT_SUPPORTED: 0x6d00,
  CLA_NOT_SUPPORTED: 0x6e00,
  UNKNOWN: 0x6f00,
  ABOVE_MAX_PER_TRANSACTION: 0x9c01,
  ABOVE_AVAILABLE: 0x9c02,
  COUNTER_USED_UP: 0x9c03,
  BLOCKED: 0x9c04,
  BAD_ISSUER_SIGNATURE: 0x9c06,
  NOTHING_YET: 0x9c10,
  DECLINED: 0x9c11,
  INVOICE_NOT_ACCEPTED: 0x9c12,
  PIN_WRONG: 0x63c0,
  MORE_DATA: 0x6100,
  WRONG_LE: 0x6c00,
} as const;

/** Every status word once. */
export const STATUS_WORDS: readonly StatusWordEntry[] = [
  entry(SW.OK, "ok", "Done.", "Done."),
  entry(
    SW.WRONG_LENGTH,
    "wrong-length",
    "The card refused the length of the message; update the terminal's software.",
    "This terminal does not speak your card's language.",
  ),
  entry(
    SW.DOMAIN_LOCKED,
    "domain-locked",
    "The card's administration is locked; put the card aside and ask its maker.",
    "Your card is locked; ask its issuer.",
  ),
  entry(
    SW.HOST_CRYPTOGRAM_WRONG,
    "not-authenticated",
    "The card did not accept the keys; put it aside and do not try again with the same keys.",
    "This terminal has not the keys of your card.",
  ),
  entry(
    SW.CHANNEL_NOT_SUPPORTED,
    "channel-not-supported",
    "The card does not take commands on another logical channel; update the terminal's software.",
    "This terminal does not speak your card's language.",
  ),
  entry(
    SW.CHAIN_NOT_ENDED,
    "chain-not-ended",
    "The message was broken off in the middle; lay the phone down again.",
    "Please lay your phone down again.",
  ),
  entry(
    SW.CHAINING_NOT_SUPPORTED,
    "chaining-not-supported",
    "The card does not take messages in parts; update the terminal's software.",
    "This terminal does not speak your card's language.",
  ),
  entry(
    SW.SECURITY_NOT_SATISFIED,
    "pin-required",
    "This amount needs the PIN; ask the customer to type it and tap again.",
    "Please type your PIN and tap again.",
  ),
  entry(
    SW.PIN_BLOCKED,
    "pin-blocked",
    "The card's PIN tries are used up; take another payment and send the customer to the issuer.",
    "Your PIN is blocked after too many wrong tries; the issuer can unblock it.",
  ),
  entry(
    SW.NO_PIN,
    "no-pin",
    "This amount needs a PIN but the card has none; ask for a smaller amount or another payment.",
    "Your card has no PIN, so it cannot pay this amount.",
  ),
  entry(
    SW.CONDITIONS_NOT_SATISFIED,
    "wrong-lifecycle",
    "The card is not ready for this; it has not been personalized, or it already has been.",
    "Your card is not set up for payments; ask its issuer.",
  ),
  entry(
    SW.SECURE_MESSAGING_MISSING,
    "secure-messaging-missing",
    "The card ended the secure channel; lay it on the reader again.",
    "Please lay your card on the reader again.",
  ),
  entry(
    SW.SECURE_MESSAGING_WRONG,
    "secure-messaging-wrong",
    "The card ended the secure channel, because a message was changed on the way; lay it on the reader again.",
    "Please lay your card on the reader again.",
  ),
  entry(
    SW.WRONG_DATA,
    "wrong-data",
    "The card refused the content of the message; check the amount, and update the terminal's software.",
    "The terminal sent something that your card does not accept.",
  ),
  entry(
    SW.NOT_FOUND,
    "application-not-found",
    "This is not a chequecard; ask for another card.",
    "This card cannot pay here.",
  ),
  entry(
    SW.NO_ROOM,
    "no-room",
    "The card has no room for more keys; replace keys that it has.",
    "Your card is full; ask its issuer.",
  ),
  entry(
    SW.WRONG_P1P2,
    "wrong-parameters",
    "The card does not know this form of the command; update the terminal's software.",
    "This terminal does not speak your card's language.",
  ),
  entry(
    SW.REFERENCE_NOT_FOUND,
    "not-this-card",
    "The card does not know this key set or data object; the message was made for another batch of cards.",
    "The message was not for your card.",
  ),
  entry(
    SW.INS_NOT_SUPPORTED,
    "unknown-command",
    "The card does not know this command; update the terminal's software.",
    "This terminal does not speak your card's language.",
  ),
  entry(
    SW.CLA_NOT_SUPPORTED,
    "unknown-class",
    "The card does not know this class of command; update the terminal's software.",
    "This terminal does not speak your card's language.",
  ),
  entry(
    SW.UNKNOWN,
    "card-fault",
    "The card reports an internal fault; tap again, and if it stays, ask for another card.",
    "Your card has a fault; tap again or ask its issuer.",
  ),
  entry(
    SW.ABOVE_MAX_PER_TRANSACTION,
    "above-max-per-transaction",
    "The amount is above what this card may pay at once; ask for a smaller amount or another payment.",
    "This is more than your card may pay at once.",
  ),
  entry(
    SW.ABOVE_AVAILABLE,
    "above-available",
    "There is not enough money on the card; ask for a smaller amount, a top-up or another payment.",
    "There is not enough money on your card.",
  ),
  entry(
    SW.COUNTER_USED_UP,
    "counter-used-up",
    "The card has made all the payments it may make; ask for another payment.",
    "Your card has made all its payments; its issuer can raise the number.",
  ),
  entry(
    SW.BLOCKED,
    "blocked",
    "The issuer has blocked this card; do not accept it.",
    "Your card is blocked; ask its issuer.",
  ),
  entry(
    SW.BAD_ISSUER_SIGNATURE,
    "not-from-issuer",
    "The update was not signed by the card's issuer; nothing was changed.",
    "The update was not from your card's issuer; nothing was changed.",
  ),
  entry(
    SW.NOTHING_YET,
    "nothing-yet",
    "The phone has no message yet; wait until the customer has agreed and it has paid.",
    "Please agree to the payment on your phone and lay it down again.",
  ),
  entry(
    SW.DECLINED,
    "declined",
    "The customer refused or the payment failed; ask for another payment.",
    "You refused the payment, or it failed; nothing was paid.",
  ),
  entry(
    SW.INVOICE_NOT_ACCEPTED,
    "invoice-not-accepted",
    "The customer's wallet cannot pay this invoice; ask for another payment.",
    "Your wallet cannot pay this invoice.",
  ),
  entry(
    SW.PIN_WRONG,
    "pin-wrong",
    "The PIN was wrong; ask the customer to try again.",
    "That PIN was wrong; please try again.",
  ),
  entry(
    SW.MORE_DATA,
    "more-data",
    "The card has more to say and was not asked; update the terminal's software.",
    "Please tap again.",
  ),
  entry(
    SW.WRONG_LE,
    "wrong-expected-length",
    "The card wants to answer with another length; update the terminal's software.",
    "Please tap again.",
  ),
];

const byNumber = new Map(STATUS_WORDS.map((status) => [status.sw, status]));

/** 63Cx: a wrong PIN with x tries left. */
export const isPinWrong = (sw: number): boolean => (sw & 0xfff0) === SW.PIN_WRONG;
/** 61xx: xx more bytes wait for GET RESPONSE. */
export const isMoreData = (sw: number): boolean => (sw & 0xff00) === SW.MORE_DATA;
/** 6Cxx: repeat with Le = xx. */
export const isWrongLe = (sw: number): boolean => (sw & 0xff00) === SW.WRONG_LE;

/** Four upper-case hex digits. */
export const formatSw = (sw: number): string => sw.toString(16).toUpperCase().padStart(4, "0");

/**
 * What a status word means. A number that the protocol does not define keeps its number in both sentences.
 * @param sw 0..0xFFFF
 */
export function describeStatusWord(sw: number): StatusWordEntry {
  const family = isPinWrong(sw)
    ? SW.PIN_WRONG
    : isMoreData(sw)
      ? SW.MORE_DATA
      : isWrongLe(sw)
        ? SW.WRONG_LE
        : sw;
  const known = byNumber.get(family);
  if (!known)
    return entry(
      sw,
      "unknown",
      `The card answered ${formatSw(sw)}, which this terminal does not know; ask for another payment.`,
      `Your card answered ${formatSw(sw)}, which this terminal does not know.`,
    );
  if (!isPinWrong(sw)) return { ...known, sw };
  const left = sw & 0x0f;
  const tries = left === 0 ? "no tries are left" : left === 1 ? "one try is left" : `${left} tries are left`;
  return entry(
    sw,
    known.name,
    `The PIN was wrong and ${tries}; ${left === 0 ? "take another payment" : "ask the customer to try again"}.`,
    `That PIN was wrong; ${tries}.`,
  );
}
