import { keysOf, macOf, piccOf } from "../../../reference/bolt-card.js";
import { hex, join, uint, unhex } from "../../../reference/bytes.js";
import { type DataGroup, writeGroups } from "../../../reference/personalize.js";

/** The second face of a card (specs/10 §8): addresses of profiles, STORE DATA, the NDEF file. */

const HOST_AND_PATH = "cards.example/bolt";
const BASE = `lnurlw://${HOST_AND_PATH}?p=`;
const LONGEST = `lnurlw://cards.example/${"a".repeat(172)}?p=`;
const ONION = `${"a".repeat(56)}.onion`;
const ISSUER_KEY = "00112233445566778899aabbccddeeff";
const UID = "84a1b2c3d4e5f6";
const OTHER_UID = "84a1b2c3d4e5f7";
const KEYS = keysOf(unhex(ISSUER_KEY), unhex(UID), 0);
const [K1, K2] = [hex(KEYS.k1), hex(KEYS.k2)];
const ascii = (text: string): string => hex(Buffer.from(text, "latin1"));

const taken = (comment: string, address: string, base: string) => ({ comment, valid: true, address, base });
const notTaken = (comment: string, address: string) => ({ comment, valid: false, address, error: "address" });

const faceAddresses = [
  taken("host and path", `https://${HOST_AND_PATH}`, BASE),
  taken("a port", "https://cards.example:8443/bolt", "lnurlw://cards.example:8443/bolt?p="),
  taken("the port of https:// is left away", "https://cards.example:443/bolt", BASE),
  taken("a host in capitals", "https://CARDS.example/Bolt", "lnurlw://cards.example/Bolt?p="),
  taken("no path", "https://cards.example", "lnurlw://cards.example/?p="),
  taken("the longest", `https://cards.example/${"a".repeat(172)}`, LONGEST),
  taken("http:// of an onion host", `http://${ONION}/bolt`, `lnurlw://${ONION}/bolt?p=`),
  taken(
    "http:// of this machine, for regtest",
    "http://127.0.0.1:8080/bolt",
    "lnurlw://127.0.0.1:8080/bolt?p=",
  ),
  notTaken("a character more", `https://cards.example/${"a".repeat(173)}`),
  notTaken("nothing", ""),
  notTaken("no scheme", HOST_AND_PATH),
  notTaken("http:// of another host", `http://${HOST_AND_PATH}`),
  notTaken("as it stands on the card", `lnurlw://${HOST_AND_PATH}`),
  notTaken("a query", `https://${HOST_AND_PATH}?card=1`),
  notTaken("a fragment", `https://${HOST_AND_PATH}#card`),
  notTaken("a user", `https://shop@${HOST_AND_PATH}`),
  notTaken("a user and a password", `https://shop:secret@${HOST_AND_PATH}`),
];

interface Block {
  readonly p1: "08" | "88";
  readonly p2: string;
  readonly data: string;
  readonly sw: string;
}
const GROUP = {
  identity: { dgi: "0201", value: UID },
  base: { dgi: "0202", value: ascii(BASE) },
  k1: { dgi: "8201", value: K1 },
  k2: { dgi: "8202", value: K2 },
} as const;
const ALL: readonly DataGroup[] = Object.values(GROUP);
const data = (groups: readonly DataGroup[]): string => hex(writeGroups(groups));
const group = (dgi: string, value: string): string =>
  hex(join(unhex(dgi), uint(value.length / 2, 1), unhex(value)));
const more = (bytes: string, sw = "9000", p2 = "00"): Block => ({ p1: "08", p2, data: bytes, sw });
const last = (bytes: string, sw = "9000", p2 = "00"): Block => ({ p1: "88", p2, data: bytes, sw });
const stored = (comment: string, ...blocks: readonly Block[]) => ({
  ...{ comment, valid: blocks.every(({ sw }) => sw === "9000"), blocks },
});
const refused = (comment: string, bytes: string, sw = "6a80") => stored(comment, more(bytes, sw));

