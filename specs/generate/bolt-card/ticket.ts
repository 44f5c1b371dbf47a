import { ascii, hex, join, uint, unhex } from "../../../reference/bytes.js";
import { aesBlock, cmac } from "../../../reference/crypto.js";

/** `k1` of an issuer's offer (specs/10 §7.3). */

interface Ticket {
  /** Card id, 8 bytes. */
  readonly card: string;
  readonly counter: number;
  /** Unix seconds. */
  readonly end: number;
}

const ISSUER_KEY = "00112233445566778899aabbccddeeff";
const TICKET: Ticket = { card: "b017000000000100", counter: 7, end: 1_800_000_000 };

const keyOf = (issuerKey: string, purpose: string): Buffer => cmac(unhex(issuerKey), ascii(purpose));

/** The encrypted block, and its MAC. */
function parts(issuerKey: string, { card, counter, end }: Ticket): readonly [block: Buffer, mac: Buffer] {
  const plain = join(unhex(card), uint(counter, 3), uint(end, 5));
  const block = aesBlock(keyOf(issuerKey, "chequecard/k1-cipher"), plain);
  return [block, cmac(keyOf(issuerKey, "chequecard/k1-mac"), block)];
}
const written = (issuerKey: string, ticket: Ticket): string => hex(join(...parts(issuerKey, ticket)));

const good = (comment: string, changes: Partial<Ticket> = {}, issuerKey = ISSUER_KEY) => {
  const fields = { ...TICKET, ...changes };
  return { comment, valid: true, issuerKey, k1: written(issuerKey, fields), fields };
};
const bad = (comment: string, k1: string) => ({
  ...{ comment, valid: false, issuerKey: ISSUER_KEY, k1, error: "k1" },
});

const [BLOCK, MAC] = parts(ISSUER_KEY, TICKET);
const RIGHT = hex(join(BLOCK, MAC));
const [OTHER_BLOCK] = parts(ISSUER_KEY, { ...TICKET, counter: 8 });
const OTHER_KEY = "ffeeddccbbaa99887766554433221100";
const flipped = (at: number): string =>
  RIGHT.slice(0, at) + (RIGHT[at] === "0" ? "1" : "0") + RIGHT.slice(at + 1);

export const ticket = {
  tickets: [
    good("a reading"),
    good("the first counter", { counter: 1 }),
    good("the last counter", { counter: 0xffffff }),
    good("bytes of counter and end in order", { counter: 0x010203, end: 0x04_0506_0708 }),
    good("the last end", { end: 2 ** 40 - 1 }),
    good("a card id with its highest bit", { card: "ffffffffffffffff" }),
    good("another batch", {}, OTHER_KEY),
    bad("of another batch", written(OTHER_KEY, TICKET)),
    bad("a bit of the block", flipped(1)),
    bad("a bit of the MAC", flipped(63)),
    bad("the MAC of another counter", hex(join(OTHER_BLOCK, MAC))),
    bad(
      "MACed by the key that encrypts",
      hex(join(BLOCK, cmac(keyOf(ISSUER_KEY, "chequecard/k1-cipher"), BLOCK))),
    ),
    bad("in clear", hex(join(unhex(TICKET.card), uint(TICKET.counter, 3), uint(TICKET.end, 5), MAC))),
    bad("nothing", ""),
    bad("the block alone", hex(BLOCK)),
    bad("31 bytes", RIGHT.slice(2)),
    bad("33 bytes", `${RIGHT}00`),
    bad("in capitals", RIGHT.toUpperCase()),
    bad("no hex", `${RIGHT.slice(0, -1)}g`),
    bad("a space behind it", `${RIGHT} `),
  ],
};
