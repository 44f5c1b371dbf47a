import { describe, expect, it } from "vitest";
import { ISSUER_SECURITY_DOMAIN_AID } from "../../apdu/index.js";
import { checkPutKeyResponse, encodePutKey, SecureChannelError } from "../../apdu/secure-channel/index.js";
import { aesCmac, sessionKeys } from "../../apdu/secure-channel/primitives.js";
import { blankCard, connectCard, makeCard, TornError } from "../../simulator/index.js";
import { MAX_FAILURES } from "../../simulator/security-domain/key-store.js";
import { h, hex, keysOf, newCard, open, SERIAL, VERSION } from "./fixture.js";

const domain = { aid: ISSUER_SECURITY_DOMAIN_AID };
const NEW = 0x31;
const DIVERSIFICATION = h("53430b0c010203044351");

describe("issuer security domain", () => {
  it("is selected by default, by its AID, by a prefix and by an empty SELECT", async () => {
    const wire = connectCard(newCard());
    expect(hex(await wire.transmit(h("80ca9f7f00"))).slice(0, 6)).toBe("9f7f2a");
    for (const aid of ["a000000151000000", "a000000151", ""]) {
      const select = h(`00a40400${(aid.length / 2).toString(16).padStart(2, "0")}${aid}`);
      const bytes = aid ? select : h("00a4040000");
      expect(hex(await wire.transmit(bytes))).toBe("6f108408a000000151000000a5049f6501ff9000");
    }
  });

  it("tells who the chip is, what it speaks and which keys it has, to anyone", async () => {
    const wire = connectCard(newCard());
    expect(hex(await wire.transmit(h("80ca9f7f00")))).toBe(
      `9f7f2a43515343${"00".repeat(8)}010203040b0c${"00".repeat(24)}9000`,
    );
    expect(hex(await wire.transmit(h("00ca006600")))).toBe(
      "6630732e06072a864886fc6b01600b06092a864886fc6b020203630906072a864886fc6b03640b06092a864886fc6b0403709000",
    );
    expect(hex(await wire.transmit(h("80ca00e000")))).toBe("e012c00401308810c00402308810c004033088109000");
    for (const [command, sw] of [
      ["80ca004200", "6a88"],
      ["80f28002024f0000", "6982"],
      [hex(putKeyCommand()), "6982"],
      ["84f2800200", "6982"],
      ["80e40000", "6d00"],
      ["90ca006600", "6e00"],
      ["8050300107aaaaaaaaaaaaaa00", "6a86"],
      ["8050300007aaaaaaaaaaaaaa00", "6700"],
      ["8050310008aaaaaaaaaaaaaaaa00", "6a88"],
      ["8482030010aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "6985"],
    ] as const)
      expect([command, hex(await wire.transmit(h(command)))]).toEqual([command, sw]);
  });

  it("has no keys unless it was given some", async () => {
    const wire = connectCard(blankCard({ serial: SERIAL }));
    expect(hex(await wire.transmit(h("80ca00e000")))).toBe("e0009000");
    for (const version of ["00", "01", "ff", "30"])
      expect(hex(await wire.transmit(h(`8050${version}0008aaaaaaaaaaaaaaaa00`)))).toBe("6a88");
  });

  it("lists itself, the application and the package to who authenticated", async () => {
    const { channel } = await open(newCard(), { ...domain, level: 0x33 });
    const ask = async (subset: string) => hex(await channel.transmit(h(`80f2${subset}02024f0000`)));
    expect(await ask("80")).toBe("e3134f08a0000001510000009f70010fc5039e00009000");
    expect(await ask("40")).toBe("e3134f08f0434845515545019f700107c5030000009000");
    expect(await ask("20")).toBe("e3124f07f04348455155459f700101c5030000009000");
    expect(await ask("01")).toBe("6a86");
    expect(channel.isOpen).toBe(true);
  });

  it("ends an open channel at the first command without a MAC", async () => {
    const { channel, wire } = await open(newCard(), domain);
    expect(hex(await wire.transmit(h("80ca00e000")))).toBe("6982");
    expect(hex(await channel.transmit(h("80ca00e000")))).toBe("6982");
    expect(channel.isOpen).toBe(false);
  });
});

function putKeyCommand(replace = VERSION, version = NEW): Uint8Array {
  const apdu = encodePutKey(
    replace,
    version,
    keysOf(version, DIVERSIFICATION),
    keysOf(VERSION, DIVERSIFICATION).dek,
  );
  return Uint8Array.of(apdu.cla, apdu.ins, apdu.p1, apdu.p2, apdu.data.length, ...apdu.data, 0);
}

describe("PUT KEY", () => {
  const versions = async (card: Parameters<typeof connectCard>[0]): Promise<string> =>
    hex((await connectCard(card).transmit(h("80ca00e000"))).slice(2, 8));

  it("replaces the keys; the old ones open nothing any more", async () => {
    const card = newCard();
    const { channel } = await open(card, domain);
    expect(channel.card.diversification).toEqual(DIVERSIFICATION);
    const answer = await channel.transmit(putKeyCommand());
    checkPutKeyResponse(answer.subarray(0, -2), NEW, keysOf(NEW, DIVERSIFICATION));
    expect(() =>
      checkPutKeyResponse(answer.subarray(0, -2), NEW, keysOf(VERSION, new Uint8Array(10))),
    ).toThrow();
    await expect(open(card, domain)).rejects.toMatchObject({ code: "unknown-key-version" });
    const renewed = await open(card, { ...domain, keyVersion: NEW });
    expect(renewed.channel.card.sequence).toEqual(h("000001"));
  });

  it("adds keys beside the old ones while there is room", async () => {
    const card = newCard();
    const { channel } = await open(card, domain);
    expect((await channel.transmit(putKeyCommand(0, 0x31))).length).toBe(12);
    expect((await channel.transmit(putKeyCommand(0, 0x32))).length).toBe(12);
    expect(hex(await channel.transmit(putKeyCommand(0, 0x33)))).toBe("6a84");
    expect(hex(await channel.transmit(putKeyCommand(0, 0x31)))).toBe("6a84");
    expect(hex(await channel.transmit(putKeyCommand(0x32, 0x31)))).toBe("6a80");
    expect(hex(await channel.transmit(putKeyCommand(0x44, 0x45)))).toBe("6a88");
    for (const keyVersion of [VERSION, 0x31, 0x32])
      expect((await open(card, { ...domain, keyVersion })).channel.isOpen).toBe(true);
  });

  it("takes nothing when anything in it is wrong", async () => {
    const card = newCard();
    const { channel } = await open(card, domain);
    const whole = putKeyCommand();
    const before = await versions(card);
    expect(before).toBe("c00401308810");
    const reopened = await open(card, domain);
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = whole.slice();
      bytes[at] = value;
      return bytes;
    };
    for (const [command, sw] of [
      [changed(3, 0x01), "6a86"],
      [changed(5, 0x00), "6a80"],
      [changed(5, 0x80), "6a80"],
      [changed(6, 0x80), "6a80"],
      [changed(7, 0x10), "6a80"],
      [changed(8, 0x20), "6a80"],
      [changed(20, 0xaa), "6a80"],
      [changed(25, 0x04), "6a80"],
      [changed(73, (whole[73] ?? 0) ^ 1), "6a80"],
      [Uint8Array.of(...whole.subarray(0, 4), 69, ...whole.subarray(5, 74), 0), "6700"],
    ] as const)
      expect(hex(await reopened.channel.transmit(command))).toBe(sw);
    expect(channel.isOpen).toBe(true);
    expect(await versions(card)).toBe(before);
  });

  it("torn at every write, the card has the old keys or the new ones", async () => {
    const outcomes: string[] = [];
    for (let write = 1; ; write++) {
      const card = newCard();
      const { channel } = await open(card, domain);
      card.tearAt({ write });
      const torn = await channel.transmit(putKeyCommand()).then(
        () => false,
        (error: unknown) => error instanceof TornError,
      );
      const version = (await versions(card)) === "c00401308810" ? VERSION : NEW;
      expect((await open(card, { ...domain, keyVersion: version })).channel.isOpen).toBe(true);
      outcomes.push(`${torn} ${version}`);
      if (!torn) break;
    }
    expect(outcomes).toEqual([`true ${VERSION}`, `false ${NEW}`]);
  });
});

