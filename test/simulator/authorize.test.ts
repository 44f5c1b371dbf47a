import { describe, expect, it } from "vitest";
import { authorizationMessage, verifySignature } from "../../apdu/index.js";
import { MAX_MSAT, type Msat } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import {
  apdu,
  authorize,
  authorizeApdu,
  CARD_ID,
  CARD_POINT,
  cardsOwn,
  cell,
  hash,
  hex,
  KEY_SET_ID,
  NO_LIMIT,
  SEAL_KEY,
  select,
  send,
  tappedCard,
  verify,
  WRONG_PIN_BLOCK,
} from "./fixture.js";
import { update } from "./issuer.js";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function opened(token: Uint8Array) {
  const message = authorizationMessage.open(token, (id) =>
    hex(id) === hex(KEY_SET_ID) ? SEAL_KEY : undefined,
  );
  expect(verifySignature(message, CARD_POINT)).toBe(true);
  return message.fields;
}

/** Authorizes and returns the verified fields. */
function pay(card: SimulatedCard, amount: bigint, invoice = "invoice") {
  const { sw, data } = authorize(card, amount, hash(invoice));
  expect(sw).toBe("9000");
  return opened(data);
}

const sw = (card: SimulatedCard, amount: bigint, invoice = "invoice") =>
  authorize(card, amount, hash(invoice)).sw;
const generous = { maxPerTransaction: NO_LIMIT, pinThreshold: NO_LIMIT, noPinBudget: NO_LIMIT };

describe("the token", () => {
  it("says what was authorized, signed by the card", () => {
    const card = tappedCard();
    expect(pay(card, 5_000n)).toEqual({
      cardId: CARD_ID,
      counter: 1,
      flags: 0,
      updateSequence: 0,
      amount: 5_000n,
      authorizedTotal: 5_000n,
      invoiceHash: hash("invoice"),
    });
    expect(pay(card, 7_000n, "second")).toMatchObject({ counter: 2, authorizedTotal: 12_000n });
  });

  it("has fresh bytes each time, and high and low s", () => {
    const card = tappedCard();
    const tokens = Array.from({ length: 40 }, () => authorize(card, 5_000n).data);
    expect(new Set(tokens.map(hex)).size).toBe(tokens.length);
    const high = tokens.filter((token) => {
      const { signature } = authorizationMessage.open(token, () => SEAL_KEY);
      return BigInt(`0x${hex(signature.subarray(32))}`) > N / 2n;
    });
    expect(high.length).toBeGreaterThan(5);
    expect(high.length).toBeLessThan(35);
    expect(new Set(tokens.map((token) => JSON.stringify(opened(token), (_, v) => `${v}`))).size).toBe(1);
  });

  it("carries the low 24 bits of the update sequence", () => {
    const card = tappedCard();
    update(card, { sequence: 0x1234_5678 });
    expect(pay(card, 1n).updateSequence).toBe(0x34_5678);
  });
});

describe("step 1, amount", () => {
  it.each([0n, MAX_MSAT + 1n, NO_LIMIT])("%d is 6A80 and leaves the flag", (amount) => {
    const card = tappedCard({ limits: generous });
    verify(card);
    expect(sw(card, amount)).toBe("6a80");
    expect(send(card, apdu("00200080")).sw).toBe("9000");
  });

  it("accepts the greatest amount when there is credit for it, and not a millisatoshi after it", () => {
    const card = tappedCard({ limits: { ...generous, credit: MAX_MSAT } });
    expect(pay(card, MAX_MSAT).authorizedTotal).toBe(MAX_MSAT);
    expect(sw(card, 1n, "next")).toBe("9c02");
    expect(sw(card, MAX_MSAT, "another")).toBe("9c02");
  });
});

