import { keysOf, macOf, piccOf } from "../../reference/bolt-card.js";
import { hex, unhex } from "../../reference/bytes.js";
import { aesBlock } from "../../reference/crypto.js";
import { face } from "./bolt-card/face.js";
import { ticket } from "./bolt-card/ticket.js";

/** Bolt Cards (specs/10): SUN, keys, the files of a Type 4 tag, forms of an address, what a card's server answers, k1, second faces. */
export const file = "bolt-card.json";

const ascii = (text: string): string => hex(Buffer.from(text, "latin1"));
const ZERO = "00".repeat(16);
const picc = (k1: string, uid: string, counter: number, padding: string): string =>
  hex(piccOf(unhex(k1), { uid, counter, padding }));
const mac = (k2: string, uid: string, counter: number, input: string): string =>
  hex(macOf(unhex(k2), { uid, counter }, input));

interface Sun {
  readonly comment: string;
  readonly k1?: string;
  readonly k2?: string;
  readonly uid: string;
  readonly counter: number;
  readonly padding: string;
  readonly input?: string;
}
const sunGood = ({ comment, k1 = ZERO, k2 = ZERO, uid, counter, padding, input = "" }: Sun) => ({
  ...{ comment, valid: true, k1, k2, input, p: picc(k1, uid, counter, padding) },
  ...{ c: mac(k2, uid, counter, input), fields: { uid, counter, padding } },
});
const CARD = {
  uid: "04996c6a926980",
  k1: "0c3b25d92b38ae443229dd59ad34b85d",
  k2: "b45775776cb224c75bcde7ca3704e933",
};
const REAL = { ...CARD, comment: "of a card that Bolt Card's tool read, counter " };
const MADE = { uid: "04a39493cc8680", k1: `${"00".repeat(15)}01`, k2: `${"00".repeat(15)}02` };
const sunBad = (
  comment: string,
  changes: Partial<Record<"k1" | "k2" | "p" | "c", string>> & { readonly error: string },
) => {
  const { k1, k2, uid } = MADE;
  const right = { k1, k2, input: "", p: picc(k1, uid, 9, "0102030405"), c: mac(k2, uid, 9, "") };
  return { comment, valid: false, ...right, ...changes };
};
const block = (plain: string): string => hex(aesBlock(unhex(MADE.k1), unhex(plain)));

const sun = [
  sunGood({
    comment: "NXP AN12196, tables 3 and 5",
    uid: "04de5f1eacc040",
    counter: 61,
    padding: "da5cf60941",
  }),
  sunGood({
    comment: "NXP AN12196, table 6: the CMAC covers a part of the file",
    ...{ uid: "04958caa5c5e80", counter: 8, padding: "a243c86dfc" },
    input: "CEE9A53E3E463EF1F459635736738962&cmac=",
  }),
  sunGood({ ...REAL, comment: `${REAL.comment}3`, counter: 3, padding: "023fb5f34a" }),
  sunGood({ ...REAL, comment: `${REAL.comment}5`, counter: 5, padding: "e5714d2820" }),
  sunGood({ ...REAL, comment: `${REAL.comment}7`, counter: 7, padding: "c9c4d00f0f" }),
  sunGood({ ...MADE, comment: "the first read", counter: 1, padding: "0000000000" }),
  sunGood({ ...MADE, comment: "bytes of the counter in order", counter: 0x030201, padding: "ffffffffff" }),
  sunGood({ ...MADE, comment: "the last counter", counter: 0xffffff, padding: "0102030405" }),
  sunBad("another K1", { k1: MADE.k2, error: "picc" }),
  sunBad("UID without a counter", { p: block(`8704a39493cc8680${"00".repeat(8)}`), error: "picc" }),
  sunBad("a counter without a UID", { p: block(`47090000${"00".repeat(12)}`), error: "picc" }),
  sunBad("a UID of ten bytes", { p: block(`ca04a39493cc8680${"00".repeat(8)}`), error: "picc" }),
  sunBad("15 bytes of p", { p: block(`c704a39493cc8680${"00".repeat(8)}`).slice(2), error: "picc" }),
  sunBad("17 bytes of p", { p: `${block(`c704a39493cc8680${"00".repeat(8)}`)}00`, error: "picc" }),
  sunBad("another K2", { k2: MADE.k1, error: "mac" }),
  sunBad("c of the counter before", { c: mac(MADE.k2, MADE.uid, 8, ""), error: "mac" }),
  sunBad("c of another card", { c: mac(MADE.k2, "04a39493cc8681", 9, ""), error: "mac" }),
  sunBad("c cut", { c: mac(MADE.k2, MADE.uid, 9, "").slice(2), error: "mac" }),
  sunBad("the other half of the CMAC", { c: "0000000000000000", error: "mac" }),
];

