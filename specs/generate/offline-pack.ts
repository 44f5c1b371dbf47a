import { ascii, hex, join, uint, unhex } from "../../reference/bytes.js";
import { pointOf } from "../../reference/crypto.js";
import { type Pack, type Sealing, sealContent, writeContent, writePack } from "../../reference/pack.js";

/** Acceptance packs (specs/09 §3): clear content, files, and what a terminal installs. */
export const file = "offline-pack.json";

const fill = (byte: string, length: number): Buffer => unhex(byte.repeat(length));
const TERMINAL_KEY = fill("71", 32);
const OTHER_TERMINAL_KEY = fill("74", 32);
const ISSUER_KEY = fill("72", 32);
const OTHER_ISSUER_KEY = fill("73", 32);
const SEALING: Sealing = {
  ephemeralKey: fill("75", 32),
  nonce: Uint8Array.from({ length: 24 }, (_, i) => i),
  signingKey: ISSUER_KEY,
};
const ISSUER = hex(pointOf(ISSUER_KEY, true));
const OTHER_ISSUER = hex(pointOf(OTHER_ISSUER_KEY, true));
const TERMINAL = hex(pointOf(TERMINAL_KEY, true));
const OFF_CURVE = unhex(`02${"ff".repeat(32)}`);
const TIME = 1_800_000_000;
const DAY = 86_400;

const PACK: Pack = {
  issuer: ISSUER,
  name: "Harbour festival",
  network: "bcrt",
  sequence: "7",
  madeAt: TIME,
  validUntil: TIME + 7 * DAY,
  terminal: TERMINAL,
  label: "Bar 1",
  keySets: [{ id: "0a0b0c0d", sealKey: "5e".repeat(16), issuerPoint: ISSUER }],
  denied: ["0000000000000002", "1111111111111111"],
  floorLimits: {
    perSale: "20000000",
    perCard: "50000000",
    perTerminal: "5000000000",
    maxSales: 2000,
    maxPackAgeSeconds: 3 * DAY,
  },
  forwardingWindow: 3 * DAY,
  nodes: [`${ISSUER}@node.example.com:9735`],
  guarantee: null,
};
const GUARANTEE = { perCard: "20000000", total: "1000000000", contradictions: true };
const SET = (id: string, issuerPoint = ISSUER) => ({ id, sealKey: id.repeat(4), issuerPoint });

const content = (changes: Partial<Pack> = {}): Buffer => writeContent({ ...PACK, ...changes });
const good = (comment: string, changes: Partial<Pack>) => ({
  comment,
  valid: true,
  hex: hex(content(changes)),
  fields: { ...PACK, ...changes },
});
const bad = (comment: string, bytes: Buffer, error: string) => ({
  comment,
  valid: false,
  hex: hex(bytes),
  error,
});
const record = (type: number, value: Buffer): Buffer =>
  join(
    uint(type, 1),
    value.length < 253 ? uint(value.length, 1) : join(unhex("fd"), uint(value.length, 2)),
    value,
  );
/** The content with one record written another way; undefined leaves it out. */
function replaced(type: number, value: Buffer | undefined, changes: Partial<Pack> = {}): Buffer {
  const bytes = content(changes);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const long = bytes[at + 1] === 253;
    const length = long ? bytes.readUInt16BE(at + 2) : (bytes[at + 1] ?? 0);
    const end = at + (long ? 4 : 2) + length;
    const same = bytes[at] !== type;
    if (same) parts.push(bytes.subarray(at, end));
    else if (value) parts.push(record(type, value));
    at = end;
  }
  return join(...parts);
}
const floor = (perSale: bigint, perCard = 1n, perTerminal = 1n): Buffer =>
  join(uint(perSale, 8), uint(perCard, 8), uint(perTerminal, 8), uint(1, 4), uint(1, 4));
const guaranteed = (perCard: bigint, total: bigint, flags: number): Buffer =>
  join(uint(perCard, 8), uint(total, 8), uint(flags, 1));
const TOO_MUCH = 2_100_000_000_000_000_001n;

