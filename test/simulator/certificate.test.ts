import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { certificateMessage, readFrame, seal, signMessage, verifyCertificate } from "../../apdu/index.js";
import { msat, secp256k1, ValueError } from "../../common/index.js";
import { openSession } from "../../host/card-session.js";
import {
  connectCard,
  createCardFile,
  openCardFile,
  provisionCard,
  type SimulatedCard,
  summarizeCardFile,
} from "../../simulator/index.js";
import {
  apdu,
  authorize,
  CARD_ID,
  CARD_POINT,
  cell,
  fixedEntropy,
  hash,
  hex,
  ISSUER_SECRET,
  KEY_SET_ID,
  PERSONALIZATION,
  SEAL_KEY,
  select,
  send,
  tappedCard,
} from "./fixture.js";
import { update } from "./issuer.js";

const FIELDS = {
  cardId: CARD_ID,
  cardPoint: secp256k1.convert(CARD_POINT, true),
  flags: 0,
  validUntilSeconds: 1_900_000_000,
  offlineLimit: msat(20_000n),
};
const BODY = signMessage(certificateMessage, FIELDS, KEY_SET_ID, ISSUER_SECRET);
const KEYS = {
  sealKeys: () => SEAL_KEY,
  issuerPoint: () => secp256k1.publicKey(ISSUER_SECRET),
};
const GET = apdu("80ca00c2");
const certified = () => tappedCard({ certificate: BODY });

describe("the certificate of a card", () => {
  it("is what its issuer signed, sealed under another IV at each reading", async () => {
    const session = await openSession(
      connectCard(provisionCard({ ...PERSONALIZATION, certificate: BODY }).card),
    );
    const first = (await session.certificate()) ?? new Uint8Array(0);
    const second = (await session.certificate()) ?? new Uint8Array(0);
    const verified = { ...FIELDS, keySetId: KEY_SET_ID, cardKey: CARD_POINT };
    expect(verifyCertificate(first, KEYS)).toEqual(verified);
    expect(verifyCertificate(second, KEYS)).toEqual(verified);
    expect(hex(readFrame(first).iv)).not.toBe(hex(readFrame(second).iv));
    expect(hex(first.subarray(21))).not.toBe(hex(second.subarray(21)));
  });

  it("is made of the point that the card has", () => {
    let made: Uint8Array | undefined;
    const { card, publicKey } = provisionCard({
      ...PERSONALIZATION,
      certificate(point) {
        made = Uint8Array.from(point);
        return BODY;
      },
    });
    expect(made).toEqual(publicKey);
    expect(cell(card, "certificate")).toBe(`80${hex(BODY)}`);
    const short = { ...PERSONALIZATION, certificate: BODY.subarray(1) };
    expect(() => provisionCard(short)).toThrow(ValueError);
  });

  it("is sealed with the bytes that the random number generator gives, and writes nothing", () => {
    const card = certified();
    const before = card.dump();
    const { sw, data } = send(card, GET);
    expect(sw).toBe("9000");
    expect(hex(data.subarray(0, 3))).toBe("c28195");
    expect(card.dump()).toEqual(before);
    expect(card.writes).toBe(0);
    const { iv } = readFrame(data.subarray(3));
    expect(hex(data.subarray(3))).toBe(hex(seal(4, KEY_SET_ID, SEAL_KEY, iv, BODY)));
    const drawn: number[] = [];
    const counting = tappedCard(
      { certificate: BODY },
      {
        entropy: (length) => {
          drawn.push(length);
          return fixedEntropy()(length);
        },
      },
    );
    drawn.length = 0;
    send(counting, GET);
    // The applet tells that its own generator was used, and not for how much: 0.
    expect(drawn.map((length) => length || 16)).toEqual([16]);
  });

  it("is answered at any time of a tap, torn before and after, with the token the same", async () => {
    const card = certified();
    const token = authorize(card, 5_000n, hash("sale"));
    for (const point of ["before-command", "after-command"] as const) {
      card.tearAt(point);
      expect(() => send(card, GET)).toThrow();
      card.powerOn();
      select(card);
      expect(authorize(card, 5_000n, hash("sale")).data.length).toBe(token.data.length);
      expect(cell(card, "counter")).toBe("00000001");
      expect(verifyCertificate(send(card, GET).data.subarray(3), KEYS).cardId).toEqual(CARD_ID);
    }
  });

  it("is read as absent from a card that has none, and refused by one that is blocked", async () => {
    const read = async (card: SimulatedCard) => (await openSession(connectCard(card))).certificate();
    expect(await read(tappedCard())).toBeUndefined();
    const card = certified();
    update(card, { flags: 1 });
    await expect(read(card)).rejects.toMatchObject({ sw: 0x9c04 });
  });
});

it("a card file keeps the certificate, and says what it allows", () => {
  const path = join(mkdtempSync(join(tmpdir(), "chequecard-certificate-")), "card.json");
  createCardFile(path, provisionCard({ ...PERSONALIZATION, certificate: BODY }).card);
  const { offlineLimit, validUntilSeconds } = FIELDS;
  expect(summarizeCardFile(path).certificate).toEqual({ offlineLimit, validUntilSeconds });
  const file = openCardFile(path);
  file.card.powerOn();
  select(file.card);
  expect(verifyCertificate(send(file.card, GET).data.subarray(3), KEYS)).toMatchObject(FIELDS);
  file.close();
  rmSync(dirname(path), { recursive: true });
});
