import { describe, expect, it } from "vitest";
import { authorizationMessage, NO_LIMIT, verifySignature } from "../../apdu/index.js";
import { MAX_MSAT, type Msat, secp256k1, ValueError } from "../../common/index.js";
import { type CardPersonalization, makeCard, provisionCard } from "../../simulator/index.js";
import {
  authorize,
  bytes,
  CARD_POINT,
  cell,
  fixedEntropy,
  hex,
  PERSONALIZATION,
  SEAL_KEY,
  select,
  send,
  tappedCard,
} from "./fixture.js";

const { secretKey: _, ...withoutKey } = PERSONALIZATION;

describe("provisionCard", () => {
  it("makes a card whose answers follow the entropy it is given", () => {
    expect(hex(authorize(tappedCard(), 5n).data)).toBe(hex(authorize(tappedCard(), 5n).data));
    const system = () =>
      tappedCard({}, { entropy: (length) => crypto.getRandomValues(new Uint8Array(length)) });
    expect(hex(authorize(system(), 5n).data)).not.toBe(hex(authorize(system(), 5n).data));
  });

  it("makes a key of the card's own, and says its public half", () => {
    const first = provisionCard(withoutKey);
    const second = provisionCard(withoutKey);
    expect(hex(first.publicKey)).not.toBe(hex(second.publicKey));
    first.card.powerOn();
    select(first.card);
    const { data } = authorize(first.card, 1n);
    expect(
      verifySignature(
        authorizationMessage.open(data, () => SEAL_KEY),
        first.publicKey,
      ),
    ).toBe(true);
  });

  it("takes a given key, and follows given entropy", () => {
    expect(hex(provisionCard(PERSONALIZATION).publicKey)).toBe(hex(CARD_POINT));
    const made = () => hex(provisionCard(withoutKey, { entropy: fixedEntropy() }).publicKey);
    expect(made()).toBe(made());
  });

  it("takes the issuer's key in both forms", () => {
    const long = secp256k1.convert(PERSONALIZATION.issuerPublicKey, false);
    const { card } = provisionCard({ ...PERSONALIZATION, issuerPublicKey: long });
    expect(cell(card, "issuer-point")).toBe(hex(long));
    expect(cell(provisionCard(PERSONALIZATION).card, "issuer-point")).toBe(hex(long));
  });

  const limits = PERSONALIZATION.limits;
  const bad: [string, Partial<CardPersonalization>][] = [
    ["card id", { cardId: new Uint8Array(7) }],
    ["key set id", { keySetId: new Uint8Array(5) }],
    ["seal key", { sealKey: new Uint8Array(32) }],
    ["node URI", { nodeUri: "" }],
    ["node URI", { nodeUri: "x".repeat(201) }],
    ["node URI", { nodeUri: "with space" }],
    ["issuer public key", { issuerPublicKey: new Uint8Array(33) }],
    ["credit", { limits: { ...limits, credit: (MAX_MSAT + 1n) as Msat } }],
    ["credit", { limits: { ...limits, credit: -1n as Msat } }],
    ["maxPerTransaction", { limits: { ...limits, maxPerTransaction: NO_LIMIT + 1n } }],
    ["pinThreshold", { limits: { ...limits, pinThreshold: -1n } }],
    ["noPinBudget", { limits: { ...limits, noPinBudget: -1n } }],
    ["maxTransactions", { limits: { ...limits, maxTransactions: 2 ** 32 } }],
    ["maxTransactions", { limits: { ...limits, maxTransactions: 1.5 } }],
    ["publish", { publish: 1 }],
    ["PIN", { pin: "123" }],
    ["PIN", { pin: "1234567890123" }],
    ["PIN", { pin: "12a4" }],
    ["secret key", { secretKey: new Uint8Array(32) }],
  ];
  it.each(bad)("names a %s that is out of range, and shows no secret", (path, change) => {
    const make = () => provisionCard({ ...PERSONALIZATION, ...change });
    expect(make).toThrow(ValueError);
    expect(make).toThrow(expect.objectContaining({ path }));
    if (change.pin) expect(make).not.toThrow(change.pin);
  });

  it("refuses a generator that gives no keys", () => {
    expect(() => provisionCard(withoutKey, { entropy: (length) => new Uint8Array(length) })).toThrow(
      "entropy",
    );
  });
});

describe("makeCard", () => {
  it("goes on from the memory of an earlier card", () => {
    const { card } = provisionCard(PERSONALIZATION);
    card.powerOn();
    select(card);
    authorize(card, 5_000n);
    const again = makeCard({ image: card.image() });
    expect(hex(again.dump())).toBe(hex(card.dump()));
    again.powerOn();
    select(again);
    expect(authorize(again, 5_000n).sw).toBe("9000");
    expect(cell(again, "counter")).toBe("00000001");
  });

  it("is blank without one", () => {
    const card = makeCard();
    card.powerOn();
    select(card);
    expect(send(card, bytes("80ca00c100")).data[4]).toBe(0x01);
  });
});
