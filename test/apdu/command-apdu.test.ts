import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CommandApdu,
  command,
  decodeCommandApdu,
  decodeResponseApdu,
  encodeCommandApdu,
  encodeResponseApdu,
  splitChain,
  type Transport,
  transmitChain,
  withResponseChaining,
} from "../../apdu/index.js";
import { bytesToHex, concatBytes, hexToBytes, ParseError, ValueError } from "../../common/index.js";
import { codecTable } from "../codec-table.js";

codecTable<CommandApdu>("command APDU", {
  encode: encodeCommandApdu,
  decode: decodeCommandApdu,
  good: [
    [command(0x00, 0x20, { p2: 0x80 }), "00200080"],
    [command(0x80, 0xca, { p2: 0xc1, le: 256 }), "80ca00c100"],
    [command(0x80, 0xca, { p2: 0xc1, le: 32 }), "80ca00c120"],
    [command(0x80, 0x34, { data: Uint8Array.of(1, 2) }), "80340000020102"],
    [command(0x80, 0x34, { data: Uint8Array.of(1), le: 256 }), "80340000010100"],
    [command(0x80, 0x34, { data: new Uint8Array(255), le: 255 }), `80340000ff${"00".repeat(255)}ff`],
  ],
  badValues: [
    [command(256, 0), "command/cla"],
    [command(0, -1), "command/ins"],
    [command(0, 0, { p1: 1.5 }), "command/p1"],
    [command(0, 0, { data: new Uint8Array(256) }), "command/data"],
    [command(0, 0, { le: 0 }), "command/le"],
    [command(0, 0, { le: 257 }), "command/le"],
  ],
  badBytes: [
    ["", "at least 4 bytes"],
    ["0020", "at least 4 bytes"],
    ["002000800000", "command/lc"],
    ["00200080000000", "command/lc"],
    ["002000800201", "command/data"],
    ["0020008001020304", "bytes too many"],
  ],
});

describe("response APDU", () => {
  it("splits data and status word", () => {
    expect(decodeResponseApdu(hexToBytes("01029000"))).toEqual({ data: Uint8Array.of(1, 2), sw: 0x9000 });
    expect(bytesToHex(encodeResponseApdu({ data: Uint8Array.of(7), sw: 0x6a80 }))).toBe("076a80");
    for (const torn of ["", "90"]) expect(() => decodeResponseApdu(hexToBytes(torn))).toThrow(ParseError);
    expect(() => encodeResponseApdu({ data: new Uint8Array(257), sw: 0x9000 })).toThrow(ValueError);
  });
});

/** Answers from a list and remembers what was sent. */
function scripted(...answers: string[]): Transport & { sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    async transmit(bytes) {
      sent.push(bytesToHex(bytes));
      return hexToBytes(answers.shift() ?? "6f00");
    },
  };
}

describe("response chaining", () => {
  it("fetches the rest with GET RESPONSE", async () => {
    const card = scripted("01026103", "0304056100", `${"06".repeat(256)}9000`);
    const answer = await withResponseChaining(card).transmit(hexToBytes("80ca00c100"));
    expect(bytesToHex(answer)).toBe(`0102030405${"06".repeat(256)}9000`);
    expect(card.sent).toEqual(["80ca00c100", "00c0000003", "00c0000000"]);
  });

  it("repeats with the length that the card asks for", async () => {
    const card = scripted("6c20", `${"aa".repeat(32)}9000`);
    expect(await withResponseChaining(card).transmit(hexToBytes("80ca00c100"))).toHaveLength(34);
    expect(card.sent).toEqual(["80ca00c100", "80ca00c120"]);
  });

  it("leaves every other answer alone", async () => {
    const card = scripted("6a80");
    expect(bytesToHex(await withResponseChaining(card).transmit(hexToBytes("80300000")))).toBe("6a80");
    expect(card.sent).toHaveLength(1);
  });

  it("gives up on an answer that never ends", async () => {
    const endless = scripted(...Array.from({ length: 40 }, () => `${"00".repeat(200)}61c8`));
    await expect(withResponseChaining(endless).transmit(hexToBytes("80ca00c100"))).rejects.toThrow(
      "never ends",
    );
    const empty = scripted(...Array.from({ length: 40 }, () => "6101"));
    await expect(withResponseChaining(empty).transmit(hexToBytes("80ca00c100"))).rejects.toThrow(
      "never ends",
    );
    expect(empty.sent.length).toBeLessThan(4);
  });

  it("refuses an answer of less than a status word", async () => {
    await expect(withResponseChaining(scripted("90")).transmit(hexToBytes("80ca00c100"))).rejects.toThrow(
      ParseError,
    );
  });
});

describe("command chaining", () => {
  it("splits data, marks all but the last, and keeps Le for the last", () => {
    const parts = splitChain(command(0x80, 0x40, { data: new Uint8Array(600).fill(9), le: 256 }));
    expect(parts.map(({ cla, data, le }) => [cla, data.length, le])).toEqual([
      [0x90, 255, undefined],
      [0x90, 255, undefined],
      [0x80, 90, 256],
    ]);
    expect(splitChain(command(0x80, 0x40, { le: 256 }))).toEqual([command(0x80, 0x40, { le: 256 })]);
    expect(() => splitChain(command(0, 0), 0)).toThrow(ValueError);
  });

  it("loses and adds nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), fc.integer({ min: 1, max: 255 }), (data, chunk) => {
        const parts = splitChain(command(0x80, 0x40, { data }), chunk);
        expect(concatBytes(...parts.map((part) => part.data))).toEqual(data);
        expect(parts.filter((part) => (part.cla & 0x10) === 0)).toHaveLength(1);
      }),
      { seed: 1 },
    );
  });

  it("stops at the link that the card refuses", async () => {
    const card = scripted("9000", "6a80", "9000");
    const answer = await transmitChain(card, command(0x80, 0x40, { data: new Uint8Array(700) }));
    expect(bytesToHex(answer)).toBe("6a80");
    expect(card.sent).toHaveLength(2);
  });
});
