import { describe, expect, it } from "vitest";
import {
  CARD_AID,
  generateKeyPair,
  ISSUER_SECURITY_DOMAIN_AID,
  send,
  type Transport,
} from "../../apdu/index.js";
import { keyProofDigest } from "../../apdu/sealed/crypto.js";
import { openSecureChannel, SecureChannelError } from "../../apdu/secure-channel/index.js";
import { secp256k1 } from "../../common/index.js";
import { connectCard } from "../../simulator/index.js";
import { ALL_LEVELS, h, hex, keysOf, MASTER, newCard, open, recording, VERSION } from "./fixture.js";

const challenge = h("101112131415161718191a1b1c1d1e1f");
const SELECT = Uint8Array.of(0, 0xa4, 4, 0, CARD_AID.length, ...CARD_AID);

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: unknown) => {
      if (error instanceof SecureChannelError) return error.code;
      throw error;
    },
  );

/** Changes what passes: commands on their way to the card, responses on their way back. */
function tampering(
  inner: Transport,
  change: { command?: (bytes: Uint8Array) => Uint8Array; response?: (bytes: Uint8Array) => Uint8Array },
): Transport {
  return {
    async transmit(bytes) {
      const response = await inner.transmit(change.command?.(bytes) ?? bytes);
      return change.response?.(response) ?? response;
    },
  };
}

const flip = (bytes: Uint8Array, at: number): Uint8Array => {
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 0x01;
  return out;
};

describe("host and card", () => {
  const variants = [false, true].flatMap((s16) =>
    [false, true].map((randomChallenge) => ({
      s16,
      randomChallenge,
      i: 0x60 + (s16 ? 1 : 0) + (randomChallenge ? 0 : 0x10),
    })),
  );
  it.each(variants)("s16 $s16, random challenge $randomChallenge: every level", async ({ i, ...options }) => {
    for (const level of ALL_LEVELS) {
      const { channel, wire } = await open(newCard(options), { aid: ISSUER_SECURITY_DOMAIN_AID, level });
      expect(channel.card).toMatchObject({ i, keyVersion: VERSION, mode: options.s16 ? "S16" : "S8" });
      expect(channel.card.sequence === undefined).toBe(options.randomChallenge);
      for (let round = 0; round < 3; round++) {
        const information = await channel.transmit(h("80ca00e000"));
        expect(hex(information)).toBe("e012c00401308810c00402308810c004033088109000");
        expect(hex(await channel.transmit(h("80f24002024f0000")))).toBe(
          `e3134f08${hex(CARD_AID)}9f700107c5030000009000`,
        );
      }
      const clear = wire.received.slice(3).some((response) => response.includes("e012c004"));
      expect(clear).toBe((level & 0x20) === 0);
    }
  });

  it("makes a key on the card through the application's own channel, at both levels that are enough", async () => {
    for (const level of ALL_LEVELS.filter((candidate) => (candidate & 3) === 3)) {
      const { channel } = await open(newCard(), { level });
      const { point, signature } = await send(channel, generateKeyPair, { challenge });
      expect(secp256k1.verify(signature, keyProofDigest(challenge, point), point)).toBe(true);
      const again = await send(channel, generateKeyPair, { challenge });
      expect(again.point).not.toEqual(point);
    }
    for (const level of [0x01, 0x11]) {
      const { channel } = await open(newCard(), { level });
      await expect(send(channel, generateKeyPair, { challenge })).rejects.toMatchObject({ sw: 0x6982 });
    }
  });

  it("counts sessions in the pseudo-random challenge, and starts again with new keys", async () => {
    const card = newCard();
    const sequences: string[] = [];
    for (let round = 0; round < 3; round++)
      sequences.push(hex((await open(card)).channel.card.sequence ?? new Uint8Array()));
    expect(sequences).toEqual(["000001", "000002", "000003"]);
  });

  it("ends when the application is selected again", async () => {
    const { channel, wire } = await open(newCard());
    await wire.transmit(SELECT);
    await expect(send(channel, generateKeyPair, { challenge })).rejects.toMatchObject({ sw: 0x6982 });
    expect(channel.isOpen).toBe(false);
    expect(await codeOf(channel.transmit(h("80ca00e000")))).toBe("closed");
  });

  it("refuses what does not fit into a protected command before anything is sent", async () => {
    const { channel, wire } = await open(newCard());
    const before = wire.sent.length;
    const apdu = Uint8Array.of(0x84, 0xe2, 0x08, 0, 240, ...new Uint8Array(240));
    expect(await codeOf(channel.transmit(apdu))).toBe("too-long");
    expect(wire.sent).toHaveLength(before);
    expect(
      (await channel.transmit(Uint8Array.of(0x84, 0xe2, 0x08, 0, 239, ...new Uint8Array(239)))).length,
    ).toBe(2);
  });
});

