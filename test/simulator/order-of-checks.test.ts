import { describe, expect, it } from "vitest";
import { makeCard, type SimulatedCard } from "../../simulator/index.js";
import { apdu, bytes, hash, hex, PIN_BLOCK, select, send, tappedCard } from "./fixture.js";
import { sealedUpdate, update } from "./issuer.js";

function blankCard(): SimulatedCard {
  const card = makeCard();
  card.powerOn();
  select(card);
  return card;
}

function blockedCard(): SimulatedCard {
  const card = tappedCard();
  update(card, { flags: 1 });
  return card;
}

const CARDS = { blank: blankCard, personalized: tappedCard, blocked: blockedCard };
type State = keyof typeof CARDS;

const AUTHORIZE_DATA = `0000000000000001${hex(hash("invoice"))}`;

/** A right command in each form, and what each state answers: the table of specs/01 §5. */
const TABLE: readonly [string, string, string, Readonly<Record<State, string>>][] = [
  ["GET DATA", "80ca00c1", "", { blank: "9000", personalized: "9000", blocked: "9000" }],
  ["GET DATA of no certificate", "80ca00c2", "", { blank: "6985", personalized: "6a88", blocked: "9c04" }],
  ["VERIFY", "00200080", hex(PIN_BLOCK), { blank: "6985", personalized: "9000", blocked: "9c04" }],
  [
    "CHANGE REFERENCE DATA",
    "00240080",
    hex(PIN_BLOCK).repeat(2),
    { blank: "6985", personalized: "9000", blocked: "9c04" },
  ],
  ["AUTHORIZE", "80300000", AUTHORIZE_DATA, { blank: "6985", personalized: "9000", blocked: "9c04" }],
  ["IDENTIFY", "80320000", hex(hash("c")), { blank: "6985", personalized: "9000", blocked: "9000" }],
  ["UPDATE", "80340000", hex(sealedUpdate()), { blank: "6985", personalized: "9000", blocked: "9000" }],
  [
    "INITIALIZE UPDATE without keys",
    "80500000",
    "0102030405060708",
    { blank: "6a88", personalized: "6a88", blocked: "6a88" },
  ],
  [
    "EXTERNAL AUTHENTICATE alone",
    "84820100",
    "00".repeat(16),
    { blank: "6985", personalized: "6985", blocked: "6985" },
  ],
  [
    "GENERATE KEY PAIR",
    "84468000",
    "00".repeat(24),
    { blank: "6982", personalized: "6985", blocked: "6985" },
  ],
  ["STORE DATA", "84e28800", "00".repeat(24), { blank: "6982", personalized: "6985", blocked: "6985" }],
  ["RESET", "84e40000", "00".repeat(8), { blank: "6982", personalized: "6982", blocked: "6982" }],
];

describe.each(Object.keys(CARDS) as State[])("%s", (state) => {
  it.each(TABLE)("%s", (_, header, data, answers) => {
    expect(send(CARDS[state](), apdu(header, bytes(data))).sw).toBe(answers[state]);
  });

  it.each(TABLE)(
    "%s of another class is 6D00, of an unknown one 6E00, before everything else",
    (_, header) => {
      const cla = header.slice(0, 2);
      const wrong = `${header.slice(2, 4)}ffff`;
      for (const other of ["00", "80", "84"])
        if (other !== cla) expect(send(CARDS[state](), bytes(other + wrong)).sw).toBe("6d00");
      for (const other of ["01", "03", "04", "0c", "10", "40", "81", "90", "a0", "ff"])
        expect(send(CARDS[state](), bytes(other + wrong)).sw).toBe("6e00");
    },
  );
});

describe("after the lifecycle", () => {
  const OWN_PARAMETERS = ["80ca", "8050", "8482", "8446", "84e2", "84e4"];

  it.each(TABLE)("%s: lifecycle, then P1 P2, then length", (_, header, data, answers) => {
    if (OWN_PARAMETERS.includes(header.slice(0, 4))) return;
    const wrongParameters = `${header.slice(0, 4)}ffff`;
    const tooLong = bytes(`${data}00`);
    for (const state of Object.keys(CARDS) as State[]) {
      const allowed = answers[state] === "9000";
      expect(send(CARDS[state](), apdu(wrongParameters, tooLong)).sw).toBe(allowed ? "6a86" : answers[state]);
      expect(send(CARDS[state](), apdu(header, tooLong)).sw).toBe(allowed ? "6700" : answers[state]);
    }
  });

  it.each([0, 1, 7, 39, 41, 255])("AUTHORIZE with %d bytes of data is 6700", (length) => {
    expect(send(tappedCard(), apdu("80300000", new Uint8Array(length))).sw).toBe("6700");
  });

  it.each([31, 33])("IDENTIFY with %d bytes of data is 6700", (length) => {
    expect(send(tappedCard(), apdu("80320000", new Uint8Array(length))).sw).toBe("6700");
  });

  it.each([148, 150])("UPDATE with %d bytes of data is 6700", (length) => {
    expect(send(tappedCard(), apdu("80340000", new Uint8Array(length))).sw).toBe("6700");
  });

  it.each([1, 7, 9, 16])("VERIFY with %d bytes of data is 6700", (length) => {
    expect(send(tappedCard(), apdu("00200080", new Uint8Array(length))).sw).toBe("6700");
  });

  it.each([8, 15, 17])("CHANGE REFERENCE DATA with %d bytes of data is 6700", (length) => {
    expect(send(tappedCard(), apdu("00240080", new Uint8Array(length))).sw).toBe("6700");
  });

  it.each([
    ["00200080", "6700"],
    ["80300000", "6700"],
    ["80ca00c1", "6700"],
    ["80ff0000", "6d00"],
    ["a0000000", "6e00"],
  ])("%s with 255 bytes of data is %s, with Le as without", (head, sw) => {
    const longest = apdu(head, new Uint8Array(255));
    expect(send(tappedCard(), longest).sw).toBe(sw);
    expect(send(tappedCard(), Uint8Array.of(...longest, 0)).sw).toBe(sw);
  });

  it("a malformed APDU is 6700 before the class", () => {
    expect(send(tappedCard(), bytes("ff3000000501")).sw).toBe("6700");
  });
});
