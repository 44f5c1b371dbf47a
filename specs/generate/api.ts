import { createHash } from "node:crypto";

/**
 * Peer messages (specs/08 §3), the status challenge (§6), the scopes of addresses (§7) and the states of an
 * initiation (§4.2). The bytes are put together here by hand, without the codec that they test.
 */
export const file = "api.json";

const hexByte = (value: number): string => value.toString(16).padStart(2, "0");
const u16 = (value: number): string => value.toString(16).padStart(4, "0");
const u64 = (value: bigint): string => value.toString(16).padStart(16, "0");
const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const sized = (hex: string): string => u16(hex.length / 2) + hex;
const sha256 = (hex: string): string => createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");
const counting = (length: number, first: number, step: number): string =>
  Array.from({ length }, (_, i) => hexByte(i === 0 ? first : (first + i * step) & 0xff)).join("");

const TOKEN = counting(149, 1, 7);
const STATUS = counting(149, 2, 5);
const UPDATE = counting(149, 3, 3);
const NONCE = counting(24, 0xa0, 1);
const TIME = 1_700_000_000n;
/** Stands for an invoice: the codec carries what it is given and reads nothing in it. */
const INVOICE = ascii(
  "lnbcrt25u1pj4nt8jpp5w3xskk0n9z5s7vd3cqyqwkhehlvkqmpp5zz8m4zrq6uv0eaf4tsdqqcqzzsxqrrsssp5",
);
const LONGEST_INVOICE = "6c".repeat(4096);

interface Message {
  readonly comment: string;
  readonly type: number;
  readonly hex: string;
}
const good = (message: Message, fields: object, canonical = true) => ({
  ...message,
  valid: true,
  canonical,
  fields,
});
const bad = (message: Message, error: string) => ({ ...message, valid: false, error });
const of = (type: number) => (comment: string, hex: string) => ({ comment, type, hex });

const initiate = of(45001);
const reject = of(45003);
const status = of(45005);
const update = of(45007);
const refund = of(45009);
const refundAnswer = of(45011);
const balance = of(45013);

const ASK = sized(TOKEN) + sized(INVOICE);
const askFields = { token: TOKEN, invoice: INVOICE };
const REJECT = sha256(TOKEN) + sized(INVOICE);
const rejectFields = (reason: number | null) => ({ tokenHash: sha256(TOKEN), invoice: INVOICE, reason });
const STATUS_MESSAGE = STATUS + u64(TIME) + NONCE;
const statusFields = { status: STATUS, time: TIME.toString(), nonce: NONCE };
const UPDATE_MESSAGE = sha256(STATUS) + UPDATE;
const updateFields = { requestHash: sha256(STATUS), update: UPDATE };
const PREIMAGE = counting(32, 4, 9);
const REFUND_ID = counting(16, 5, 11);
const MOST = 2_100_000_000_000_000_000n;
const refundOf = (amount: bigint): string => sha256(PREIMAGE) + PREIMAGE + u64(amount) + REFUND_ID;
const REFUND = refundOf(2_500_000n);
const refundFields = (amount = 2_500_000n) => ({
  paymentHash: sha256(PREIMAGE),
  preimage: PREIMAGE,
  amount: amount.toString(),
  refundId: REFUND_ID,
});
const REFUND_INVOICE = sha256(REFUND) + u64(0n) + sized(INVOICE);
const REFUSAL = `${sha256(REFUND) + u64(2_000_000n)}0000`;
const refundAnswerFields = (reason: number | null, refunded = 2_000_000n) => ({
  requestHash: sha256(REFUND),
  refunded: refunded.toString(),
  invoice: reason === null ? INVOICE : null,
  reason,
});

const balanceFields = (left: bigint | null) => ({
  requestHash: sha256(STATUS),
  left: left === null ? null : left.toString(),
});

