/**
 * Offline messages (specs/06 §2 and §3), node URIs (§3.2) and media (§4). The bytes are put together here by hand,
 * without the codec that they test.
 */
export const file = "odt.json";

/** The generator point of the curve and twice it: keys that everybody can check. */
const KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const KEY_2 = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";
const ONION = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion";

const PREIMAGE = Array.from({ length: 32 }, (_, i) => byte(i)).join("");
const TOKEN = Array.from({ length: 149 }, (_, i) => byte(i === 0 ? 1 : (i * 7) & 0xff)).join("");

function byte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
const word = (value: number): string => value.toString(16).padStart(4, "0");
const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const sized = (hex: string): string => word(hex.length / 2) + hex;
const authorization = (uri: string, token: string): string => `0001${sized(ascii(uri))}${sized(token)}`;

const URI = `${KEY}@node.example.com:9735`;
const LONGEST_URI = `${KEY}@${"a".repeat(60)}.${"b".repeat(60)}.cdefgh:9735`;

const good = (comment: string, hex: string, fields: object, typeLength = 2) => ({
  comment,
  valid: true,
  typeLength,
  hex,
  fields,
});
const bad = (comment: string, hex: string, error: string, typeLength = 2) => ({
  comment,
  valid: false,
  typeLength,
  hex,
  error,
});

const preimage = { kind: "preimage", preimage: PREIMAGE };
const message = (uri: string, token: string) => ({ kind: "payment-authorization", uri, token });
const unknown = (type: number, payload: string) => ({ kind: "unknown", type, payload });

