import { describe, expect, it } from "vitest";
import {
  CAPABILITY,
  decodeResponseApdu,
  encodeCommandApdu,
  getNodeUri,
  getProfile,
  select as selectCodec,
} from "../../apdu/index.js";
import { makeCard } from "../../simulator/index.js";
import {
  apdu,
  authorize,
  bytes,
  hex,
  NO_LIMIT,
  NODE_URI,
  SELECT,
  select,
  send,
  tappedCard,
} from "./fixture.js";
import { update } from "./issuer.js";

const responseOf = (sw: string, data: Uint8Array) => decodeResponseApdu(bytes(hex(data) + sw)).data;

describe("SELECT", () => {
  it("answers the FCI with the profile and the node URI", () => {
    const { sw, data } = select(tappedCard());
    expect(sw).toBe("9000");
    expect(selectCodec.decodeResponse(responseOf(sw, data))).toEqual({
      aid: bytes("f043484551554501"),
      profile: {
        major: 1,
        minor: 0,
        lifecycle: 0x0f,
        pinSet: true,
        available: undefined,
        maxPerTransaction: 50_000n,
        pinThreshold: 10_000n,
      },
      nodeUri: NODE_URI,
    });
  });

  it("answers exactly the bytes of the specification on a blank card", () => {
    const card = makeCard();
    card.powerOn();
    expect(hex(select(card).data)).toBe(`6f2e8408f043484551554501a522c12001000100${"00".repeat(28)}`);
  });

  it("has 254 bytes with the longest node URI, and short lengths with a short one", () => {
    const longest = select(tappedCard({ nodeUri: "x".repeat(200) })).data;
    expect(longest.length).toBe(254);
    expect(selectCodec.decodeResponse(longest).nodeUri).toBe("x".repeat(200));
    for (const length of [1, 73, 74, 83, 84, 85, 127, 128]) {
      const uri = "y".repeat(length);
      expect(selectCodec.decodeResponse(select(tappedCard({ nodeUri: uri })).data).nodeUri).toBe(uri);
    }
  });

  it.each(["f0434845515545", "f043484551"])("selects by the prefix %s and names the whole AID", (prefix) => {
    const { sw, data } = send(tappedCard(), apdu("00a40400", bytes(prefix)));
    expect(sw).toBe("9000");
    expect(hex(selectCodec.decodeResponse(data).aid)).toBe("f043484551554501");
  });

  it("answers 9000 without data to P2 0C, and 6A86 to other forms", () => {
    const card = tappedCard();
    expect(send(card, apdu("00a4040c", bytes("f043484551554501")))).toEqual({
      sw: "9000",
      data: new Uint8Array(0),
    });
    expect(send(card, apdu("00a40000", bytes("3f00"))).sw).toBe("6a86");
    expect(send(card, apdu("00a4000c")).sw).toBe("6a86");
  });

  it("publishes what its profile says, and the available amount as it is now", () => {
    const card = tappedCard({ publish: CAPABILITY.AVAILABLE_PUBLISHED });
    expect(selectCodec.decodeResponse(select(card).data).profile).toMatchObject({
      available: 100_000n,
      maxPerTransaction: undefined,
      pinThreshold: undefined,
    });
    authorize(card, 777n);
    expect(selectCodec.decodeResponse(select(card).data).profile.available).toBe(99_223n);
    expect(hex(select(tappedCard({ publish: 0 })).data)).toContain(`c12001000f01${"00".repeat(28)}`);
  });

  it("shows no limit as it is stored, no PIN as none, and the same objects when blocked", () => {
    const free = { maxPerTransaction: NO_LIMIT, pinThreshold: NO_LIMIT };
    const card = tappedCard({ withoutPin: true, limits: free });
    expect(selectCodec.decodeResponse(select(card).data).profile).toMatchObject({ ...free, pinSet: false });
    const published = tappedCard({ publish: CAPABILITY.AVAILABLE_PUBLISHED });
    update(published, { flags: 1 });
    expect(selectCodec.decodeResponse(select(published).data).profile).toMatchObject({
      lifecycle: 0x8f,
      available: 200_000n,
    });
  });

  it("is the command that the host writes", () => {
    expect(hex(encodeCommandApdu(selectCodec.encodeRequest({})))).toBe(`${hex(SELECT)}00`);
  });
});

describe("GET DATA", () => {
  it("answers the objects as they stand in the FCI", () => {
    const card = tappedCard();
    const profile = send(card, bytes("80ca00c100"));
    const uri = send(card, bytes("80ca5f5000"));
    expect([profile.sw, uri.sw]).toEqual(["9000", "9000"]);
    expect(getProfile.decodeResponse(profile.data).maxPerTransaction).toBe(50_000n);
    expect(getNodeUri.decodeResponse(uri.data)).toBe(NODE_URI);
    const fci = hex(select(card).data);
    expect(fci).toContain(hex(profile.data) + hex(uri.data));
  });

  it("answers 6A88 to other tags and to the node URI of a blank card", () => {
    expect(send(tappedCard(), bytes("80ca00c200")).sw).toBe("6a88");
    expect(send(tappedCard(), bytes("80ca9f7f00")).sw).toBe("6a88");
    const blank = makeCard();
    blank.powerOn();
    select(blank);
    expect(send(blank, bytes("80ca5f5000")).sw).toBe("6a88");
    expect(send(blank, bytes("80ca00c100")).data.length).toBe(34);
  });

  it("answers 6700 to data", () => {
    expect(send(tappedCard(), bytes("80ca00c10101")).sw).toBe("6700");
  });
});