function derived(comment: string, issuerKey: string, uid: string, version: number) {
  const all = Object.entries(keysOf(unhex(issuerKey), unhex(uid), version));
  const fields = Object.fromEntries(all.map(([name, key]) => [name, hex(key)]));
  return { comment, valid: true, issuerKey, uid, version, fields };
}
const keys = [
  derived("boltcard, DETERMINISTIC", `${"00".repeat(15)}01`, "04a39493cc8680", 1),
  derived("the first version of another card", "00112233445566778899aabbccddeeff", CARD.uid, 0),
  derived("its second version: K1 alone is the same", "00112233445566778899aabbccddeeff", CARD.uid, 1),
  derived("bytes of the version in order", "00112233445566778899aabbccddeeff", CARD.uid, 0x04030201),
  derived("the last version", "ffffffffffffffffffffffffffffffff", CARD.uid, 0xffffffff),
];

const good = (comment: string, bytes: string, fields: object) => ({
  comment,
  valid: true,
  hex: bytes,
  fields,
});
const bad = (comment: string, bytes: string, error: string) => ({ comment, valid: false, hex: bytes, error });
const CC = "001720010000ff0406e104010000ff0506e10500808283";
const cc = (from: number, bytes: string): string =>
  CC.slice(0, 2 * from) + bytes + CC.slice(2 * from + bytes.length);
const CHIP = { maxRead: 256, ndefFile: 0xe104, ndefSize: 256 };

const capabilities = [
  good("NTAG 424 DNA at delivery", CC, CHIP),
  good("its first 15 bytes", CC.slice(0, 30), CHIP),
  good("a small tag of version 1", "000f10000f00040406e10500320000", {
    ...{ maxRead: 15, ndefFile: 0xe105, ndefSize: 50 },
  }),
  good("a large tag of version 3", "000f30ffff00ff0406e104fffe0000", {
    ...CHIP,
    maxRead: 65_535,
    ndefSize: 65_534,
  }),
  good("one that nobody writes", cc(14, "ff"), CHIP),
  bad("nothing", "", "capability container"),
  bad("14 bytes", CC.slice(0, 28), "capability container"),
  bad("a length of 14", cc(0, "000e"), "capability container"),
  bad("a length of ffff", cc(0, "ffff"), "capability container"),
  bad("version 0", cc(2, "01"), "capability container/version"),
  bad("version 4", cc(2, "40"), "capability container/version"),
  bad("reads of 14 bytes", cc(3, "000e"), "capability container/longest read"),
  bad("a proprietary file first", cc(7, "05"), "capability container/control"),
  bad("a block of another length", cc(8, "08"), "capability container/control"),
  bad("the container itself", cc(9, "e103"), "capability container/file"),
  bad("the file of the whole card", cc(9, "3f00"), "capability container/file"),
  bad("a file that holds no message", cc(11, "0004"), "capability container/size"),
  bad("a size of ffff", cc(11, "ffff"), "capability container/size"),
  bad("a file that not everybody reads", cc(13, "82"), "capability container/access"),
];

const record = (head: string, type: string, payload: string): string =>
  `${head}${(type.length / 2).toString(16).padStart(2, "0")}${(payload.length / 2).toString(16).padStart(2, "0")}${type}${payload}`;
const uri = (code: string, text: string): string => record("d1", "55", code + ascii(text));
const ADDRESS = "lnurlw://cards.example/ln?p=4E2E289D945A66BB13377A728884E867&c=E19CCB1FED8892CE";
const text = (head: string): string => record(head, "54", `02${ascii("enBolt")}`);