const contents = [
  good("one key set, two denied cards", {}),
  good("a guarantee that includes contradictions", { guarantee: GUARANTEE }),
  good("a guarantee without contradictions", { guarantee: { ...GUARANTEE, contradictions: false } }),
  good("nothing denied, all floor limits 0", {
    denied: [],
    floorLimits: { perSale: "0", perCard: "0", perTerminal: "0", maxSales: 0, maxPackAgeSeconds: 0 },
  }),
  good("greatest amounts, sequence and window", {
    sequence: "18446744073709551615",
    floorLimits: {
      perSale: "2100000000000000000",
      perCard: "2100000000000000000",
      perTerminal: "2100000000000000000",
      maxSales: 4_294_967_295,
      maxPackAgeSeconds: 4_294_967_295,
    },
    forwardingWindow: 604_800,
    validUntil: 4_294_967_295,
  }),
  good("key sets of two issuer keys, two nodes, names that are not ASCII", {
    name: "Fête du port 🍻",
    label: "Büdchen",
    keySets: [SET("00000001", OTHER_ISSUER), SET("0a0b0c0d"), SET("ffffffff")],
    nodes: [`${ISSUER}@192.0.2.7:9735`, `${OTHER_ISSUER}@[2001:db8::7]:19735`],
  }),
  {
    ...good("an unknown record of an odd type", {}),
    canonical: false,
    hex: hex(join(content(), record(29, unhex("00")))),
  },
  bad("empty", Buffer.alloc(0), "pack/version"),
  bad("version 2", replaced(0, unhex("02")), "pack/version"),
  bad("a version of two bytes", replaced(0, unhex("0001")), "pack/version"),
  bad("cut in its last record", content().subarray(0, -1), "pack/26"),
  bad("an unknown record of an even type", join(content(), record(30, unhex("00"))), "pack/30"),
  bad("records out of order", join(content(), record(3, unhex("00"))), "pack/3"),
  bad("no issuer", replaced(2, undefined), "pack/issuer"),
  bad("an issuer key off the curve", replaced(2, OFF_CURVE), "pack/issuer"),
  bad("an issuer key of none of the key sets", content({ issuer: OTHER_ISSUER }), "pack/issuer"),
  bad("no name", replaced(4, undefined), "pack/name"),
  bad("an empty name", replaced(4, Buffer.alloc(0)), "pack/name"),
  bad("a name of 65 characters", replaced(4, ascii("n".repeat(65))), "pack/name"),
  bad("a name that is not UTF-8", replaced(4, unhex("fc")), "pack/name"),
  bad("a name with a control character", replaced(4, ascii("a\u001b[2J")), "pack/name"),
  bad("a network of another chain", replaced(6, ascii("ltc")), "pack/network"),
  bad("sequence 0", replaced(8, Buffer.alloc(8)), "pack/sequence"),
  bad("a sequence of 4 bytes", replaced(8, uint(7, 4)), "pack/sequence"),
  bad("valid until the second it was made", replaced(12, uint(TIME, 4)), "pack/validUntil"),
  bad("no terminal", replaced(14, undefined), "pack/terminal"),
  bad("a terminal key off the curve", replaced(14, OFF_CURVE), "pack/terminal"),
  bad("no key sets", replaced(18, Buffer.alloc(0)), "pack/keySets"),
  bad("65 key sets", replaced(18, Buffer.alloc(65 * 53)), "pack/keySets"),
  bad("a key set cut by a byte", replaced(18, Buffer.alloc(52)), "pack/keySets"),
  bad(
    "a key set whose issuer key is off the curve",
    replaced(18, Buffer.alloc(53)),
    "pack/keySets/0/issuerPoint",
  ),
  bad("a key set twice", content({ keySets: [SET("0a0b0c0d"), SET("0a0b0c0d")] }), "pack/keySets/1/id"),
  bad("key sets out of order", content({ keySets: [SET("0a0b0c0d"), SET("00000001")] }), "pack/keySets/1/id"),
  bad("half a denied card", replaced(20, Buffer.alloc(12)), "pack/denied"),
  bad("7,501 denied cards", replaced(20, Buffer.alloc(7501 * 8)), "pack/denied"),
  bad("a card denied twice", content({ denied: ["0000000000000002", "0000000000000002"] }), "pack/denied/1"),
  bad(
    "denied cards out of order",
    content({ denied: ["0000000000000002", "0000000000000001"] }),
    "pack/denied/1",
  ),
  bad("no floor limits", replaced(22, undefined), "pack/floorLimits"),
  bad("more than all bitcoin for a sale", replaced(22, floor(TOO_MUCH)), "pack/floorLimits/perSale"),
  bad("more than all bitcoin for a card", replaced(22, floor(1n, TOO_MUCH)), "pack/floorLimits/perCard"),
  bad(
    "more than all bitcoin for the terminal",
    replaced(22, floor(1n, 1n, TOO_MUCH)),
    "pack/floorLimits/perTerminal",
  ),
  bad("a forwarding window of 0", replaced(24, uint(0, 4)), "pack/forwardingWindow"),
  bad(
    "a forwarding window of a second more than 7 days",
    replaced(24, uint(604_801, 4)),
    "pack/forwardingWindow",
  ),
  bad("no nodes", replaced(26, Buffer.alloc(0)), "pack/nodes"),
  bad("nine nodes", content({ nodes: Array.from({ length: 9 }, () => PACK.nodes[0] ?? "") }), "pack/nodes"),
  bad("a node without a port", content({ nodes: [`${ISSUER}@node.example.com`] }), "pack/nodes/0/port"),
  bad("a node in upper case", content({ nodes: [`${ISSUER}@NODE.example.com:9735`] }), "pack/nodes/0"),
  bad(
    "a guarantee with an unknown flag",
    replaced(28, guaranteed(1n, 1n, 2), { guarantee: GUARANTEE }),
    "pack/guarantee/flags",
  ),
  bad("a guarantee of 16 bytes", replaced(28, Buffer.alloc(16), { guarantee: GUARANTEE }), "pack/guarantee"),
  bad(
    "more than all bitcoin guaranteed for a card",
    replaced(28, guaranteed(TOO_MUCH, 1n, 0), { guarantee: GUARANTEE }),
    "pack/guarantee/perCard",
  ),
  bad(
    "more than all bitcoin guaranteed",
    replaced(28, guaranteed(1n, TOO_MUCH, 0), { guarantee: GUARANTEE }),
    "pack/guarantee/total",
  ),
];