const messages = [
  good("preimage", `0000${PREIMAGE}`, preimage),
  good("payment authorization with a card's token", authorization(URI, TOKEN), message(URI, TOKEN)),
  good("shortest token", authorization(URI, "00"), message(URI, "00")),
  good("longest token", authorization(URI, "ab".repeat(1024)), message(URI, "ab".repeat(1024))),
  good("longest URI", authorization(LONGEST_URI, TOKEN), message(LONGEST_URI, TOKEN)),
  good(
    "node at an IPv4 address",
    authorization(`${KEY}@192.0.2.1:1`, "00"),
    message(`${KEY}@192.0.2.1:1`, "00"),
  ),
  good(
    "node at an IPv6 address",
    authorization(`${KEY}@[2001:db8::1]:65535`, "00"),
    message(`${KEY}@[2001:db8::1]:65535`, "00"),
  ),
  good("node behind Tor", authorization(`${KEY}@${ONION}:9735`, "00"), message(`${KEY}@${ONION}:9735`, "00")),
  good("unknown type without payload: not an error", "0002", unknown(2, "")),
  good("unknown type with payload", "00ff010203", unknown(255, "010203")),
  good("greatest type", "ffff00", unknown(65535, "00")),
  good("longest message", `8001${"00".repeat(2046)}`, unknown(0x8001, "00".repeat(2046))),

  good("one-byte type: preimage", `00${PREIMAGE}`, preimage, 1),
  good("one-byte type: payment authorization", authorization(URI, TOKEN).slice(2), message(URI, TOKEN), 1),
  good("one-byte type: unknown", "2a01", unknown(42, "01"), 1),
  good("one-byte type: greatest", "ff", unknown(255, ""), 1),
  bad("one-byte type: a message with a two-byte type", `0000${PREIMAGE}`, "odt/preimage", 1),
  bad("one-byte type: empty", "", "odt/type", 1),

  bad("a preimage with a one-byte type is not guessed", `00${"01".repeat(32)}`, "odt/uri/length"),
  bad("a preimage of zeros with a one-byte type is not guessed", `00${"00".repeat(32)}`, "odt/preimage"),
  bad("empty", "", "odt/type"),
  bad("half a type", "00", "odt/type"),
  bad("preimage missing", "0000", "odt/preimage"),
  bad("preimage of 31 bytes", `0000${PREIMAGE.slice(2)}`, "odt/preimage"),
  bad("preimage of 33 bytes", `0000${PREIMAGE}00`, "odt/preimage"),
  bad("authorization without URI length", "0001", "odt/uri/length"),
  bad("authorization with half a URI length", "000100", "odt/uri/length"),
  bad("empty URI", `00010000${sized(TOKEN)}`, "odt/uri/length"),
  bad("URI of 201 bytes", authorization(`${KEY}@${"a".repeat(129)}:9735`, TOKEN), "odt/uri/length"),
  bad(
    "URI of 200 bytes whose length says 201",
    `000100c9${ascii(LONGEST_URI)}${sized(TOKEN)}`,
    "odt/uri/length",
  ),
  bad("preimage message of 2049 bytes", `0000${"00".repeat(2047)}`, "odt"),
  bad("URI in a form that is not dialed", authorization(`${KEY}@127.1:9735`, TOKEN), "odt/uri/host"),
  bad("URI without a port", authorization(`${KEY}@node.example.com`, TOKEN), "odt/uri/port"),
  bad(
    "URI whose key is no point",
    authorization(`02${"f".repeat(64)}@node.example.com:9735`, TOKEN),
    "odt/uri/pubkey",
  ),
  bad("half a token length", `0001${sized(ascii(URI))}00`, "odt/token/length"),
  bad("one-byte type: 2049 bytes", "2a".repeat(2049), "odt", 1),
  bad("URI cut off", `0001${word(URI.length)}${ascii(URI).slice(2)}`, "odt/uri"),
  bad("no token length", `0001${sized(ascii(URI))}`, "odt/token/length"),
  bad("empty token", authorization(URI, ""), "odt/token/length"),
  bad("token of 1025 bytes", authorization(URI, "ab".repeat(1025)), "odt/token/length"),
  bad("token cut off", authorization(URI, TOKEN).slice(0, -2), "odt/token"),
  bad("a byte after the token", `${authorization(URI, TOKEN)}00`, "odt"),
  bad("length that says 65535", `0001ffff${ascii(URI)}`, "odt/uri/length"),
  bad("URI without a key", authorization("node.example.com:9735", TOKEN), "odt/uri"),
  bad(
    "URI with bytes that are no ASCII",
    `0001${sized(`${ascii(`${KEY}@n`)}c3b6${ascii("de:9735")}`)}${sized(TOKEN)}`,
    "odt/uri",
  ),
  bad("message of 2049 bytes", `8001${"00".repeat(2047)}`, "odt"),
];

const uri = (comment: string, text: string, host: string, port: number, canonical = text, pubkey = KEY) => ({
  comment,
  valid: true,
  text,
  fields: { pubkey, host, port },
  canonical,
});
const badUri = (comment: string, text: string, error: string) => ({ comment, valid: false, text, error });