/** Records that must not change what a message says, and records that make it unreadable; for every message. */
const extensions = (
  make: (comment: string, hex: string) => Message,
  whole: string,
  fields: object,
  name: string,
) => [
  good(make("unknown odd record: ignored", `${whole}0301ff`), fields, false),
  good(make("two unknown odd records", `${whole}0300fdffff00`), fields, false),
  good(make("1024 bytes of records", `${whole}03fd03fc${"00".repeat(1020)}`), fields, false),
  bad(make("unknown even record", `${whole}0200`), `${name}/tlv/2`),
  bad(make("one byte too many", `${whole}03`), `${name}/tlv/3/length`),
  bad(make("record cut off", `${whole}0302ff`), `${name}/tlv/3`),
  bad(make("records out of order", `${whole}05000300`), `${name}/tlv/3`),
  bad(make("record twice", `${whole}03000300`), `${name}/tlv/3`),
  bad(make("1025 bytes of records", `${whole}03fd03fd${"00".repeat(1021)}`), `${name}/tlv`),
];

const messages = [
  good(initiate("a card's token and an invoice", ASK), askFields),
  good(initiate("shortest", `0001aa0001bb`), { token: "aa", invoice: "bb" }),
  good(initiate("longest", sized("ab".repeat(1024)) + sized(LONGEST_INVOICE)), {
    token: "ab".repeat(1024),
    invoice: LONGEST_INVOICE,
  }),
  ...extensions(initiate, ASK, askFields, "initiate_payment"),
  bad(initiate("empty", ""), "initiate_payment/token/length"),
  bad(initiate("half a length", "00"), "initiate_payment/token/length"),
  bad(initiate("empty token", `0000${sized(INVOICE)}`), "initiate_payment/token/length"),
  bad(
    initiate("token of 1025 bytes", sized("ab".repeat(1025)) + sized(INVOICE)),
    "initiate_payment/token/length",
  ),
  bad(initiate("token cut off", `0095${TOKEN.slice(2)}`), "initiate_payment/token"),
  bad(initiate("no invoice", sized(TOKEN)), "initiate_payment/invoice/length"),
  bad(initiate("empty invoice", `${sized(TOKEN)}0000`), "initiate_payment/invoice/length"),
  bad(
    initiate("invoice of 4097 bytes", `${sized(TOKEN)}${sized(`${LONGEST_INVOICE}6c`)}`),
    "initiate_payment/invoice/length",
  ),
  bad(initiate("invoice cut off", ASK.slice(0, -2)), "initiate_payment/invoice"),
  bad(initiate("length of 65535", `ffff${TOKEN}`), "initiate_payment/token/length"),

  good(reject("as the draft has it, without a reason", REJECT), rejectFields(null)),
  good(reject("reason 16", `${REJECT}01020010`), rejectFields(16)),
  good(reject("reason that nobody knows", `${REJECT}0102ffff`), rejectFields(65535)),
  good(reject("reason and an unknown odd record", `${REJECT}0102002403020000`), rejectFields(36), false),
  ...extensions(reject, REJECT, rejectFields(null), "reject_payment"),
  bad(reject("empty", ""), "reject_payment/tokenhash"),
  bad(reject("hash of 31 bytes", sha256(TOKEN).slice(2)), "reject_payment/tokenhash"),
  bad(reject("no invoice", sha256(TOKEN)), "reject_payment/invoice/length"),
  bad(reject("invoice cut off", REJECT.slice(0, -2)), "reject_payment/invoice"),
  bad(reject("reason of one byte", `${REJECT}010110`), "reject_payment/tlv/1"),
  bad(reject("reason of three bytes", `${REJECT}0103000010`), "reject_payment/tlv/1"),

  good(status("status, time and nonce", STATUS_MESSAGE), statusFields),
  good(status("greatest time", STATUS + u64(2n ** 64n - 1n) + NONCE), {
    ...statusFields,
    time: (2n ** 64n - 1n).toString(),
  }),
  ...extensions(status, STATUS_MESSAGE, statusFields, "card_status"),
  bad(status("empty", ""), "card_status"),
  bad(status("cut off", STATUS_MESSAGE.slice(0, -2)), "card_status"),

  good(update("update that answers a status", UPDATE_MESSAGE), updateFields),
  good(update("update that answers a token", sha256(TOKEN) + UPDATE), {
    requestHash: sha256(TOKEN),
    update: UPDATE,
  }),
  ...extensions(update, UPDATE_MESSAGE, updateFields, "card_update"),
  bad(update("empty", ""), "card_update"),
  bad(update("cut off", UPDATE_MESSAGE.slice(0, -2)), "card_update"),

  good(refund("2,500 sat of a sale", REFUND), refundFields()),
  good(refund("the least amount", refundOf(1n)), refundFields(1n)),
  good(refund("21 million bitcoin", refundOf(MOST)), refundFields(MOST)),
  good(
    refund("a preimage of another hash: the receiver finds it out", `${"00".repeat(32)}${REFUND.slice(64)}`),
    {
      ...refundFields(),
      paymentHash: "00".repeat(32),
    },
  ),
  ...extensions(refund, REFUND, refundFields(), "refund_request"),
  bad(refund("empty", ""), "refund_request"),
  bad(refund("cut off", REFUND.slice(0, -2)), "refund_request"),
  bad(refund("nothing to refund", refundOf(0n)), "refund_request/amount"),
  bad(refund("more than 21 million bitcoin", refundOf(MOST + 1n)), "refund_request/amount"),
  bad(refund("the greatest number", refundOf(2n ** 64n - 1n)), "refund_request/amount"),

  good(refundAnswer("an invoice", REFUND_INVOICE), refundAnswerFields(null, 0n)),
  good(refundAnswer("the longest invoice", `${REFUND_INVOICE.slice(0, 80)}${sized(LONGEST_INVOICE)}`), {
    ...refundAnswerFields(null, 0n),
    invoice: LONGEST_INVOICE,
  }),
  good(refundAnswer("refused: retired", `${REFUSAL}01020002`), refundAnswerFields(2)),
  good(
    refundAnswer("refused for a reason that nobody knows", `${REFUSAL}0102ffff`),
    refundAnswerFields(65535),
  ),
  good(
    refundAnswer("refused, and an unknown odd record", `${REFUSAL}0102000403020000`),
    refundAnswerFields(4),
    false,
  ),
  ...extensions(refundAnswer, REFUND_INVOICE, refundAnswerFields(null, 0n), "refund_answer"),
  bad(refundAnswer("empty", ""), "refund_answer/requesthash"),
  bad(refundAnswer("hash of 31 bytes", REFUND_INVOICE.slice(0, 62)), "refund_answer/requesthash"),
  bad(refundAnswer("refunded amount of 7 bytes", REFUND_INVOICE.slice(0, 78)), "refund_answer/refunded"),
  bad(
    refundAnswer(
      "more than 21 million bitcoin refunded",
      `${sha256(REFUND)}${u64(MOST + 1n)}${sized(INVOICE)}`,
    ),
    "refund_answer/refunded",
  ),
  bad(refundAnswer("no length", REFUND_INVOICE.slice(0, 80)), "refund_answer/invoice/length"),
  bad(refundAnswer("half a length", REFUND_INVOICE.slice(0, 82)), "refund_answer/invoice/length"),
  bad(refundAnswer("invoice cut off", REFUND_INVOICE.slice(0, -2)), "refund_answer/invoice"),
  bad(
    refundAnswer("invoice of 4097 bytes", `${REFUND_INVOICE.slice(0, 80)}${sized(`${LONGEST_INVOICE}6c`)}`),
    "refund_answer/invoice/length",
  ),
  bad(refundAnswer("neither invoice nor reason", REFUSAL), "refund_answer/tlv/1"),
  bad(refundAnswer("both invoice and reason", `${REFUND_INVOICE}01020001`), "refund_answer/tlv/1"),
  bad(refundAnswer("reason of one byte", `${REFUSAL}010101`), "refund_answer/tlv/1"),
  good(balance("the issuer does not tell", sha256(STATUS)), balanceFields(null)),
  good(balance("nothing left", `${sha256(STATUS)}0108${u64(0n)}`), balanceFields(0n)),
  good(balance("left after a token's payment", `${sha256(TOKEN)}0108${u64(12_345_678n)}`), {
    requestHash: sha256(TOKEN),
    left: "12345678",
  }),
  good(balance("all bitcoin", `${sha256(STATUS)}0108${u64(MOST)}`), balanceFields(MOST)),
  ...extensions(balance, sha256(STATUS), balanceFields(null), "card_balance"),
  bad(balance("empty", ""), "card_balance"),
  bad(balance("hash of 31 bytes", sha256(STATUS).slice(2)), "card_balance"),
  bad(balance("more than all bitcoin", `${sha256(STATUS)}0108${u64(MOST + 1n)}`), "card_balance/tlv/1"),
  bad(balance("left of 7 bytes", `${sha256(STATUS)}0107${u64(5n).slice(2)}`), "card_balance/tlv/1"),
  bad(balance("left of 9 bytes", `${sha256(STATUS)}010900${u64(5n)}`), "card_balance/tlv/1"),
];