const WHOLE = writePack(PACK, SEALING);
const changed = (at: number, value: string): Buffer =>
  join(WHOLE.subarray(0, at), unhex(value), WHOLE.subarray(at + value.length / 2));
const flipped = (at: number): Buffer => changed(at, hex(uint((WHOLE[at] ?? 0) ^ 1, 1)));
const elsewhere = (bytes: Buffer, sealing: Partial<Sealing> = {}, terminal = TERMINAL): Buffer =>
  sealContent(bytes, unhex(terminal), { ...SEALING, ...sealing });

const vectors = [
  { comment: "a pack", valid: true, hex: hex(WHOLE), fields: PACK },
  {
    comment: "a pack with a guarantee",
    valid: true,
    hex: hex(writePack({ ...PACK, guarantee: GUARANTEE }, SEALING)),
    fields: { ...PACK, guarantee: GUARANTEE },
  },
  bad("empty", Buffer.alloc(0), "not-a-pack"),
  bad("another kind of file", join(ascii("%PDF"), WHOLE.subarray(4)), "not-a-pack"),
  bad("the magic alone", WHOLE.subarray(0, 4), "cut"),
  bad("cut in its head", WHOLE.subarray(0, 40), "cut"),
  bad("cut by a byte", WHOLE.subarray(0, -1), "cut"),
  bad("a byte after its end", join(WHOLE, unhex("00")), "cut"),
  bad(
    "a length that is too short for any pack",
    join(WHOLE.subarray(0, 5), uint(76, 4), WHOLE.subarray(9, 76)),
    "cut",
  ),
  bad("version 2", changed(4, "02"), "newer-version"),
  bad("version 0", changed(4, "00"), "damaged"),
  bad(
    "for another terminal",
    writePack({ ...PACK, terminal: hex(pointOf(OTHER_TERMINAL_KEY, true)) }, SEALING),
    "other-terminal",
  ),
  bad("another fingerprint", flipped(9), "other-terminal"),
  bad("an ephemeral point off the curve", changed(19, hex(OFF_CURVE)), "damaged"),
  bad("another nonce", flipped(52), "damaged"),
  bad("another byte in the box", flipped(100), "damaged"),
  bad("another authentication tag", flipped(WHOLE.length - 1), "damaged"),
  bad("a content that is none", elsewhere(content().subarray(0, -1)), "pack/26"),
  bad("signed by another key", elsewhere(content(), { signingKey: OTHER_ISSUER_KEY }), "not-genuine"),
  bad(
    "passed on: the issuer's content for another terminal",
    elsewhere(content({ terminal: hex(pointOf(OTHER_TERMINAL_KEY, true)) })),
    "other-terminal",
  ),
];

const EXPECTED = { issuer: ISSUER, network: "bcrt", installed: "6", now: TIME + 60 };
const install = (comment: string, expected: object, error?: string) => ({
  comment,
  valid: error === undefined,
  expected: { ...EXPECTED, ...expected },
  ...(error === undefined ? {} : { error }),
});
const installs = [
  install("newer than the one installed", {}),
  install("the first", { installed: null }),
  install("made 10 minutes ahead of the terminal's clock", { now: TIME - 600 }),
  install("in the last second of its validity", { now: TIME + 7 * DAY - 1 }),
  install("of another issuer", { issuer: OTHER_ISSUER }, "other-issuer"),
  install("for another network", { network: "bc" }, "other-network"),
  install("installed already", { installed: "7" }, "older"),
  install("older than the one installed", { installed: "8" }, "older"),
  install("made more than 10 minutes ahead of the terminal's clock", { now: TIME - 601 }, "from-the-future"),
  install("expired this second", { now: TIME + 7 * DAY }, "expired"),
];

export const generate = () => ({
  title: "Acceptance packs",
  spec: "specs/09 §3",
  keys: {
    terminal: hex(TERMINAL_KEY),
    issuer: hex(ISSUER_KEY),
    otherIssuer: hex(OTHER_ISSUER_KEY),
    ephemeral: hex(SEALING.ephemeralKey),
    nonce: hex(SEALING.nonce),
  },
  contents,
  vectors,
  installs,
});