const uris = [
  uri("host name", `${KEY}@node.example.com:9735`, "node.example.com", 9735),
  uri("one label", `${KEY}@localhost:9735`, "localhost", 9735),
  uri("label that starts with a digit", `${KEY}@1node.4you:9735`, "1node.4you", 9735),
  uri("IPv4", `${KEY_2}@203.0.113.7:1`, "203.0.113.7", 1, undefined, KEY_2),
  uri("IPv6 in brackets", `${KEY}@[2001:db8::1]:65535`, "2001:db8::1", 65535),
  uri("IPv6 with an IPv4 part", `${KEY}@[::ffff:192.0.2.1]:9735`, "::ffff:192.0.2.1", 9735),
  uri("onion address of version 3", `${KEY}@${ONION}:9735`, ONION, 9735),
  uri("subdomain of an onion address", `${KEY}@ln.${ONION}:9735`, `ln.${ONION}`, 9735),
  uri(
    "upper case",
    `${KEY.toUpperCase()}@NODE.Example.COM:9735`,
    "node.example.com",
    9735,
    `${KEY}@node.example.com:9735`,
  ),
  uri("upper-case IPv6", `${KEY}@[2001:DB8::A]:9735`, "2001:db8::a", 9735, `${KEY}@[2001:db8::a]:9735`),
  uri("200 bytes", LONGEST_URI, LONGEST_URI.slice(67, -5), 9735),
  uri("label of 63 characters", `${KEY}@${"a".repeat(63)}.com:9735`, `${"a".repeat(63)}.com`, 9735),
  uri(
    "label with hyphens inside",
    `${KEY}@a--b.xn--bcher-kva.example:9735`,
    "a--b.xn--bcher-kva.example",
    9735,
  ),
  uri("last label that begins with a digit", `${KEY}@node.4you:80`, "node.4you", 80),
  uri("last label like a hex number but for a letter", `${KEY}@node.0x1g:80`, "node.0x1g", 80),
  uri("IPv4 of the greatest numbers", `${KEY}@255.255.255.255:9735`, "255.255.255.255", 9735),
  uri("greatest port", `${KEY}@node.example.com:65535`, "node.example.com", 65535),
  uri("smallest port", `${KEY}@node.example.com:1`, "node.example.com", 1),
  uri(
    "key of odd y",
    `03${KEY.slice(2)}@node.example.com:9735`,
    "node.example.com",
    9735,
    undefined,
    `03${KEY.slice(2)}`,
  ),
  badUri("label that ends with a hyphen", `${KEY}@node-.com:9735`, "uri/host"),
  badUri("a dot alone", `${KEY}@.:9735`, "uri/host"),
  badUri("a number as the last label", `${KEY}@node.1234:9735`, "uri/host"),
  badUri("a hex number as the last label", `${KEY}@node.0x1f:9735`, "uri/host"),
  badUri("0x alone as the last label", `${KEY}@node.0x:9735`, "uri/host"),
  badUri(
    "onion address with a digit that is none of its",
    `${KEY}@${ONION.replace("a", "1")}:9735`,
    "uri/host",
  ),
  badUri("onion address of 57 characters", `${KEY}@a${ONION}:9735`, "uri/host"),
  uri("onion alone is a host name", `${KEY}@onion:9735`, "onion", 9735),
  badUri("onion address of version 2 below a label", `${KEY}@a.abcdefghijklmnop.onion:9735`, "uri/host"),
  badUri("IPv6 in brackets, text before the port", `${KEY}@[2001:db8::1]x:9735`, "uri/port"),
  badUri("IPv6 that is none", `${KEY}@[2001:db8:::1]:9735`, "uri/host"),
  badUri("host name in brackets", `${KEY}@[node.example.com]:9735`, "uri/host"),
  badUri("empty brackets", `${KEY}@[]:9735`, "uri/host"),
  badUri("port of six digits", `${KEY}@node.example.com:100000`, "uri/port"),
  badUri("space behind the port", `${KEY}@node.example.com:9735 `, "uri"),
  badUri("DEL", `${KEY}@node.example.com\u007f:9735`, "uri"),
  badUri("201 bytes", `${KEY}@${"a".repeat(60)}.${"b".repeat(60)}.cdefghi:9735`, "uri"),
  badUri("empty", "", "uri"),
  badUri("no @", `${KEY}node.example.com:9735`, "uri"),
  badUri("no key", "@node.example.com:9735", "uri/pubkey"),
  badUri("key of 65 digits", `${KEY.slice(1)}@node.example.com:9735`, "uri/pubkey"),
  badUri("key of 67 digits", `${KEY}0@node.example.com:9735`, "uri/pubkey"),
  badUri("key with a letter that is no digit", `${KEY.slice(0, -1)}g@node.example.com:9735`, "uri/pubkey"),
  badUri("key that is no point", `02${"f".repeat(64)}@node.example.com:9735`, "uri/pubkey"),
  badUri("uncompressed prefix", `04${KEY.slice(2)}@node.example.com:9735`, "uri/pubkey"),
  badUri("two @", `${KEY}@user@node.example.com:9735`, "uri/host"),
  badUri("no host", `${KEY}@:9735`, "uri/host"),
  badUri("no port", `${KEY}@node.example.com`, "uri/port"),
  badUri("empty port", `${KEY}@node.example.com:`, "uri/port"),
  badUri("port 0", `${KEY}@node.example.com:0`, "uri/port"),
  badUri("port 65536", `${KEY}@node.example.com:65536`, "uri/port"),
  badUri("port with a leading zero", `${KEY}@node.example.com:09735`, "uri/port"),
  badUri("port with a sign", `${KEY}@node.example.com:+9735`, "uri/port"),
  badUri("port in hex", `${KEY}@node.example.com:0x26`, "uri/port"),
  badUri("IPv6 without brackets", `${KEY}@2001:db8::1:9735`, "uri/host"),
  badUri("IPv6 bracket not closed", `${KEY}@[2001:db8::1:9735`, "uri/host"),
  badUri("IPv6 without port", `${KEY}@[2001:db8::1]`, "uri/port"),
  badUri("IPv6 with a zone", `${KEY}@[fe80::1%eth0]:9735`, "uri/host"),
  badUri("IPv4 in brackets", `${KEY}@[192.0.2.1]:9735`, "uri/host"),
  badUri("IPv4 of three numbers", `${KEY}@127.0.1:9735`, "uri/host"),
  badUri("IPv4 as one number", `${KEY}@2130706433:9735`, "uri/host"),
  badUri("IPv4 in hex", `${KEY}@0x7f000001:9735`, "uri/host"),
  badUri("IPv4 with a leading zero", `${KEY}@127.0.0.01:9735`, "uri/host"),
  badUri("IPv4 number above 255", `${KEY}@192.0.2.256:9735`, "uri/host"),
  badUri("trailing dot", `${KEY}@node.example.com.:9735`, "uri/host"),
  badUri("empty label", `${KEY}@node..com:9735`, "uri/host"),
  badUri("label that starts with a hyphen", `${KEY}@-node.com:9735`, "uri/host"),
  badUri("label of 64 characters", `${KEY}@${"a".repeat(64)}.com:9735`, "uri/host"),
  badUri("underscore", `${KEY}@my_node.com:9735`, "uri/host"),
  badUri("onion address of version 2", `${KEY}@abcdefghijklmnop.onion:9735`, "uri/host"),
  badUri("a path", `${KEY}@node.example.com:9735/x`, "uri/port"),
  badUri("a space in front", ` ${KEY}@node.example.com:9735`, "uri"),
  badUri("a line feed at the end", `${KEY}@node.example.com:9735\n`, "uri"),
  badUri("a character that is not ASCII", `${KEY}@nöde.example.com:9735`, "uri"),
];

