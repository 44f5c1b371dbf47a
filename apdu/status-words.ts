import { SENTENCES } from "../common/languages/spoken.js";

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

const entry = (sw: number, name: keyof typeof SENTENCES.status): StatusWordEntry => ({
  sw,
  name,
  // In the language that the process has when somebody reads it.
  get merchant() {
    return SENTENCES.status[name].merchant;
  },
  get cardholder() {
    return SENTENCES.status[name].cardholder;
  },
});

/** Numbers of the status words (specs/01 §7). 63Cx and 61xx are families: compare with `isPinWrong`, `isMoreData`. */
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
  entry(SW.OK, "ok"),
  entry(SW.WRONG_LENGTH, "wrong-length"),
  entry(SW.DOMAIN_LOCKED, "domain-locked"),
  entry(SW.HOST_CRYPTOGRAM_WRONG, "not-authenticated"),
  entry(SW.CHANNEL_NOT_SUPPORTED, "channel-not-supported"),
  entry(SW.CHAIN_NOT_ENDED, "chain-not-ended"),
  entry(SW.CHAINING_NOT_SUPPORTED, "chaining-not-supported"),
  entry(SW.SECURITY_NOT_SATISFIED, "pin-required"),
  entry(SW.PIN_BLOCKED, "pin-blocked"),
  entry(SW.NO_PIN, "no-pin"),
  entry(SW.CONDITIONS_NOT_SATISFIED, "wrong-lifecycle"),
  entry(SW.SECURE_MESSAGING_MISSING, "secure-messaging-missing"),
  entry(SW.SECURE_MESSAGING_WRONG, "secure-messaging-wrong"),
  entry(SW.WRONG_DATA, "wrong-data"),
  entry(SW.NOT_FOUND, "application-not-found"),
  entry(SW.NO_ROOM, "no-room"),
  entry(SW.WRONG_P1P2, "wrong-parameters"),
  entry(SW.REFERENCE_NOT_FOUND, "not-this-card"),
  entry(SW.INS_NOT_SUPPORTED, "unknown-command"),
  entry(SW.CLA_NOT_SUPPORTED, "unknown-class"),
  entry(SW.UNKNOWN, "card-fault"),
  entry(SW.ABOVE_MAX_PER_TRANSACTION, "above-max-per-transaction"),
  entry(SW.ABOVE_AVAILABLE, "above-available"),
  entry(SW.COUNTER_USED_UP, "counter-used-up"),
  entry(SW.BLOCKED, "blocked"),
  entry(SW.BAD_ISSUER_SIGNATURE, "not-from-issuer"),
  entry(SW.NOTHING_YET, "nothing-yet"),
  entry(SW.DECLINED, "declined"),
  entry(SW.INVOICE_NOT_ACCEPTED, "invoice-not-accepted"),
  entry(SW.PIN_WRONG, "pin-wrong"),
  entry(SW.MORE_DATA, "more-data"),
  entry(SW.WRONG_LE, "wrong-expected-length"),
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
  if (!known) {
    const { merchant, cardholder } = SENTENCES.unknownStatus;
    return { sw, name: "unknown", merchant: merchant(formatSw(sw)), cardholder: cardholder(formatSw(sw)) };
  }
  if (!isPinWrong(sw)) return { ...known, sw };
  const [left, { merchant, cardholder }] = [sw & 0x0f, SENTENCES.pinTries];
  return { sw, name: known.name, merchant: merchant(left), cardholder: cardholder(left) };
}