/** SHA-256(SHA-256(tag) || SHA-256(tag) || node id || time || nonce), tag `chequecard/status-challenge`. */
const NODE_ID = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const tagHash = sha256(ascii("chequecard/status-challenge"));
const challenge = (comment: string, nodeId: string, time: bigint, nonce: string) => ({
  comment,
  nodeId,
  time: time.toString(),
  nonce,
  challenge: sha256(tagHash + tagHash + nodeId + u64(time) + nonce),
});
const challenges = [
  challenge("the usual", NODE_ID, TIME, NONCE),
  challenge("a second later", NODE_ID, TIME + 1n, NONCE),
  challenge("another node", `03${NODE_ID.slice(2)}`, TIME, NONCE),
  challenge("zeros", NODE_ID, 0n, "00".repeat(24)),
];

const addresses = Object.entries({
  public:
    "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 " +
    "172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 " +
    "2606:4700::1111 2001:200:: 2a00:1450:4001::1 3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::ffff:8.8.8.8 64:ff9b::808:808 ::ffff:192.0.1.1 ::ffff:192.0.3.1 " +
    "64:ff9b::c000:101 64:ff9b::198.51.101.1 ::ffff:cb00:7000",
  loopback: "127.0.0.1 127.255.255.255 ::1 0:0:0:0:0:0:0:1 ::ffff:127.0.0.1 ::ffff:7f00:1 64:ff9b::127.0.0.1",
  private:
    "10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 172.16.0.0 172.31.255.255 192.168.0.1 fc00:: fd12:3456::1 " +
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::ffff:10.0.0.1 ::ffff:c0a8:1 64:ff9b::a00:1",
  "link-local": "169.254.0.1 169.254.169.254 fe80::1 febf::1 ::ffff:169.254.169.254",
  reserved:
    "0.0.0.0 0.255.255.255 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 " +
    "224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::2 ::127.0.0.1 ::ffff:0.0.0.0 64:ff9b:1::1 100::1 " +
    "2001::1 2001:1ff::1 2001:db8::1 2002:7f00:1::1 3fff::1 3fff:fff:: 4000::1 fec0::1 ff02::1 ::ffff:192.0.2.1 " +
    "64:ff9b::c000:201 64:ff9b::198.51.100.1 ::ffff:cb00:7100 1fff:ffff::1 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
}).flatMap(([scope, list]) => list.split(" ").map((address) => ({ address, scope })));

