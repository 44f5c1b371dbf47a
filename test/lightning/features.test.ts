import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, ValueError } from "../../common/index.js";
import {
  FEATURE,
  featureBits,
  featuresFromBytes,
  featuresFromWords,
  featuresToBytes,
  featuresToWords,
  hasFeature,
  listFeatures,
  missingDependency,
  unknownRequired,
} from "../../lightning/features.js";

describe("feature bits", () => {
  it.each([
    ["", []],
    ["01", [0]],
    ["80", [7]],
    ["0100", [8]],
    ["024100", [8, 14, 17]],
    [`08${"00".repeat(33)}`, [267]],
  ])("bytes %s are bits %j", (hex, bits) => {
    expect(bytesToHex(featuresToBytes(featureBits(...bits)))).toBe(hex);
    expect(listFeatures(featuresFromBytes(hexToBytes(hex)))).toEqual(bits);
  });

  it("come back from bytes and from words, which are as short as can be", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 5114 }), { maxLength: 12 }), (list) => {
        const bits = featureBits(...list);
        expect(featuresFromBytes(featuresToBytes(bits))).toEqual(bits);
        expect(featuresFromWords(featuresToWords(bits))).toEqual(bits);
        expect(featuresToBytes(bits)[0]).not.toBe(0);
        expect(featuresToWords(bits)[0]).not.toBe(0);
        expect(featuresToWords(bits).every((word) => word < 32)).toBe(true);
      }),
      { seed: 31 },
    );
  });

  it("leading zero bytes say nothing", () => {
    expect(listFeatures(featuresFromBytes(hexToBytes("00000100")))).toEqual([8]);
  });

  it.each([-1, 1.5, 5115])("%d is no feature bit", (bit) => {
    expect(() => featureBits(bit)).toThrow(ValueError);
  });

  it("a feature is there as required or as optional", () => {
    expect(hasFeature(featureBits(266), FEATURE.initiatePayment)).toBe(true);
    expect(hasFeature(featureBits(267), FEATURE.initiatePayment)).toBe(true);
    expect(hasFeature(featureBits(265, 268), FEATURE.initiatePayment)).toBe(false);
  });

  it("only even bits that are not understood are named, in order", () => {
    expect(unknownRequired(featureBits(100, 8, 14, 99, 40), new Set([8, 14]))).toEqual([40, 100]);
  });

  it("dependencies count in either form", () => {
    expect(missingDependency(featureBits(9, 15, 17, 13, 23))).toBeUndefined();
    expect(missingDependency(featureBits(8, 17))).toEqual({ feature: 16, needs: 14 });
    expect(missingDependency(featureBits(8, 16))).toEqual({ feature: 16, needs: 14 });
  });

  it.each([[14], [15], [14, 17], [8, 14, 22], [8, 14, 23]])(
    "features that BOLT 9 assumes need not be set: %s",
    (...bits) => {
      expect(missingDependency(featureBits(...bits))).toBeUndefined();
    },
  );
});
