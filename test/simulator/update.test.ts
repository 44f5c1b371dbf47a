import { describe, expect, it } from "vitest";
import { openBody, sealBody, signedDigest, statusMessage, verifySignature } from "../../apdu/index.js";
import { MAX_MSAT, type Msat, secp256k1 } from "../../common/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import {
  apdu,
  authorize,
  bytes,
  CARD_ID,
  CARD_POINT,
  cardsOwn,
  cell,
  hash,
  hex,
  ISSUER_SECRET,
  identify,
  KEY_SET_ID,
  SEAL_KEY,
  select,
  send,
  tappedCard,
  verify,
  WRONG_PIN_BLOCK,
} from "./fixture.js";
import { NO_LIMIT, sealedUpdate, type UpdateOverrides, update } from "./issuer.js";

const ask = (card: SimulatedCard) => send(card, bytes("00200080")).sw;
const blockPin = (card: SimulatedCard) => [1, 2, 3].map(() => verify(card, WRONG_PIN_BLOCK));

function statusOf(card: SimulatedCard, challenge = hash("challenge")) {
  const { sw, data } = identify(card, challenge);
  expect(sw).toBe("9000");
  const message = statusMessage.open(data, () => SEAL_KEY);
  expect(verifySignature(message, CARD_POINT)).toBe(true);
  return message.fields;
}

/** Sends an update whose sealed body was changed after signing. */
function tampered(card: SimulatedCard, change: (body: Uint8Array) => void) {
  const message = sealedUpdate();
  const iv = message.subarray(5, 21);
  const body = openBody(SEAL_KEY, iv, message.subarray(21));
  change(body);
  message.set(sealBody(SEAL_KEY, iv, body), 21);
  return send(card, apdu("80340000", message)).sw;
}

describe("IDENTIFY", () => {
  it("says how the card stands, bound to the challenge, and changes nothing", () => {
    const card = tappedCard();
    authorize(card, 5_000n);
    verify(card);
    const before = hex(card.dump());
    expect(statusOf(card)).toEqual({
      cardId: CARD_ID,
      counter: 1,
      flags: 0,
      updateSequence: 0,
      credit: 100_000n,
      authorizedTotal: 5_000n,
      challenge: hash("challenge"),
    });
    expect(hex(card.dump())).toBe(before);
    expect(ask(card)).toBe("9000");
  });

  it("shows used up PIN tries and the block", () => {
    const card = tappedCard();
    blockPin(card);
    expect(statusOf(card).flags).toBe(1);
    update(card, { flags: 1 });
    expect(statusOf(card)).toMatchObject({ flags: 3, updateSequence: 1 });
    expect(statusOf(tappedCard({ withoutPin: true })).flags).toBe(0);
  });
});