const A = { payer: `02${"aa".repeat(32)}`, tokenHash: "a1".repeat(32) };
const A2 = { ...A, tokenHash: "a2".repeat(32) };
const B = { payer: `03${"bb".repeat(32)}`, tokenHash: "b1".repeat(32) };
const IDLE = { phase: "idle" };
const asked = (payer: string, ...tokenHashes: string[]) => ({ phase: "asked", payer, tokenHashes });
const ask = (which: typeof A) => ({ event: "ask", ...which });
const rejected = (which: typeof A, reason?: number) => ({
  event: "rejected",
  ...which,
  ...(reason === undefined ? {} : { reason }),
});
const NOT_SENT = { event: "not-sent" };
const SETTLED = { event: "settled" };
const CANCELLED = { event: "cancelled" };
const MANY = Array.from({ length: 8 }, (_, i) => hexByte(i).repeat(32));

const story = (comment: string, events: readonly object[], state: object, from: object = IDLE) => ({
  comment,
  from,
  events,
  state,
});
const refused = (comment: string, events: readonly object[], error: string, from: object = IDLE) => ({
  comment,
  from,
  events,
  error,
});
const initiations = [
  story("asked", [ask(A)], asked(A.payer, A.tokenHash)),
  story("asked again with the same token", [ask(A), ask(A)], asked(A.payer, A.tokenHash)),
  story("asked again with another token", [ask(A), ask(A2)], asked(A.payer, A.tokenHash, A2.tokenHash)),
  story("rejected", [ask(A), rejected(A)], IDLE),
  story("one of two tokens rejected", [ask(A), ask(A2), rejected(A)], asked(A.payer, A2.tokenHash)),
  story("both tokens rejected", [ask(A), ask(A2), rejected(A2), rejected(A)], IDLE),
  story("another payer after the first rejected", [ask(A), rejected(A), ask(B)], asked(B.payer, B.tokenHash)),
  story("a temporary reject: card on hold", [ask(A), rejected(A, 66)], asked(A.payer, A.tokenHash)),
  story("cancelled after a temporary reject", [ask(A), rejected(A, 66), CANCELLED], { phase: "cancelled" }),
  story("a reject for a token that was not shown", [ask(A), rejected(A2)], asked(A.payer, A.tokenHash)),
  story(
    "a reject of another payer",
    [ask(A), rejected({ ...A, payer: B.payer })],
    asked(A.payer, A.tokenHash),
  ),
  story("settled", [ask(A), SETTLED], { phase: "paid" }),
  story("settled by somebody who was not asked", [SETTLED], { phase: "paid" }),
  story("settled after a reject", [ask(A), rejected(A), SETTLED], { phase: "paid" }),
  story("a reject after it was settled", [ask(A), SETTLED, rejected(A)], { phase: "paid" }),
  story("cancelled", [ask(A), CANCELLED], { phase: "cancelled" }),
  story("cancelled after it was settled", [SETTLED, CANCELLED], { phase: "paid" }),
  story("settled although cancelled", [CANCELLED, SETTLED], { phase: "paid" }),
  refused("another payer while the first is in doubt", [ask(A), ask(B)], "in-doubt"),
  refused(
    "another payer while one of two tokens is in doubt",
    [ask(A), ask(A2), rejected(A), ask(B)],
    "in-doubt",
  ),
  refused("asked after it was paid", [SETTLED, ask(A)], "already-paid"),
  refused("asked after it was cancelled", [CANCELLED, ask(A)], "cancelled"),
  refused("a ninth token in doubt", [ask(A)], "too-many-tokens", asked(A.payer, ...MANY)),
  story(
    "the eighth token again",
    [ask({ ...A, tokenHash: MANY[7] ?? "" })],
    asked(A.payer, ...MANY),
    asked(A.payer, ...MANY),
  ),
  story("a temporary reject: busy", [ask(A), rejected(A, 64)], asked(A.payer, A.tokenHash)),
  story("a temporary reject that nobody knows", [ask(A), rejected(A, 100)], asked(A.payer, A.tokenHash)),
  story("the last temporary code", [ask(A), rejected(A, 127)], asked(A.payer, A.tokenHash)),
  story("the first code behind the temporary ones", [ask(A), rejected(A, 128)], IDLE),
  story("the last code before the temporary ones", [ask(A), rejected(A, 63)], IDLE),
  story("a final reject that nobody knows", [ask(A), rejected(A, 65535)], IDLE),
  story("a final reject", [ask(A), rejected(A, 36)], IDLE),
  story("a final reject after a temporary one", [ask(A), rejected(A, 64), rejected(A, 16)], IDLE),
  refused("another payer after a temporary reject", [ask(A), rejected(A, 64), ask(B)], "in-doubt"),
  story("a temporary reject after it was settled", [ask(A), SETTLED, rejected(A, 64)], { phase: "paid" }),
  story("the message never left: back to idle", [ask(A), NOT_SENT], IDLE),
  story(
    "the message never left: another payer may be asked",
    [ask(A), NOT_SENT, ask(B)],
    asked(B.payer, B.tokenHash),
  ),
  story(
    "the second message never left: the first is still in doubt",
    [ask(A), ask(A2), NOT_SENT],
    asked(A.payer, A.tokenHash),
  ),
  story(
    "the same message again never left: it had left before",
    [ask(A), ask(A), NOT_SENT],
    asked(A.payer, A.tokenHash),
  ),
  story("settled, though the message never left", [ask(A), SETTLED, NOT_SENT], { phase: "paid" }),
  story("cancelled, though the message never left", [ask(A), CANCELLED, NOT_SENT], { phase: "cancelled" }),
  story("settled after the message never left", [ask(A), NOT_SENT, SETTLED], { phase: "paid" }),
  story("a reject when nobody was asked", [rejected(A)], IDLE),
  story("cancelled when nobody was asked", [CANCELLED], { phase: "cancelled" }),
  story(
    "the eighth token",
    [ask(A)],
    asked(A.payer, ...MANY.slice(1), A.tokenHash),
    asked(A.payer, ...MANY.slice(1)),
  ),
];

