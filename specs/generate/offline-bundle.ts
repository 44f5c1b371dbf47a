import {
  type Bundle,
  type ListHead,
  type Results,
  resultRecord,
  saleRecord,
  writeBundle,
  writeFrame,
  writeResults,
} from "../../reference/bundle.js";
import { ascii, hex, join, uint, unhex } from "../../reference/bytes.js";
import { pointOf } from "../../reference/crypto.js";

/** Bundles and files of results (specs/09 §7). */
export const file = "offline-bundle.json";

const TERMINAL_KEY = unhex("61".repeat(32));
const OTHER_KEY = unhex("62".repeat(32));
const KEY_ID = "00000007";
const TIME = 1_800_000_000;
const HEAD: ListHead = { network: "bcrt", keyId: KEY_ID, fileId: "f1".repeat(16), madeAt: TIME };
const NODE = `${hex(pointOf(unhex("72".repeat(32)), true))}@node.example.com:9735`;
const SALE = {
  number: 12,
  acceptedAt: TIME - 3600,
  token: "0a".repeat(149),
  nodeUri: NODE,
  invoice: "lnbcrt25u1example",
};
const PAID = {
  paymentHash: "a1".repeat(32),
  state: "paid",
  reason: null,
  received: "2500000",
  paidAt: TIME - 60,
};
const REFUSED = { paymentHash: "a2".repeat(32), state: "refused", reason: 36, received: "0", paidAt: 0 };
const OPEN = { paymentHash: "a3".repeat(32), state: "open", reason: null, received: "0", paidAt: 0 };

const good = (comment: string, bytes: Buffer, fields: object) => ({
  comment,
  valid: true,
  hex: hex(bytes),
  fields,
});
const bad = (comment: string, bytes: Buffer, error: string) => ({
  comment,
  valid: false,
  hex: hex(bytes),
  error,
});

const bundle = (changes: Partial<Bundle> = {}): Bundle => ({ ...HEAD, sales: [SALE], ...changes });
const results = (changes: Partial<Results> = {}): Results => ({
  ...HEAD,
  results: [PAID, REFUSED, OPEN],
  ...changes,
});
const goodBundle = (comment: string, changes: Partial<Bundle>) =>
  good(comment, writeBundle(bundle(changes), TERMINAL_KEY), bundle(changes));
const goodResults = (comment: string, changes: Partial<Results>) =>
  good(comment, writeResults(results(changes), TERMINAL_KEY), results(changes));

/** What both kinds of files are refused for, before their records. */
function frames(kind: "bundle" | "results", whole: Buffer, record: Buffer) {
  const other = kind === "bundle" ? "CQRS" : "CQBD";
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const framed = (head: Partial<ListHead>, key = TERMINAL_KEY) =>
    writeFrame(kind, { ...HEAD, ...head }, [record], key);
  const name = kind === "bundle" ? "bundle" : "file of results";
  return [
    bad("empty", Buffer.alloc(0), "not-a-bundle"),
    bad("64 KiB of zeros", Buffer.alloc(65_536), "not-a-bundle"),
    bad("the other kind of file", join(ascii(other), whole.subarray(4)), "not-a-bundle"),
    bad("version 2", join(whole.subarray(0, 4), uint(2, 1), whole.subarray(5)), "newer-version"),
    bad("version 0", join(whole.subarray(0, 4), uint(0, 1), whole.subarray(5)), "damaged"),
    bad("cut in its head", whole.subarray(0, 36), "cut"),
    bad("cut by a byte", whole.subarray(0, -1), "damaged"),
    bad("a byte after its end", join(whole, unhex("00")), "damaged"),
    bad("an unknown network", framed({ network: "ltc" }), "damaged"),
    bad("for another network", framed({ network: "bc" }), "other-network"),
    bad("of another terminal", framed({ keyId: "00000008" }), "other-terminal"),
    bad("with another key", framed({}, OTHER_KEY), "damaged"),
    bad("another byte in its first record", flipped(40), "damaged"),
    bad("another MAC", flipped(whole.length - 1), "damaged"),
    bad("one record more than it has", writeFrame(kind, HEAD, [record], TERMINAL_KEY, 2), name),
    bad("one record less than it has", writeFrame(kind, HEAD, [record, record], TERMINAL_KEY, 1), name),
    bad("2^32 - 1 records", writeFrame(kind, HEAD, [record], TERMINAL_KEY, 0xffff_ffff), name),
  ];
}

const oddBundle = (comment: string, record: Buffer, error: string) =>
  bad(comment, writeFrame("bundle", HEAD, [record], TERMINAL_KEY), error);
const oddResults = (comment: string, record: Buffer, error: string) =>
  bad(comment, writeFrame("results", HEAD, [record], TERMINAL_KEY), error);
const sale = saleRecord(SALE);
const result = resultRecord(PAID);

const bundles = [
  goodBundle("one sale", {}),
  goodBundle("none", { sales: [] }),
  goodBundle("two sales", {
    sales: [SALE, { ...SALE, number: 4_294_967_295, acceptedAt: 0, token: "ff".repeat(149) }],
  }),
  ...frames("bundle", writeBundle(bundle(), TERMINAL_KEY), sale),
  oddBundle("a token of 148 bytes", sale.subarray(0, 8 + 148), "bundle/0/token"),
  oddBundle("no invoice", sale.subarray(0, 8 + 149 + 2 + NODE.length), "bundle/0/invoice"),
  oddBundle(
    "an invoice of 4097 characters",
    saleRecord({ ...SALE, invoice: "q".repeat(4097) }),
    "bundle/0/invoice",
  ),
  oddBundle(
    "a node URI that is not ASCII",
    join(sale.subarray(0, 159), unhex("ff"), sale.subarray(160)),
    "bundle/0/nodeUri",
  ),
];

const lists = [
  goodResults("paid, refused and open", {}),
  goodResults("none", { results: [] }),
  goodResults("refused without a reason", { results: [{ ...REFUSED, reason: null }] }),
  ...frames("results", writeResults(results(), TERMINAL_KEY), result),
  bad(
    "of another file of sales",
    writeFrame("results", { ...HEAD, fileId: "f2".repeat(16) }, [result], TERMINAL_KEY),
    "other-terminal",
  ),
  oddResults(
    "a state that there is not",
    join(result.subarray(0, 32), uint(3, 1), result.subarray(33)),
    "file of results/0/state",
  ),
  oddResults(
    "more than all bitcoin",
    resultRecord({ ...PAID, received: "2100000000000000001" }),
    "file of results/0/received",
  ),
];

export const generate = () => ({
  title: "Bundles and results",
  spec: "specs/09 §7",
  reader: { network: "bcrt", keyId: KEY_ID, terminalKey: hex(TERMINAL_KEY), fileId: HEAD.fileId },
  bundles,
  results: lists,
});
