import { describe, expect, it } from "vitest";
import { decryptPicc, encryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex, hexToBytes as h, utf8 } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";

const ZERO = new Uint8Array(16);

describe("SUN as its manufacturer publishes it (NXP AN12196)", () => {
  it("UID and counter of the example with keys of zeros", () => {
    const found = decryptPicc(ZERO, h("EF963FF7828658A599F3041510671E88"));
    expect(found).toEqual({ uid: h("04DE5F1EACC040"), counter: 61 });
  });

  it("the same bytes are made again with the example's padding", () => {
    const data = { uid: h("04DE5F1EACC040"), counter: 61 };
    expect(bytesToHex(encryptPicc(ZERO, data, h("da5cf60941")))).toBe("ef963ff7828658a599f3041510671e88");
  });

  it("CMAC over nothing", () =>
    expect(bytesToHex(sunMac(ZERO, h("04DE5F1EACC040"), 61))).toBe("94eed9ee65337086"));

  it("CMAC over a part of the file", () => {
    const found = decryptPicc(ZERO, h("FD91EC264309878BE6345CBE53BADF40"));
    expect(found).toEqual({ uid: h("04958CAA5C5E80"), counter: 8 });
    const input = utf8("CEE9A53E3E463EF1F459635736738962&cmac=");
    expect(bytesToHex(sunMac(ZERO, h("04958CAA5C5E80"), 8, input))).toBe("ecc1e7f6c6c73bf6");
  });
});

describe("SUN of a card that Bolt Card's own tool read (boltcard, TEST_VECTORS)", () => {
  const k1 = h("0c3b25d92b38ae443229dd59ad34b85d");
  const k2 = h("b45775776cb224c75bcde7ca3704e933");
  const uid = h("04996c6a926980");
  it.each([
    [3, "4E2E289D945A66BB13377A728884E867", "E19CCB1FED8892CE"],
    [5, "00F48C4F8E386DED06BCDC78FA92E2FE", "66B4826EA4C155B4"],
    [7, "0DBF3C59B59B0638D60B5842A997D4D1", "CC61660C020B4D96"],
  ])("counter %i", (counter, p, c) => {
    expect(decryptPicc(k1, h(p))).toEqual({ uid, counter });
    expect(sunMac(k2, uid, counter)).toEqual(h(c));
  });
});

describe("SUN of anything else", () => {
  const uid = h("04a39493cc8680");

  it.each([0, 1, 255, 256, 65_536, 2 ** 24 - 1])("counter %i comes back", (counter) => {
    const p = encryptPicc(k(1), { uid, counter });
    expect(decryptPicc(k(1), p)).toEqual({ uid, counter });
  });

  it("another key, other forms of what is encrypted and other lengths are nothing", () => {
    const p = encryptPicc(k(1), { uid, counter: 9 }, new Uint8Array(5));
    expect(decryptPicc(k(2), p)).toBeUndefined();
    for (const length of [0, 15, 17, 32]) expect(decryptPicc(k(1), new Uint8Array(length))).toBeUndefined();
  });

  it("each read looks different, also for the same counter", () => {
    const data = { uid, counter: 9 };
    expect(encryptPicc(k(1), data)).not.toEqual(encryptPicc(k(1), data));
  });

  it.each([-1, 0.5, 2 ** 24, Number.NaN])("a counter of %f cannot be written", (counter) => {
    expect(() => encryptPicc(k(1), { uid, counter })).toThrow(ValueError);
    expect(() => sunMac(k(1), uid, counter)).toThrow(ValueError);
  });

  it("a UID of another length cannot be written", () => {
    for (const wrong of [new Uint8Array(4), new Uint8Array(10)]) {
      expect(() => encryptPicc(k(1), { uid: wrong, counter: 1 })).toThrow("uid");
      expect(() => sunMac(k(1), wrong, 1)).toThrow("uid");
    }
  });
});

function k(last: number): Uint8Array {
  const key = new Uint8Array(16);
  key[15] = last;
  return key;
}