describe("UPDATE takes effect", () => {
  it("with every value", () => {
    const card = tappedCard();
    expect(
      update(card, {
        sequence: 0x01020304,
        credit: MAX_MSAT,
        maxPerTransaction: 1n,
        pinThreshold: NO_LIMIT,
        noPinBudget: 3n,
        maxTransactions: 4,
      }),
    ).toEqual({
      sw: "9000",
      data: new Uint8Array(0),
    });
    expect(
      [
        "sequence",
        "credit",
        "max-per-transaction",
        "pin-threshold",
        "no-pin-budget",
        "max-transactions",
        "lifecycle",
      ].map((name) => cell(card, name)),
    ).toEqual([
      "01020304",
      "1d24b2dfac520000",
      "0000000000000001",
      "ffffffffffffffff",
      "0000000000000003",
      "00000004",
      "0f",
    ]);
  });

  it("and makes room for an amount that was refused", () => {
    const card = tappedCard({ limits: { credit: 1_000n as Msat } });
    expect(authorize(card, 2_000n).sw).toBe("9c02");
    update(card, { credit: 2_000n as Msat });
    expect(authorize(card, 2_000n).sw).toBe("9000");
  });

  it("blocks and unblocks by the state in flag bit 0", () => {
    const card = tappedCard();
    update(card, { flags: 1 });
    expect(authorize(card, 1n).sw).toBe("9c04");
    update(card, { sequence: 2, flags: 1 });
    expect(authorize(card, 1n).sw).toBe("9c04");
    update(card, { sequence: 3 });
    expect(authorize(card, 1n).sw).toBe("9000");
  });

  it("keeps ring, counter, authorized and no-PIN spent", () => {
    const card = tappedCard();
    authorize(card, 5_000n);
    const kept = ["ring", "counter", "authorized", "no-pin-spent", "pin"].map((name) => cell(card, name));
    update(card);
    expect(["ring", "counter", "authorized", "no-pin-spent", "pin"].map((name) => cell(card, name))).toEqual(
      kept,
    );
  });

  it("empties the no-PIN spent with bit 2", () => {
    const card = tappedCard();
    authorize(card, 5_000n);
    update(card, { flags: 4 });
    expect(cell(card, "no-pin-spent")).toBe("0000000000000000");
  });

  it("gives PIN tries back with bit 1, and clears the flag", () => {
    const card = tappedCard();
    blockPin(card);
    update(card, { flags: 2 });
    expect(ask(card)).toBe("63c3");
    verify(card);
    update(card, { sequence: 2 });
    expect(ask(card)).toBe("9000");
    update(card, { sequence: 3, flags: 2 });
    expect(ask(card)).toBe("63c3");
    const without = tappedCard({ withoutPin: true });
    expect(update(without, { flags: 2 }).sw).toBe("9000");
    expect(ask(without)).toBe("6984");
  });

  it("with a high s", () => {
    const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const card = tappedCard();
    const flip = (body: Uint8Array) => {
      const s = BigInt(`0x${hex(body.subarray(96))}`);
      body.set(bytes((N - s).toString(16).padStart(64, "0")), 96);
    };
    expect(tampered(card, flip)).toBe("9000");
    expect(cell(card, "sequence")).toBe("00000001");
  });
});

/** Sends an update whose 64 fields were changed before the issuer signed them. */
function resigned(card: SimulatedCard, change: (fields: Uint8Array) => void) {
  return tampered(card, (body) => {
    change(body);
    body.set(signUpdate(body.subarray(0, 64)), 64);
  });
}

describe("UPDATE ignores", () => {
  it("its reserved bytes", () => {
    const card = tappedCard();
    expect(resigned(card, (fields) => fields.set([1, 2, 3], 13))).toBe("9000");
    expect(cell(card, "sequence")).toBe("00000001");
  });
});

describe("UPDATE answers 9000 and changes nothing", () => {
  const without: [string, UpdateOverrides][] = [
    ["of another card id", { cardId: bytes("0102030405060709") }],
    ["of another key", { keyCheck: new Uint8Array(12) }],
    ["of the stored sequence", { sequence: 5 }],
    ["of an older sequence", { sequence: 4 }],
    ["with less credit", { sequence: 6, credit: 199_999n as Msat }],
  ];
  it.each(without)("%s", (_, overrides) => {
    const card = tappedCard();
    update(card, { sequence: 5 });
    const before = hex(card.dump());
    expect(update(card, { flags: 7, ...overrides })).toEqual({ sw: "9000", data: new Uint8Array(0) });
    expect(hex(card.dump())).toBe(before);
  });

  it("with more credit than there are bitcoin", () => {
    const card = tappedCard();
    const before = hex(card.dump());
    expect(resigned(card, (fields) => fields.set(bytes("1d24b2dfac520001"), 16))).toBe("9000");
    expect(hex(card.dump())).toBe(before);
  });

  it("at its second coming: tries that were used since stay used", () => {
    const card = tappedCard();
    const message = apdu("80340000", sealedUpdate({ flags: 2 }));
    blockPin(card);
    expect(send(card, message).sw).toBe("9000");
    blockPin(card);
    expect(send(card, message).sw).toBe("9000");
    expect(ask(card)).toBe("6983");
  });
});

