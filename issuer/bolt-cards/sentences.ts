import { REASON } from "../../lightning/api/reason-codes.js";

/** What a terminal shows when a Bolt Card is not paid with. Each says what to do next. */
export const SAID = {
  unknown: "This card is not known here. Use another card.",
  repeat: "This reading of the card was used already. Hold the card to the reader again.",
  older: "A newer reading of this card was used already. Hold the card to the reader again.",
  blocked: "This card is blocked. Ask who issued it.",
  notInUse: "This card is not in use. Ask who issued it.",
  empty: "Nothing is left on this card for a payment now. Top it up, or use another card.",
  busy: "Too many requests right now. Wait a moment, then hold the card to the reader again.",
  fault: "The issuer cannot answer right now. Wait a moment, then try again.",
  badRequest: "The address of the card was not read whole. Hold the card to the reader again.",
  badCallback: "The callback needs k1 and pr, once each. Hold the card to the reader again.",
  badK1: "k1 is not one of this issuer. Hold the card to the reader again.",
  badInvoice: "pr: need one BOLT 11 invoice, canonical and in lower case. Make a new invoice.",
  expired: "The time for this payment is over. Hold the card to the reader again.",
  amountless: "The invoice has no amount. Make one with the amount of the sale.",
  pinMissing: "This amount needs the card's PIN. Ask the holder for it.",
  pinForm: "pin: need 4 to 12 digits.",
  pinWrong: "The PIN is wrong. Hold the card to the reader again, and ask the holder for the PIN.",
  pinBlocked: "Too many wrong PINs: this card pays small amounts only, until its issuer gives it a new PIN.",
  badUid: 'body: need JSON such as {"UID": "04a1b2c3d4e5f6"}',
  badLink: "This link is not good: its time is over, or it was not read whole. Make another one.",
  otherCard: "This link is for another card. Hold that one to the phone, or make a link for this one.",
  badReading: 'body: need JSON such as {"LNURLW": "lnurlw://…?p=…&c=…"}, as it stands on the card',
  badCode: "This code is not good: it was used, or its time is over. Make another one.",
  noPin: "The amount is above what this card may pay without a PIN, and it has none.",
} as const;

/** By the reason codes of specs/08 §5. */
export const REASON_SENTENCES: Readonly<Record<number, string>> = {
  [REASON.INVOICE_MALFORMED]: SAID.badInvoice,
  [REASON.INVOICE_WRONG_NETWORK]: "The invoice is for another network. Make one on the network of the card.",
  [REASON.INVOICE_UNKNOWN_FEATURE]:
    "The invoice asks for a feature that is not known here. Make a plain one.",
  [REASON.INVOICE_EXPIRED]: "The invoice has expired, or expires too soon. Make a new one.",
  [REASON.INVOICE_AMOUNTLESS]: SAID.amountless,
  [REASON.PAYEE_NOT_ALLOWED]: "This card may not pay this merchant.",
  [REASON.PAYEE_IS_PAYER]: "The invoice is of the card's own node, which cannot pay itself.",
  [REASON.INVOICE_TAKEN]: "This invoice is paid already, or being paid. Make a new one.",
  [REASON.INVOICE_EXPIRES_LATE]: "The invoice expires too late. Make one that expires within a day.",
  [REASON.TOKEN_NOT_ACCEPTED]: SAID.unknown,
  [REASON.TOKEN_OTHER_INVOICE]:
    "Another invoice was presented for this reading. Hold the card to the reader again.",
  [REASON.CARD_BLOCKED]: SAID.blocked,
  [REASON.TOKEN_VOID]: SAID.older,
  [REASON.ABOVE_MAX_PER_TRANSACTION]: "The amount is above what this card may pay at once.",
  [REASON.ABOVE_PERIOD_LIMIT]: "The amount is above what this card may pay in this time.",
  [REASON.PIN_REQUIRED]: SAID.noPin,
  [REASON.OUTSIDE_HOURS]: "This card may not pay at this time of day.",
  [REASON.NOT_FUNDED]: "The amount is above what is left on this card.",
  [REASON.BELOW_MIN_PER_TRANSACTION]: "The amount is below what this card pays.",
  [REASON.PAYMENT_FAILED]:
    "The payment failed: no way to the merchant was found. Make a new invoice and try again.",
  [REASON.FEE_TOO_HIGH]: "The payment failed: the way to the merchant costs too much.",
  [REASON.BUSY]: SAID.busy,
  [REASON.CARD_ON_HOLD]: SAID.blocked,
};

/** The sentence for a reason code of specs/08 §5. */
export const sentenceOf = (reason: number): string => REASON_SENTENCES[reason] ?? SAID.fault;