const REASONS = [
  [1, "invoice-malformed"],
  [2, "invoice-wrong-network"],
  [3, "invoice-unknown-feature"],
  [4, "invoice-expired"],
  [5, "invoice-without-amount"],
  [6, "payee-not-allowed"],
  [7, "payee-is-payer"],
  [8, "invoice-taken"],
  [9, "invoice-expires-late"],
  [16, "token-not-accepted"],
  [17, "token-other-invoice"],
  [18, "token-other-amount"],
  [19, "card-blocked"],
  [20, "token-void"],
  [21, "card-contradicts"],
  [32, "above-max-per-transaction"],
  [33, "above-period-limit"],
  [34, "pin-required"],
  [35, "outside-hours"],
  [36, "not-funded"],
  [37, "below-min-per-transaction"],
  [48, "payment-failed"],
  [49, "fee-too-high"],
  [64, "busy"],
  [65, "internal"],
  [66, "card-on-hold"],
] as const;

const REFUND_REASONS = [
  [1, "unknown-sale"],
  [2, "card-retired"],
  [3, "card-cashed-out"],
  [4, "above-sale"],
  [5, "refund-over"],
  [6, "refund-differs"],
  [7, "too-many-refunds"],
  [64, "busy"],
  [65, "sale-in-flight"],
  [66, "refunds-open"],
] as const;

const describeReasons = (list: readonly (readonly [code: number, name: string])[]) =>
  list.map(([code, name]) => ({ code, name, final: code < 64 || code > 127 }));

/** The description of the invoice that answers a request (§3.6). */
const refundInvoices = [
  {
    comment: "the usual",
    paymentHash: sha256(PREIMAGE),
    refundId: REFUND_ID,
    description: `chequecard refund ${REFUND_ID} of ${sha256(PREIMAGE)}`,
  },
];

/** The whole file. */
export function generate(): unknown {
  return {
    title: "Authorized Payment Initiation",
    spec: "specs/08",
    vectors: messages,
    challenges,
    addresses,
    initiations,
    reasons: describeReasons(REASONS),
    refundReasons: describeReasons(REFUND_REASONS),
    refundInvoices,
  };
}