describe("UPDATE refuses", () => {
  it("another key set with 6A88, before the type", () => {
    const message = sealedUpdate();
    message[4] = (message[4] ?? 0) ^ 1;
    expect(send(tappedCard(), apdu("80340000", message)).sw).toBe("6a88");
    message[0] = 1;
    expect(send(tappedCard(), apdu("80340000", message)).sw).toBe("6a88");
  });

  it.each([0, 1, 2, 4, 0xff])("type %d with 6A80, before the signature", (type) => {
    const message = sealedUpdate({ signer: hash("stranger") });
    message[0] = type;
    expect(send(tappedCard(), apdu("80340000", message)).sw).toBe("6a80");
  });

  it("a stranger's signature with 9C06, also for another card and an old sequence", () => {
    const card = tappedCard();
    for (const overrides of [{}, { cardId: hash("x").slice(0, 8) }, { sequence: 0 }])
      expect(update(card, { ...overrides, signer: hash("stranger") }).sw).toBe("9c06");
    expect(update(card, { signer: hash("card") }).sw).toBe("9c06");
  });

  it("any changed byte of the body with 9C06, unknown flags too, without a change", () => {
    const card = tappedCard();
    const before = hex(card.dump());
    for (let at = 0; at < 128; at++) {
      const sw = tampered(card, (body) => {
        body[at] = (body[at] ?? 0) ^ 0x80;
      });
      expect([at, sw]).toEqual([at, "9c06"]);
    }
    expect(hex(card.dump())).toBe(before);
  });

  it.each([
    ["r = 0", 64, "00".repeat(32)],
    ["s = 0", 96, "00".repeat(32)],
    ["r = n", 64, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"],
    ["s = n", 96, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"],
    ["s = 2^256-1", 96, "ff".repeat(32)],
  ])("a signature with %s", (_, at, value) => {
    expect(tampered(tappedCard(), (body) => body.set(bytes(value), at))).toBe("9c06");
  });

  it("rightly signed unknown flags with 6A80, without a change", () => {
    const card = tappedCard();
    const before = hex(card.dump());
    for (const flags of [8, 0x80, 0xff]) {
      const sw = resigned(card, (fields) => {
        fields[12] = flags;
      });
      expect(sw).toBe("6a80");
    }
    expect(hex(card.dump())).toBe(before);
  });
});

describe("UPDATE torn", () => {
  it("at every write is done or not done, and gains no guess", () => {
    const command = apdu("80340000", sealedUpdate({ flags: 7 }));
    const prepared = () => {
      const card = tappedCard();
      authorize(card, 5_000n);
      blockPin(card);
      return card;
    };
    const whole = prepared();
    const before = hex(whole.dump());
    send(whole, command);
    const after = hex(whole.dump());
    const steps = whole.writes;
    expect(steps).toBe(cardsOwn(whole, { simulated: 18, applet: 6 }));
    for (let n = 1; n <= steps; n++) {
      const card = prepared();
      card.tearAt({ write: n });
      expect(() => send(card, command)).toThrow("lost power");
      card.powerOn();
      select(card);
      const atReset = n === steps;
      if (!atReset) expect(hex(card.dump())).toBe(before);
      else expect([cell(card, "sequence"), cell(card, "pin").slice(0, 2)]).toEqual(["00000001", "00"]);
      expect(send(card, command).sw).toBe("9000");
      if (!atReset) expect(hex(card.dump())).toBe(after);
      else expect(cell(card, "pin").slice(0, 2)).toBe("00");
    }
  });
});

/** The issuer's signature over 64 bytes that the host's encoder would refuse to make. */
function signUpdate(unsigned: Uint8Array): Uint8Array {
  return secp256k1.sign(signedDigest(3, KEY_SET_ID, unsigned), ISSUER_SECRET);
}