const first = data([GROUP.base]);
const rest = data([GROUP.identity, GROUP.k1, GROUP.k2]);
const faceStores = [
  stored("one block", last(data(ALL))),
  stored("in another order", last(data(ALL.toReversed()))),
  stored("two blocks", more(first), last(rest, "9000", "01")),
  stored("an empty last block", more(first), more(rest, "9000", "01"), last("", "9000", "02")),
  stored("block 00 starts over", more(rest), more(first), last(rest, "9000", "01")),
  stored(
    "a base of one character",
    last(data([GROUP.identity, { dgi: "0202", value: "78" }, GROUP.k1, GROUP.k2])),
  ),
  stored("the longest base", more(group("0202", ascii(LONGEST))), last(rest, "9000", "01")),
  stored(
    "an identity of zeros",
    last(data([{ dgi: "0201", value: "00".repeat(7) }, GROUP.base, GROUP.k1, GROUP.k2])),
  ),
  ...ALL.map((missing) =>
    stored(`without group ${missing.dgi}`, last(data(ALL.filter((entry) => entry !== missing)), "6985")),
  ),
  stored("nothing", last("", "6985")),
  stored("block 00 starts over, and its groups are gone", more(first), last(rest, "6985")),
  stored(
    "a block that is refused changes nothing",
    more(first),
    more(group("8202", K2.slice(2)), "6a80", "01"),
    last(rest, "9000", "01"),
  ),
  stored("a face that is there already", last(data(ALL)), last(data(ALL), "6985")),
  stored("begins with block 01", last(data(ALL), "6a86", "01")),
  stored("a gap in the block numbers", more(first), last(rest, "6a86", "02")),
  stored("a block number twice", more(first), more("", "9000", "01"), last(rest, "6a86", "01")),
  stored("a group in two blocks", more(first), last(data(ALL), "6a80", "01")),
  refused("a group twice in a block", first + first),
  refused("a group of the card application", group("0101", "00".repeat(12)), "6a88"),
  refused("a group that is not known", group("0203", "00000000"), "6a88"),
  refused("cut in a header", "0201"),
  refused("cut in a value", data([GROUP.identity]).slice(0, -2)),
  refused("length of three bytes", `0201ff0007${UID}`),
  refused("identity of 6 bytes", group("0201", UID.slice(2))),
  refused("identity of 8 bytes", group("0201", `${UID}00`)),
  refused("empty base", group("0202", "")),
  refused("base of 199 characters", group("0202", ascii(`${LONGEST}a`))),
  refused("base with a space", group("0202", ascii("a b"))),
  refused("base with a control character", group("0202", "617f")),
  refused("base that is not ASCII", group("0202", "c3bc")),
  refused("K1 of 15 bytes", group("8201", K1.slice(2))),
  refused("K2 of 17 bytes", group("8202", `${K2}00`)),
];

interface Face {
  readonly uid: string;
  readonly base: string;
  readonly k1: string;
  readonly k2: string;
}
const FACE: Face = { uid: UID, base: BASE, k1: K1, k2: K2 };
const values = ({ uid, k1, k2 }: Face, counter: number, padding: string): string =>
  `${hex(piccOf(unhex(k1), { uid, counter, padding }))}&c=${hex(macOf(unhex(k2), { uid, counter }, ""))}`
    .toUpperCase()
    .replace("&C=", "&c=");
/** 256 bytes: length, one record of a URI, zeros. */
function ndefFile(address: string): string {
  const length = (more: number): string => hex(uint(address.length + more, 1));
  return `00${length(5)}d101${length(1)}5500${ascii(address)}`.padEnd(512, "0");
}
const shown = (comment: string, counter: number, padding: string, changes: Partial<Face> = {}) => {
  const face = { ...FACE, ...changes };
  const file = ndefFile(face.base + values(face, counter, padding));
  return { ...{ comment, valid: true, ...face, hex: file }, fields: { counter, padding } };
};
const notOwn = (comment: string, error: string, address: string, change = (file: string) => file) => ({
  ...{ comment, valid: false, ...FACE, hex: change(ndefFile(address)), error },
});
const PADDING = "0102030405";
const RIGHT = BASE + values(FACE, 9, PADDING);
const MAC = RIGHT.length - 16;
const { k1: OTHER_K1 } = keysOf(unhex(`${ISSUER_KEY.slice(2)}00`), unhex(UID), 0);
const { k2: NEXT_K2 } = keysOf(unhex(ISSUER_KEY), unhex(UID), 1);

const faceFiles = [
  shown("the first read", 1, "0000000000"),
  shown("the second one", 2, PADDING),
  shown("bytes of the counter in order", 0x030201, "ffffffffff"),
  shown("the last counter", 0xffffff, PADDING),
  shown("the longest base", 1, PADDING, { base: LONGEST }),
  shown("a base of one character", 1, PADDING, { base: "x" }),
  notOwn("another path", "base", RIGHT.replace("/bolt?", "/bold?")),
  notOwn("a base that goes on", "base", RIGHT.replace("?p=", "?a=b&p=")),
  notOwn("p in small letters", "base", BASE + values(FACE, 9, PADDING).toLowerCase()),
  notOwn("p cut", "base", BASE + values(FACE, 9, PADDING).slice(2)),
  notOwn("c cut", "base", RIGHT.slice(0, -2)),
  notOwn("characters behind c", "base", `${RIGHT}00`),
  notOwn("K1 of another issuer key", "picc", BASE + values({ ...FACE, k1: hex(OTHER_K1) }, 9, PADDING)),
  notOwn("K2 of another version", "mac", BASE + values({ ...FACE, k2: hex(NEXT_K2) }, 9, PADDING)),
  notOwn("c of the counter before", "mac", RIGHT.slice(0, MAC) + values(FACE, 8, PADDING).slice(-16)),
  notOwn("the identity of another face", "identity", BASE + values({ ...FACE, uid: OTHER_UID }, 9, PADDING)),
  notOwn("an empty message", "ndef", RIGHT, () => "00".repeat(256)),
  notOwn("a record that ends before the message", "ndef", RIGHT, (file) => {
    const length = Number.parseInt(file.slice(8, 10), 16);
    return file.slice(0, 8) + hex(uint(length - 1, 1)) + file.slice(10);
  }),
];

/** The parts of the vector file that are about the second face. */
export const face: Readonly<Record<string, readonly object[]>> = { faceAddresses, faceStores, faceFiles };