describe("step 2, repeats", () => {
  it("answers the same authorization again without a debit, with the sequence of now", () => {
    const card = tappedCard();
    const first = pay(card, 5_000n);
    update(card, { sequence: 9 });
    const before = hex(card.dump());
    expect(pay(card, 5_000n)).toEqual({ ...first, updateSequence: 9 });
    expect(hex(card.dump())).toBe(before);
  });

  it("keeps flags and total of then", () => {
    const card = tappedCard();
    verify(card);
    const first = pay(card, 15_000n);
    expect(first.flags).toBe(1);
    pay(card, 1_000n, "between");
    expect(pay(card, 15_000n)).toEqual(first);
  });

  it("holds for four authorizations, and charges the fifth time", () => {
    const card = tappedCard();
    for (let i = 1; i <= 4; i++) pay(card, 100n, `i${i}`);
    for (let i = 1; i <= 4; i++) expect(pay(card, 100n, `i${i}`).counter).toBe(i);
    pay(card, 100n, "i5");
    expect(pay(card, 100n, "i2").counter).toBe(2);
    expect(pay(card, 100n, "i1").counter).toBe(6);
  });

  it("does not renew its place", () => {
    const card = tappedCard();
    pay(card, 100n, "old");
    for (let i = 0; i < 3; i++) pay(card, 100n, `i${i}`);
    pay(card, 100n, "old");
    pay(card, 100n, "new");
    expect(pay(card, 100n, "old").counter).toBe(6);
  });

  it("needs the same amount", () => {
    const card = tappedCard();
    pay(card, 5_000n);
    expect(pay(card, 5_001n)).toMatchObject({ counter: 2, authorizedTotal: 10_001n });
  });

  it("never takes an empty entry for one", () => {
    const card = tappedCard();
    expect(authorize(card, 1n, new Uint8Array(32)).sw).toBe("9000");
    expect(cell(card, "counter")).toBe("00000001");
  });

  it("survives reset, lowered limits and a blocked PIN, but not a blocked card", () => {
    const card = tappedCard();
    const first = pay(card, 5_000n);
    for (let i = 0; i < 3; i++) verify(card, WRONG_PIN_BLOCK);
    update(card, { maxPerTransaction: 1n, maxTransactions: 0, pinThreshold: 0n });
    card.powerOn();
    select(card);
    expect(pay(card, 5_000n)).toEqual({ ...first, updateSequence: 1 });
    update(card, { sequence: 2, flags: 1 });
    expect(sw(card, 5_000n)).toBe("9c04");
  });
});

describe("steps 3 to 6", () => {
  it("9C01 above the maximum per transaction", () => {
    const card = tappedCard({ limits: { ...generous, maxPerTransaction: 500n } });
    expect(sw(card, 501n)).toBe("9c01");
    expect(sw(card, 500n)).toBe("9000");
  });

  it("needs the PIN above the threshold", () => {
    const card = tappedCard();
    expect(sw(card, 10_001n)).toBe("6982");
    expect(sw(card, 10_000n)).toBe("9000");
    verify(card);
    expect(pay(card, 10_001n, "second")).toMatchObject({ flags: 1, counter: 2 });
  });

  it("needs the PIN beyond the budget, and restarts it after a PIN", () => {
    const card = tappedCard();
    pay(card, 10_000n, "a");
    pay(card, 9_999n, "b");
    expect(sw(card, 2n, "c")).toBe("6982");
    pay(card, 1n, "d");
    expect(sw(card, 1n, "e")).toBe("6982");
    verify(card);
    expect(pay(card, 1n, "f").flags).toBe(1);
    expect(cell(card, "no-pin-spent")).toBe("0000000000000000");
    expect(pay(card, 10_000n, "g").flags).toBe(0);
  });

  it("sets the flag and empties the budget also when the PIN was not needed", () => {
    const card = tappedCard();
    pay(card, 5_000n, "a");
    verify(card);
    expect(pay(card, 1n, "b").flags).toBe(1);
    expect(cell(card, "no-pin-spent")).toBe("0000000000000000");
  });

  it("needs the PIN for every amount when an update put the budget below what was spent", () => {
    const card = tappedCard();
    pay(card, 10_000n);
    update(card, { noPinBudget: 9_999n });
    expect(sw(card, 1n, "b")).toBe("6982");
  });

  it("6984 without a PIN, 6983 when the tries are used up", () => {
    expect(sw(tappedCard({ withoutPin: true }), 10_001n)).toBe("6984");
    const card = tappedCard();
    for (let i = 0; i < 3; i++) verify(card, WRONG_PIN_BLOCK);
    expect(sw(card, 10_001n)).toBe("6983");
    expect(sw(card, 10_000n)).toBe("9000");
  });

  it("9C03 when the counter is used up", () => {
    const card = tappedCard({ limits: { ...generous, maxTransactions: 2 } });
    pay(card, 1n, "a");
    pay(card, 1n, "b");
    expect(sw(card, 1n, "c")).toBe("9c03");
    expect(pay(card, 1n, "a").counter).toBe(1);
    expect(sw(tappedCard({ limits: { maxTransactions: 0 } }), 1n)).toBe("9c03");
  });

  it("9C02 above what is available, exactly", () => {
    const card = tappedCard({ limits: { ...generous, credit: 1_000n as Msat } });
    pay(card, 400n, "a");
    expect(sw(card, 601n, "b")).toBe("9c02");
    pay(card, 600n, "c");
    expect(sw(card, 1n, "d")).toBe("9c02");
  });

  it("checks in the order of the steps", () => {
    const limits = { credit: 0n as Msat, maxPerTransaction: 10n, pinThreshold: 0n, maxTransactions: 0 };
    const card = tappedCard({ limits });
    expect(sw(card, 11n)).toBe("9c01");
    expect(sw(card, 10n)).toBe("6982");
    verify(card);
    expect(sw(card, 10n)).toBe("9c03");
    const open = tappedCard({ limits: { ...limits, maxTransactions: 1 } });
    verify(open);
    expect(sw(open, 10n)).toBe("9c02");
  });

  it("changes nothing when it refuses", () => {
    for (const [limits, amount] of [
      [{ maxPerTransaction: 1n }, 2n],
      [{ pinThreshold: 1n }, 2n],
      [{ maxTransactions: 0 }, 2n],
      [{ credit: 1n as Msat }, 2n],
    ] as const) {
      const card = tappedCard({ limits });
      const before = hex(card.dump());
      expect(sw(card, amount)).not.toBe("9000");
      expect(hex(card.dump())).toBe(before);
      expect(card.writes).toBe(0);
    }
  });
});