describe("a disturbed channel", () => {
  it("never reaches EXTERNAL AUTHENTICATE with wrong keys, and costs the card nothing", async () => {
    const card = newCard();
    for (let attempt = 0; attempt < 20; attempt++) {
      const wire = recording(connectCard(card));
      await wire.transmit(SELECT);
      const keys = () => ({ enc: MASTER, mac: MASTER, dek: MASTER });
      expect(await codeOf(openSecureChannel(wire, { keyVersion: VERSION, staticKeys: keys }))).toBe(
        "wrong-keys",
      );
      expect(wire.sent.map((command) => command.slice(0, 4))).toEqual(["00a4", "8050"]);
    }
    expect((await open(card)).channel.isOpen).toBe(true);
  });

  it("closes for both when any bit of a command changes on the way, and nothing has happened", async () => {
    for (const at of [1, 2, 3, 5, 12, 20, 30, 36, 44]) {
      const card = newCard();
      let disturb = false;
      const connection = connectCard(card);
      const wire = tampering(connection, { command: (bytes) => (disturb ? flip(bytes, at) : bytes) });
      await wire.transmit(SELECT);
      const channel = await openSecureChannel(wire, {
        keyVersion: VERSION,
        staticKeys: ({ keyVersion, diversification }) => keysOf(keyVersion, diversification),
      });
      const before = card.dump();
      disturb = true;
      const command = h("8446800010101112131415161718191a1b1c1d1e1f00");
      // INS becomes one that the application does not have; everything else meets the MAC.
      expect(hex(await channel.transmit(command))).toBe(at === 1 ? "6d00" : "6982");
      disturb = false;
      expect(card.dump()).toEqual(before);
      if (at !== 1) expect(channel.isOpen).toBe(false);
    }
  });

  it("closes at the host when any byte of a protected response changes, is cut, or stands in for another", async () => {
    for (const level of [0x11, 0x13, 0x33]) {
      const { wire: probe, channel: healthy } = await open(newCard(), {
        aid: ISSUER_SECURITY_DOMAIN_AID,
        level,
      });
      const whole = (await healthy.transmit(h("80ca00e000"))).length;
      expect(whole).toBe(22);
      const length = (probe.received.at(-1)?.length ?? 0) / 2;
      const changes: ((bytes: Uint8Array) => Uint8Array)[] = [
        ...Array.from({ length: length - 2 }, (_, at) => (bytes: Uint8Array) => flip(bytes, at)),
        (bytes) => bytes.subarray(bytes.length - 2),
        (bytes) => bytes.subarray(1),
        () => h("9000"),
        () => h("6310"),
        () => h("aabb6a80"),
      ];
      for (const change of changes) {
        const card = newCard();
        const connection = connectCard(card);
        let disturb = false;
        const wire = tampering(connection, { response: (bytes) => (disturb ? change(bytes) : bytes) });
        await wire.transmit(Uint8Array.of(0, 0xa4, 4, 0, 8, ...ISSUER_SECURITY_DOMAIN_AID));
        const channel = await openSecureChannel(wire, {
          keyVersion: VERSION,
          level,
          staticKeys: ({ keyVersion, diversification }) => keysOf(keyVersion, diversification),
        });
        disturb = true;
        expect(await codeOf(channel.transmit(h("80ca00e000")))).toBe("integrity");
        disturb = false;
        expect(channel.isOpen).toBe(false);
        expect(await codeOf(channel.transmit(h("80ca00e000")))).toBe("closed");
      }
    }
  });

  it("does not take a recorded command a second time, nor commands in another order", async () => {
    const { channel, wire, card } = await open(newCard());
    await send(channel, generateKeyPair, { challenge });
    const recorded = h(wire.sent.at(-1) ?? "");
    const before = card.dump();
    expect(hex(await wire.transmit(recorded))).toBe("6982");
    expect(card.dump()).toEqual(before);
    await expect(send(channel, generateKeyPair, { challenge })).rejects.toMatchObject({ sw: 0x6982 });
  });

  it("ends when the card is torn away", async () => {
    const { channel, card } = await open(newCard());
    card.tearAt("after-command");
    await expect(send(channel, generateKeyPair, { challenge })).rejects.toMatchObject({ code: "torn" });
    expect(channel.isOpen).toBe(false);
  });
});

describe("what the host says of a card it cannot open", () => {
  const answering = (...responses: string[]): Transport & { count: number } => ({
    count: 0,
    async transmit() {
      return h(responses[this.count++] ?? "6f00");
    },
  });
  const attempt = (transport: Transport, keyVersion = VERSION, level = 0x03) =>
    openSecureChannel(transport, {
      keyVersion,
      level,
      staticKeys: ({ keyVersion: version, diversification }) => keysOf(version, diversification),
    });
  const header = "00000000000000000000";

  it.each([
    ["unsupported", `${header}ff0200016b4524abee7cf32ea3838bc148f39000`, "SCP02"],
    ["unsupported", `${header}ff0116b4524abee7cf32ea3838bc148f3a1b9000`, "SCP01"],
    ["unknown-key-version", "6a88", "no such keys"],
    ["locked", "6983", "locked"],
    ["locked", "6982", "locked in other words"],
    ["used-up", "6985", "sequence counter used up, which is no failed attempt"],
    ["unknown-key-version", `${header}310370${"00".repeat(16)}0000019000`, "another version than asked for"],
    ["unsupported", `${header}300300${"00".repeat(16)}9000`, "no R-MAC where it is needed"],
    ["unsupported", `${header}300371${"00".repeat(32)}0000019000`, "S16 when S8 was asked for"],
  ])("%s: %s", async (code, response) => {
    const card = answering(response);
    expect(await codeOf(attempt(card, VERSION, 0x33))).toBe(code);
    expect(card.count).toBe(1);
  });

  it("names a response of a wrong length, and any other status word", async () => {
    await expect(attempt(answering("9000"))).rejects.toThrow(
      "INITIALIZE UPDATE response: need at least 28 bytes",
    );
    await expect(attempt(answering(`${header}300370${"00".repeat(16)}9000`))).rejects.toThrow(
      "need 32 bytes",
    );
    await expect(attempt(answering("6f00"))).rejects.toMatchObject({ code: "card-status", sw: 0x6f00 });
  });

  it("finds out by itself that a card wants S16", async () => {
    const { channel, wire } = await open(newCard({ s16: true }));
    expect(channel.card.mode).toBe("S16");
    expect(wire.received[1]).toBe("6700");
  });

  it("refuses a security level that does not exist", async () => {
    const card = answering();
    await expect(attempt(card, VERSION, 0x02)).rejects.toThrow("level");
    expect(card.count).toBe(0);
  });
});