describe("failed authentications", () => {
  async function fail(card: Parameters<typeof connectCard>[0]): Promise<string> {
    const wire = connectCard(card);
    const first = hex(await wire.transmit(h("8050300008aaaaaaaaaaaaaaaa00")));
    if (first.length === 4) return first;
    return hex(await wire.transmit(h("84820300101111111111111111222222222222222200")));
  }

  it("are counted in persistent memory and lock every channel in the end", async () => {
    const card = newCard();
    for (let attempt = 0; attempt < MAX_FAILURES; attempt++) expect(await fail(card)).toBe("6982");
    expect(await fail(card)).toBe("6983");
    await expect(open(card)).rejects.toMatchObject({ code: "locked" });
    const copy = makeCard({ image: card.image() });
    await expect(open(copy)).rejects.toThrow(SecureChannelError);
  });

  it("are forgotten by a right one", async () => {
    const card = newCard();
    for (let round = 0; round < 3; round++) {
      for (let attempt = 0; attempt < MAX_FAILURES - 1; attempt++) expect(await fail(card)).toBe("6982");
      expect((await open(card)).channel.isOpen).toBe(true);
    }
  });

  it("count also when power is cut before the answer", async () => {
    const card = newCard();
    for (let attempt = 0; attempt < MAX_FAILURES; attempt++) {
      const wire = connectCard(card);
      await wire.transmit(h("8050300008aaaaaaaaaaaaaaaa00"));
      card.tearAt("after-command");
      await expect(wire.transmit(h("84820300101111111111111111222222222222222200"))).rejects.toThrow(
        TornError,
      );
    }
    expect(await fail(card)).toBe("6983");
  });

  it("tells a wrong cryptogram under a right MAC from a wrong MAC", async () => {
    const card = newCard();
    const wire = connectCard(card);
    const host = h("aaaaaaaaaaaaaaaa");
    const answer = await wire.transmit(h("8050300008aaaaaaaaaaaaaaaa00"));
    const session = sessionKeys(
      keysOf(VERSION, DIVERSIFICATION),
      Uint8Array.of(...host, ...answer.slice(13, 21)),
    );
    const head = h("84820300101122334455667788");
    const mac = aesCmac(session.mac, new Uint8Array(16), head).subarray(0, 8);
    expect(hex(await wire.transmit(Uint8Array.of(...head, ...mac)))).toBe("6300");
    expect(hex(await wire.transmit(Uint8Array.of(...head, ...mac)))).toBe("6985");
  });
});