const ndef = [
  good("a Bolt Card", uri("00", ADDRESS), { uri: ADDRESS }),
  good("https:// abbreviated", uri("04", "cards.example/ln?p=00&c=00"), {
    uri: "https://cards.example/ln?p=00&c=00",
  }),
  good("https://www. abbreviated", uri("02", "cards.example"), { uri: "https://www.cards.example" }),
  good("http:// abbreviated", uri("03", "127.0.0.1:8080/ln"), { uri: "http://127.0.0.1:8080/ln" }),
  good("a text before it", text("91") + record("51", "55", `00${ascii(ADDRESS)}`), { uri: ADDRESS }),
  good(
    "an application behind it",
    record("91", "55", `00${ascii(ADDRESS)}`) + record("54", ascii("android.com:pkg"), ascii("a.b")),
    { uri: ADDRESS },
  ),
  good("a long record", `c101000000065500${ascii("a:b:c")}`, { uri: "a:b:c" }),
  good("a record with an id", `d9010601556900${ascii("a:b:c")}`, { uri: "a:b:c" }),
  bad("nothing", "", "ndef"),
  bad("an empty record", "d00000", "ndef"),
  bad("a text alone", text("d1"), "ndef"),
  bad("a smart poster", record("d1", ascii("Sp"), uri("00", ADDRESS)), "ndef"),
  bad("a URI of another format", record("d2", "55", `00${ascii(ADDRESS)}`), "ndef"),
  bad("a telephone number", uri("05", "+41000000"), "ndef/uri"),
  bad("an abbreviation that there is not", uri("24", "x"), "ndef/uri"),
  bad("a URI without its first byte", record("d1", "55", ""), "ndef/uri"),
  bad("a space", uri("00", "lnurlw://cards.example/l n"), "ndef/uri"),
  bad("a letter beyond ASCII", uri("00", "lnurlw://c\u00e4rds.example"), "ndef/uri"),
  bad("a line feed", uri("00", "lnurlw://cards.example\n"), "ndef/uri"),
  bad("a payload longer than the message", uri("00", ADDRESS).slice(0, -2), "ndef/records/1"),
  bad("a head alone", "d1", "ndef/records/1"),
  bad("a length of 4 GB", `c101ffffffff55${ascii("x")}`, "ndef/records/1"),
  bad("a chunk", record("b1", "55", `00${ascii("a")}`), "ndef/records/1"),
  bad("no begin", record("51", "55", `00${ascii("a:b")}`), "ndef/records/1"),
  bad("two begins", text("91") + uri("00", ADDRESS), "ndef/records/2"),
  bad("no end", record("91", "55", `00${ascii("a:b")}`), "ndef"),
  bad("bytes behind the end", `${uri("00", ADDRESS)}00`, "ndef"),
  bad("17 records", text("91") + text("11").repeat(15) + record("51", "55", `00${ascii("a:b")}`), "ndef"),
];

const LUD01 =
  "LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS";
const LUD01_URL =
  "https://service.com/api?q=3fc3645b439ce8e7f2553a69e5267081d96dcd340693afabe04be7b0ccd178df";
const ONION = `${"a".repeat(56)}.onion`;
const leads = (comment: string, address: string, url: string, regtest = false) => ({
  ...{ comment, valid: true, address, regtest, url },
});
const leadsNowhere = (comment: string, address: string, error = "address", regtest = false) => ({
  ...{ comment, valid: false, address, regtest, error },
});