describe("the PIN verified flag", () => {
  it.each([
    ["an authorization", 5_000n],
    ["a refusal", 60_000n],
    ["a refusal for credit", 50_000n],
  ])("is used up by %s", (_, amount) => {
    const card = tappedCard({ limits: { credit: 40_000n as Msat } });
    verify(card);
    sw(card, amount);
    expect(sw(card, 15_000n, "next")).toBe("6982");
  });

  it("is used up by a repeat", () => {
    const card = tappedCard();
    pay(card, 5_000n);
    verify(card);
    pay(card, 5_000n);
    expect(sw(card, 15_000n, "next")).toBe("6982");
  });

  it("is not used up by a wrong length", () => {
    const card = tappedCard();
    verify(card);
    expect(send(card, authorizeApdu(1n, new Uint8Array(31))).sw).toBe("6700");
    expect(sw(card, 15_000n)).toBe("9000");
  });
});

describe("tearing", () => {
  it("at every write leaves the card before or after, and the same sale completes", () => {
    const whole = tappedCard();
    pay(whole, 5_000n);
    const { writes } = whole;
    expect(writes).toBe(cardsOwn(whole, { simulated: 9, applet: 3 }));
    const points = Array.from({ length: writes }, (_, index) => ({ write: index + 1 }));
    for (const point of ["before-command", ...points, "after-command"] as const) {
      const card = tappedCard();
      const before = hex(card.dump());
      card.tearAt(point);
      expect(() => authorize(card, 5_000n)).toThrow(expect.objectContaining({ code: "torn", point }));
      card.powerOn();
      expect(card.image().journal).toEqual([]);
      expect(hex(card.dump()) === before).toBe(point !== "after-command");
      select(card);
      expect(pay(card, 5_000n)).toMatchObject({ counter: 1, authorizedTotal: 5_000n });
      expect(cell(card, "no-pin-spent")).toBe("0000000000001388");
    }
  });

  it("again during the roll-back changes nothing", () => {
    for (let n = 1; n <= cardsOwn(tappedCard(), { simulated: 5, applet: 3 }); n++) {
      const card = tappedCard();
      const before = hex(card.dump());
      card.tearAt({ write: cardsOwn(card, { simulated: 9, applet: 3 }) });
      expect(() => authorize(card, 5_000n)).toThrow("lost power");
      expect(() => card.powerOn(n)).toThrow(expect.objectContaining({ code: "torn" }));
      expect(card.isPowered).toBe(false);
      card.powerOn();
      expect(hex(card.dump())).toBe(before);
    }
  });

  it("is for the next command only, and a point that is not reached does nothing", () => {
    const card = tappedCard();
    card.tearAt({ write: 10 });
    expect(pay(card, 5_000n).counter).toBe(1);
    expect(pay(card, 5_000n, "second").counter).toBe(2);
    card.tearAt("before-command");
    card.tearAt(undefined);
    expect(pay(card, 5_000n, "third").counter).toBe(3);
  });
});
