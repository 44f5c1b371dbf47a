import { describe, expect, it } from "vitest";
import { encodePinBlock } from "../../apdu/index.js";
import { concatBytes } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import {
  apdu,
  authorize,
  bytes,
  cardsOwn,
  cell,
  hex,
  PIN_BLOCK,
  select,
  send,
  tappedCard,
  verify,
  WRONG_PIN_BLOCK,
} from "./fixture.js";

const ask = (card: SimulatedCard) => send(card, bytes("00200080")).sw;
const change = (card: SimulatedCard, oldBlock: Uint8Array, newBlock: Uint8Array) =>
  send(card, apdu("00240080", concatBytes(oldBlock, newBlock))).sw;
const MALFORMED = [
  "141234ffffffffff",
  "231234ffffffffff",
  "2d12345678901234",
  "2412a4ffffffffff",
  "2412345fffffffff",
  "241234fffffffff0",
  "25123fffffffffff",
  "0000000000000000",
  "ffffffffffffffff",
];

describe("VERIFY", () => {
  it.each(["1234", "12345", "0000000", "123456789012"])("accepts the PIN %s that it was given", (pin) => {
    expect(verify(tappedCard({ pin }), encodePinBlock(pin)).sw).toBe("9000");
  });

  it("counts wrong PINs down to 63C0, then answers 6983 to the right one too", () => {
    const card = tappedCard();
    const answers = [1, 2, 3, 4].map(() => verify(card, WRONG_PIN_BLOCK).sw);
    expect(answers).toEqual(["63c2", "63c1", "63c0", "6983"]);
    expect(verify(card).sw).toBe("6983");
    expect(ask(card)).toBe("6983");
    card.powerOn();
    select(card);
    expect(verify(card).sw).toBe("6983");
  });

  it("gives all tries back for a right PIN", () => {
    const card = tappedCard();
    verify(card, WRONG_PIN_BLOCK);
    verify(card, WRONG_PIN_BLOCK);
    expect(verify(card).sw).toBe("9000");
    expect(verify(card, WRONG_PIN_BLOCK).sw).toBe("63c2");
  });

  it("keeps lost tries over reset and selection", () => {
    const card = tappedCard();
    verify(card, WRONG_PIN_BLOCK);
    card.powerOn();
    select(card);
    expect(ask(card)).toBe("63c2");
  });

  it("without data asks, and changes nothing", () => {
    const card = tappedCard();
    expect(ask(card)).toBe("63c3");
    verify(card);
    const before = hex(card.dump());
    expect(ask(card)).toBe("9000");
    expect(send(card, bytes("0020008000")).sw).toBe("9000");
    expect(hex(card.dump())).toBe(before);
    expect(authorize(card, 15_000n).sw).toBe("9000");
    expect(ask(card)).toBe("63c3");
  });

  it.each(MALFORMED)("answers 6A80 to %s, takes no try and leaves the flag", (block) => {
    const card = tappedCard();
    verify(card);
    expect(verify(card, bytes(block)).sw).toBe("6a80");
    expect(ask(card)).toBe("9000");
    expect(verify(card, WRONG_PIN_BLOCK).sw).toBe("63c2");
  });

  it("forgets an earlier right PIN after a wrong one", () => {
    const card = tappedCard();
    verify(card);
    verify(card, WRONG_PIN_BLOCK);
    expect(authorize(card, 15_000n).sw).toBe("6982");
  });

  it("has its flag cleared by SELECT, by reset, and not by a selection that fails", () => {
    const card = tappedCard();
    verify(card);
    send(card, apdu("00a40400", bytes("a0000000040000")));
    expect(ask(card)).toBe("9000");
    select(card);
    expect(ask(card)).toBe("63c3");
    verify(card);
    card.powerOn();
    select(card);
    expect(ask(card)).toBe("63c3");
  });

  it("answers 6984 without a PIN, 6A80 to a malformed block even then", () => {
    const card = tappedCard({ withoutPin: true });
    expect(ask(card)).toBe("6984");
    expect(verify(card).sw).toBe("6984");
    expect(verify(card, bytes("0000000000000000")).sw).toBe("6a80");
    expect(change(card, PIN_BLOCK, PIN_BLOCK)).toBe("6984");
  });

  it("answers 6A80 to a malformed block when the tries are used up", () => {
    const card = tappedCard();
    for (let i = 0; i < 3; i++) verify(card, WRONG_PIN_BLOCK);
    expect(verify(card, bytes("0000000000000000")).sw).toBe("6a80");
  });
});

describe("CHANGE REFERENCE DATA", () => {
  const newBlock = encodePinBlock("987654");

  it("replaces the PIN, restores the tries and leaves it unverified", () => {
    const card = tappedCard();
    verify(card, WRONG_PIN_BLOCK);
    expect(change(card, PIN_BLOCK, newBlock)).toBe("9000");
    expect(ask(card)).toBe("63c3");
    expect(authorize(card, 15_000n).sw).toBe("6982");
    expect(verify(card).sw).toBe("63c2");
    expect(verify(card, newBlock).sw).toBe("9000");
  });

  it("accepts the same PIN again", () => {
    expect(change(tappedCard(), PIN_BLOCK, PIN_BLOCK)).toBe("9000");
  });

  it("takes a try for a wrong old PIN and keeps the PIN", () => {
    const card = tappedCard();
    expect(change(card, WRONG_PIN_BLOCK, newBlock)).toBe("63c2");
    expect(change(card, WRONG_PIN_BLOCK, newBlock)).toBe("63c1");
    expect(change(card, WRONG_PIN_BLOCK, newBlock)).toBe("63c0");
    expect(change(card, PIN_BLOCK, newBlock)).toBe("6983");
  });

  it.each(MALFORMED)("refuses %s as old and as new block before any try", (block) => {
    const card = tappedCard();
    expect(change(card, WRONG_PIN_BLOCK, bytes(block))).toBe("6a80");
    expect(change(card, bytes(block), newBlock)).toBe("6a80");
    expect(ask(card)).toBe("63c3");
  });

  it("torn at any write leaves the old PIN or the new one, and never more tries than before", () => {
    for (let n = 1; ; n++) {
      const card = tappedCard();
      verify(card, WRONG_PIN_BLOCK);
      card.tearAt({ write: n });
      let torn = false;
      try {
        change(card, PIN_BLOCK, newBlock);
      } catch {
        torn = true;
      }
      card.powerOn();
      select(card);
      const works = [PIN_BLOCK, newBlock].filter((block) => {
        card.powerOn();
        select(card);
        return verify(card, block).sw === "9000";
      });
      expect(works.length).toBe(1);
      if (!torn) {
        expect(n).toBe(cardsOwn(card, { simulated: 4, applet: 6 }));
        break;
      }
    }
  });
});

describe("tries and power", () => {
  it("are counted in persistent memory before the comparison", () => {
    const card = tappedCard();
    card.tearAt({ write: 2 });
    expect(() => verify(card)).toThrow("lost power");
    expect(cell(card, "pin").slice(0, 2)).toBe("02");
    card.powerOn();
    select(card);
    expect(ask(card)).toBe("63c2");
  });

  it("are not gained by tearing a wrong PIN anywhere", () => {
    for (const point of ["before-command", { write: 1 }, "after-command"] as const) {
      const card = tappedCard();
      card.tearAt(point);
      expect(() => verify(card, WRONG_PIN_BLOCK)).toThrow("lost power");
      card.powerOn();
      select(card);
      expect(ask(card)).toBe(point === "after-command" ? "63c2" : "63c3");
    }
  });
});