const addresses = [
  leads("LUD-17", ADDRESS, ADDRESS.replace("lnurlw", "https")),
  leads("LUD-17 in capitals", "LNURLW://CARDS.EXAMPLE/ln?p=00", "https://cards.example/ln?p=00"),
  leads("LUD-17 without slashes", "lnurlw:cards.example/ln", "https://cards.example/ln"),
  leads(
    "LUD-17 with a port and no path",
    "lnurlw://cards.example:8443?p=00",
    "https://cards.example:8443/?p=00",
  ),
  leads("LUD-17, onion", `lnurlw://${ONION}/ln`, `http://${ONION}/ln`),
  leads("LUD-01, the example of the document", LUD01, LUD01_URL),
  leads("LUD-01 in lower case behind lightning:", `lightning:${LUD01.toLowerCase()}`, LUD01_URL),
  leads("LUD-01 behind LIGHTNING:", `LIGHTNING:${LUD01}`, LUD01_URL),
  leads("LUD-17 behind lightning:", "lightning:lnurlw://cards.example/ln", "https://cards.example/ln"),
  leads(
    "https:// with a path",
    "https://cards.example/boltcards/api/v1/scan/x?p=00&c=00",
    "https://cards.example/boltcards/api/v1/scan/x?p=00&c=00",
  ),
  leads("https:// with LUD-01 in it", `https://cards.example/?lightning=${LUD01}`, LUD01_URL),
  leads("a fragment is left away", "https://cards.example/ln?p=00#more", "https://cards.example/ln?p=00"),
  leads("http:// to an onion address", `http://${ONION}/ln`, `http://${ONION}/ln`),
  leads("this machine, on regtest", "lnurlw://127.0.0.1:8080/ln", "http://127.0.0.1:8080/ln", true),
  leads("this machine, elsewhere", "lnurlw://127.0.0.1:8080/ln", "https://127.0.0.1:8080/ln"),
  leads("http:// on regtest", "http://10.0.0.7/ln", "http://10.0.0.7/ln", true),
  leadsNowhere("nothing", ""),
  leadsNowhere("a space", "lnurlw://cards.example/l n"),
  leadsNowhere("2049 characters", `lnurlw://${"a".repeat(2040)}`),
  leadsNowhere("http://", "http://cards.example/ln"),
  leadsNowhere("LUD-01 of http://", "LNURL1DP68GUP69UHKXCTJV3EJUETCV9KHQMR99AKXUWLSJ0D"),
  leadsNowhere("an invoice", "lightning:lnbc1qqqqqqqq"),
  leadsNowhere("LNURL-pay", "lnurlp://cards.example/ln"),
  leadsNowhere("LNURL-auth", "keyauth://cards.example/ln"),
  leadsNowhere("a file", "file:///etc/passwd"),
  leadsNowhere("a program", "javascript:alert(1)"),
  leadsNowhere("no host", "lnurlw://"),
  leadsNowhere("a user", "lnurlw://shop@cards.example/ln"),
  leadsNowhere("a user and a password", "https://shop:secret@cards.example/ln"),
  leadsNowhere("a backslash", "lnurlw://cards.example\\@10.0.0.1/ln"),
  leadsNowhere("LUD-01 in two cases", LUD01.replace("DP68", "dp68")),
  leadsNowhere("LUD-01 with a wrong letter", LUD01.replace("DP68", "DP69")),
  leadsNowhere("LUD-01 without data", "LNURL1"),
];

const OFFER = {
  ...{ tag: "withdrawRequest", callback: "https://cards.example/cb", k1: "a1b2", defaultDescription: "card" },
  ...{ minWithdrawable: 1000, maxWithdrawable: 5_000_000 },
};
const offered = { callback: OFFER.callback, k1: "a1b2", min: "1000", max: "5000000", pinLimit: null };
const offer = (comment: string, changes: object, fields: object) => ({
  ...{
    comment,
    valid: true,
    answer: JSON.stringify({ ...OFFER, ...changes }),
    fields: { ...offered, ...fields },
  },
});
const said = (comment: string, answer: string, reason: string) => ({
  comment,
  valid: true,
  answer,
  fields: { reason },
});
const noOffer = (comment: string, changes: object | string, error: string) => ({
  ...{
    comment,
    valid: false,
    answer: typeof changes === "string" ? changes : JSON.stringify({ ...OFFER, ...changes }),
    error,
  },
});