const media = [
  {
    comment: "modern, silent: any medium",
    profile: "modern",
    features: [8, 14],
    own: ["nfc", "qr"],
    medium: "nfc",
    mayPay: true,
  },
  {
    comment: "modern, QR announced",
    profile: "modern",
    features: [269],
    own: ["nfc", "qr"],
    medium: "qr",
    mayPay: true,
  },
  {
    comment: "modern, both announced: the payer's first",
    profile: "modern",
    features: [269, 271],
    own: ["nfc", "qr"],
    medium: "nfc",
    mayPay: true,
  },
  {
    comment: "modern, only NFC announced, payer has QR",
    profile: "modern",
    features: [271],
    own: ["qr"],
    medium: null,
    mayPay: false,
  },
  {
    comment: "modern, an even bit announces too",
    profile: "modern",
    features: [268],
    own: ["qr"],
    medium: "qr",
    mayPay: true,
  },
  {
    comment: "modern, the draft's bits say nothing",
    profile: "modern",
    features: [129],
    own: ["nfc"],
    medium: "nfc",
    mayPay: true,
  },
  {
    comment: "a payer without any medium",
    profile: "modern",
    features: [],
    own: [],
    medium: null,
    mayPay: false,
  },
  {
    comment: "draft-819, QR announced",
    profile: "draft-819",
    features: [129],
    own: ["qr"],
    medium: "qr",
    mayPay: true,
  },
  {
    comment: "draft-819, NFC announced",
    profile: "draft-819",
    features: [131],
    own: ["qr", "nfc"],
    medium: "nfc",
    mayPay: true,
  },
  {
    comment: "draft-819, nothing announced",
    profile: "draft-819",
    features: [22],
    own: ["qr"],
    medium: null,
    mayPay: false,
  },
  {
    comment: "draft-819, the modern bits say nothing",
    profile: "draft-819",
    features: [269],
    own: ["qr"],
    medium: null,
    mayPay: false,
  },
  ...(
    [
      ["modern, only NFC announced: not the payer's first", "modern", [271], ["qr", "nfc"], "nfc"],
      ["modern, the even bit of NFC announces too", "modern", [270], ["qr", "nfc"], "nfc"],
      ["modern, the even bit of QR, payer prefers NFC", "modern", [268], ["nfc", "qr"], "qr"],
      ["modern, QR announced, payer has NFC alone", "modern", [269], ["nfc"], null],
      ["modern, both announced, payer has QR alone", "modern", [269, 271], ["qr"], "qr"],
      ["modern, both announced, a payer without any medium", "modern", [269, 271], [], null],
      ["modern, silent, payer prefers QR", "modern", [8, 14], ["qr", "nfc"], "qr"],
      ["modern, bits beside those of the media say nothing", "modern", [267, 272, 273], ["qr"], "qr"],
      ["draft-819, both announced: the payer's first", "draft-819", [129, 131], ["qr", "nfc"], "qr"],
      ["draft-819, both announced: the payer's first, NFC", "draft-819", [129, 131], ["nfc", "qr"], "nfc"],
      ["draft-819, the even bit of QR announces too", "draft-819", [128], ["nfc", "qr"], "qr"],
      ["draft-819, the even bit of NFC announces too", "draft-819", [130], ["qr", "nfc"], "nfc"],
      ["draft-819, only NFC announced, payer has QR", "draft-819", [131], ["qr"], null],
      [
        "draft-819, bits beside those of the media say nothing",
        "draft-819",
        [127, 132, 133],
        ["qr", "nfc"],
        null,
      ],
    ] as const
  ).map(([comment, profile, features, own, medium]) => ({
    comment,
    profile,
    features,
    own,
    medium,
    mayPay: medium !== null,
  })),
];

