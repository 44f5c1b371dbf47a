import { describe, expect, it } from "vitest";
import { aesCmac } from "../../apdu/secure-channel/primitives.js";
import { encodeLnurl, readCardAddress } from "../../bolt-card/address.js";
import { boltCardId, boltCardKeys, cardKey as ownKey } from "../../bolt-card/keys.js";
import { encodeNdefUri, readNdefUri } from "../../bolt-card/ndef.js";
import { decryptPicc, encryptPicc, sunMac } from "../../bolt-card/sun.js";
import { readCapabilities } from "../../bolt-card/type4.js";
import { callbackAddress, readCallbackAnswer, readWithdrawRequest } from "../../bolt-card/withdraw.js";
import { bytesToHex, equalBytes, hexToBytes as h, utf8 } from "../../common/bytes.js";
import { type Msat, ParseError } from "../../common/index.js";
import { Batches } from "../../issuer/bolt-cards/batches.js";
import { readTicket, writeTicket } from "../../issuer/bolt-cards/ticket.js";
import { cardKey } from "../../issuer/store/values.js";
import vectors from "../../specs/vectors/bolt-card.json" with { type: "json" };
import { plain } from "../specs/vector-file.js";

/** The path of what is refused. */
function refused(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ParseError) return error.path;
    throw error;
  }
  return "accepted";
}

describe("SUN of specs/vectors/bolt-card.json", () => {
  it.each(vectors.sun)("$comment", ({ k1, k2, p, c, input, ...vector }) => {
    const picc = decryptPicc(h(k1), h(p));
    const isRight = picc && equalBytes(sunMac(h(k2), picc.uid, picc.counter, utf8(input)), h(c));
    if (!vector.fields) return expect(isRight === undefined ? "picc" : isRight || "mac").toBe(vector.error);
    const { uid, counter, padding } = vector.fields;
    expect(picc).toEqual({ uid: h(uid), counter });
    expect(isRight).toBe(true);
    expect(bytesToHex(encryptPicc(h(k1), { uid: h(uid), counter }, h(padding)))).toBe(p);
  });
});

describe("keys of specs/vectors/bolt-card.json", () => {
  it.each(vectors.keys)("$comment", ({ issuerKey, uid, version, fields }) => {
    const [key, card] = [h(issuerKey), h(uid)];
    const found = { ...boltCardKeys(key, card, version), id: boltCardId(key, card) };
    expect(plain({ ...found, cardKey: ownKey(key, card, version) })).toEqual(fields);
  });
});

describe("files of a Type 4 tag of specs/vectors/bolt-card.json", () => {
  it.each(vectors.capabilities)("capability container: $comment", ({ hex, fields, error }) => {
    const read = () => readCapabilities(h(hex));
    if (fields) expect(read()).toEqual(fields);
    else expect(refused(read)).toBe(error);
  });

  it.each(vectors.ndef)("NDEF: $comment", ({ hex, fields, error }) => {
    const read = () => readNdefUri(h(hex));
    if (fields) expect(read()).toBe(fields.uri);
    else expect(refused(read)).toBe(error);
  });

  it("a message is written as a Bolt Card has it", () => {
    const [{ hex = "", fields } = {}] = vectors.ndef;
    expect(bytesToHex(encodeNdefUri(fields?.uri ?? ""))).toBe(hex);
    for (const wrong of ["", "a b", "x".repeat(255)]) expect(() => encodeNdefUri(wrong)).toThrow("uri");
  });
});

describe("addresses of specs/vectors/bolt-card.json", () => {
  it.each(vectors.addresses)("$comment", ({ address, regtest, url, error }) => {
    const read = () => readCardAddress(address, regtest).href;
    if (url) expect(read()).toBe(url);
    else expect(refused(read)).toBe(error);
  });
});

describe("answers of a card's server of specs/vectors/bolt-card.json", () => {
  it.each(vectors.offers)("$comment", ({ answer, fields, error }) => {
    const read = () => readWithdrawRequest(answer);
    if (!fields) return expect(refused(read)).toBe(error);
    const found = read();
    expect(plain("k1" in found ? { ...found, callback: found.callback.href } : found)).toEqual(fields);
  });

  it.each(vectors.callbacks)("callback: $comment", ({ callback, k1, invoice, pin, url }) => {
    const offer = { callback: new URL(callback), k1, min: 0n as Msat, max: 1n as Msat, pinLimit: undefined };
    expect(callbackAddress(offer, invoice, pin ?? undefined).href).toBe(url);
  });

  it("a PIN of another form is not sent", () => {
    const offer = {
      callback: new URL("https://a.example"),
      k1: "k",
      min: 0n as Msat,
      max: 1n as Msat,
      pinLimit: undefined,
    };
    for (const pin of ["", "123", "12345", "12a4"])
      expect(() => callbackAddress(offer, "ln", pin)).toThrow("4 digits");
  });
});

describe("k1 of specs/vectors/bolt-card.json", () => {
  const ID = Uint8Array.of(1, 2, 3, 4);
  /** The keys of a batch as an issuer derives them. */
  const batchOf = async (issuerKey: string) => {
    const batchMac = async (_: Uint8Array, input: Uint8Array) => aesCmac(h(issuerKey), input);
    return (await Batches.open({ batchKeys: () => [{ id: ID, label: "" }], batchMac })).current;
  };

  it.each(vectors.tickets)("$comment", async ({ issuerKey, k1, fields }) => {
    const { ticketKeys } = await batchOf(issuerKey);
    const found = readTicket(ticketKeys, k1);
    if (!fields) return expect(found).toBeUndefined();
    const { card, counter, end } = fields;
    const ticket = { card: cardKey(h(card)), counter: BigInt(counter), expiresAtSeconds: end };
    expect(found).toEqual(ticket);
    expect(writeTicket(ticketKeys, ticket)).toBe(k1);
  });
});

it("the vectors hold what the card that Bolt Card's tool read has shown", () => {
  const shown = vectors.sun.map(({ p, c }) => `${p} ${c}`.toUpperCase());
  for (const pair of [
    "EF963FF7828658A599F3041510671E88 94EED9EE65337086",
    "FD91EC264309878BE6345CBE53BADF40 ECC1E7F6C6C73BF6",
    "4E2E289D945A66BB13377A728884E867 E19CCB1FED8892CE",
    "00F48C4F8E386DED06BCDC78FA92E2FE 66B4826EA4C155B4",
    "0DBF3C59B59B0638D60B5842A997D4D1 CC61660C020B4D96",
  ])
    expect(shown).toContain(pair);
});

it("an address is written in capitals as LUD-01 shows it", () => {
  const [example] = vectors.addresses.filter(({ comment }) => comment.startsWith("LUD-01, the example"));
  expect(encodeLnurl(example?.url ?? "")).toBe(example?.address);
});

describe("the answer to a callback", () => {
  it("is OK, or an error of a stranger", () => {
    expect(readCallbackAnswer('{"status":"OK","pr":"lnbc1another"}')).toBeUndefined();
    expect(readCallbackAnswer('{"status":"ERROR","reason":"Invalid PIN"}')).toEqual({
      reason: "Invalid PIN",
    });
  });

  it.each([
    "",
    "OK",
    "null",
    "[]",
    "{}",
    '{"status":"ok"}',
    '{"status":true}',
    '{"status":"OK"}{"status":"OK"}',
  ])("is nothing else: %s", (answer) => expect(refused(() => readCallbackAnswer(answer))).toMatch(/^answer/));
});