const offers = [
  offer("LUD-03", {}, {}),
  offer("with a PIN from 2,000 sat on", { pinLimit: 2_000_000 }, { pinLimit: "2000000" }),
  offer("with a PIN for everything", { pinLimit: 0 }, { pinLimit: "0" }),
  offer("without a pinLimit, said so", { pinLimit: null }, {}),
  offer(
    "a callback with a query",
    { callback: "https://cards.example/cb?x=1" },
    { callback: "https://cards.example/cb?x=1" },
  ),
  offer("fields that nobody knows", { payLink: "lnurlp://cards.example", balanceCheck: 7 }, {}),
  {
    comment: "more than any sum of money",
    valid: true,
    answer: JSON.stringify(OFFER).replace("5000000", "9".repeat(30)),
    fields: { ...offered, max: "2100000000000000000" },
  },
  said("an error", '{"status":"ERROR","reason":"Unable to pay"}', "Unable to pay"),
  said("an error in lower case", '{"status":"error","reason":"no"}', "no"),
  said("an error without a reason", '{"status":"ERROR"}', ""),
  said(
    "an error that commands a terminal",
    '{"status":"ERROR","reason":"\\u001b[2Jpaid\\npaid"}',
    "\\u001b[2Jpaid\\u000apaid",
  ),
  said(
    "an error of 1,000 characters",
    `{"status":"ERROR","reason":"${"x".repeat(1000)}"}`,
    `${"x".repeat(160)}\u2026`,
  ),
  noOffer("nothing", "", "answer"),
  noOffer("a page", "<html></html>", "answer"),
  noOffer("two answers", `${JSON.stringify(OFFER)}${JSON.stringify(OFFER)}`, "answer"),
  noOffer("a list", "[]", "answer"),
  noOffer("null", "null", "answer"),
  noOffer("LNURL-pay", { tag: "payRequest" }, "answer/tag"),
  noOffer("no tag", { tag: undefined }, "answer/tag"),
  noOffer("no callback", { callback: undefined }, "answer/callback"),
  noOffer("a callback without TLS", { callback: "http://cards.example/cb" }, "answer/callback"),
  noOffer("a callback to a file", { callback: "file:///etc/passwd" }, "answer/callback"),
  noOffer("a callback that is no address", { callback: "cb" }, "answer/callback"),
  noOffer("no k1", { k1: undefined }, "answer/k1"),
  noOffer("an empty k1", { k1: "" }, "answer/k1"),
  noOffer("a k1 of 513 characters", { k1: "a".repeat(513) }, "answer/k1"),
  noOffer("a k1 that is a number", { k1: 7 }, "answer/k1"),
  noOffer("an amount in text", { maxWithdrawable: "5000000" }, "answer/maxWithdrawable"),
  noOffer("a part of a millisatoshi", { maxWithdrawable: 0.5 }, "answer/maxWithdrawable"),
  noOffer("less than nothing", { minWithdrawable: -1 }, "answer/minWithdrawable"),
  noOffer("no minimum", { minWithdrawable: undefined }, "answer/minWithdrawable"),
  noOffer("a minimum above the maximum", { minWithdrawable: 5_000_001 }, "answer/minWithdrawable"),
  noOffer("a pinLimit in text", { pinLimit: "0" }, "answer/pinLimit"),
];

const INVOICE = "lnbcrt25u1short";
const call = (comment: string, callback: string, k1: string, pin: string | null, url: string) => ({
  ...{ comment, valid: true, callback, k1, invoice: INVOICE, pin, url },
});
const callbacks = [
  call("LUD-03", "https://cards.example/cb", "a1b2", null, `https://cards.example/cb?k1=a1b2&pr=${INVOICE}`),
  call(
    "behind a query",
    "https://cards.example/cb?x=1",
    "a1b2",
    null,
    `https://cards.example/cb?x=1&k1=a1b2&pr=${INVOICE}`,
  ),
  call(
    "behind an empty query",
    "https://cards.example/cb?",
    "a1b2",
    null,
    `https://cards.example/cb?k1=a1b2&pr=${INVOICE}`,
  ),
  call(
    "a k1 with signs",
    "https://cards.example/cb",
    "a&b=c",
    null,
    `https://cards.example/cb?k1=a%26b%3Dc&pr=${INVOICE}`,
  ),
  call(
    "with a PIN",
    "https://cards.example/cb",
    "a1b2",
    "0042",
    `https://cards.example/cb?k1=a1b2&pr=${INVOICE}&pin=0042`,
  ),
];

export const generate = () => ({
  ...{ title: "Bolt Cards", spec: "specs/10", sun, keys, capabilities, ndef, addresses, offers, callbacks },
  ...ticket,
  ...face,
});