const texts = [
  {
    comment: "what a writer makes",
    valid: true,
    text: `0000${PREIMAGE}`.toUpperCase(),
    hex: `0000${PREIMAGE}`,
  },
  { comment: "lower case", valid: true, text: `0000${PREIMAGE}`, hex: `0000${PREIMAGE}` },
  { comment: "mixed case", valid: true, text: "00AbcD", hex: "00abcd" },
  { comment: "white space around it", valid: true, text: " 0002ff\r\n", hex: "0002ff" },
  {
    comment: "4096 digits and 16 characters of white space",
    valid: true,
    text: `${" ".repeat(8)}8001${"00".repeat(2046)}${"\n".repeat(8)}`,
    hex: `8001${"00".repeat(2046)}`,
  },
  {
    comment: "4096 digits and 17 characters of white space",
    valid: false,
    text: `${" ".repeat(9)}8001${"00".repeat(2046)}${"\n".repeat(8)}`,
    error: "odt",
  },
  { comment: "odd number of digits", valid: false, text: "00020", error: "odt" },
  { comment: "white space inside", valid: false, text: "0002 ff", error: "odt" },
  { comment: "prefix 0x", valid: false, text: "0x0002ff", error: "odt" },
  { comment: "not hex", valid: false, text: "lnbc1", error: "odt" },
  { comment: "no text", valid: false, text: "", error: "odt/type" },
  { comment: "2057 bytes", valid: false, text: "00".repeat(2057), error: "odt" },
];

/** The whole file. */
export function generate(): unknown {
  return { title: "Offline Data Transmission", spec: "specs/06", vectors: messages, texts, uris, media };
}
