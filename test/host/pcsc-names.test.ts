import { describe, expect, it } from "vitest";
import { matchReaders, noSuchReader } from "../../host/pcsc/reader-names.js";

const PRESENT = ["ACS ACR122U 00 00", "ACS ACR122U 01 00", "Virtual PCD 00 00"];

describe("matchReaders", () => {
  it.each([
    ["an exact name", "ACS ACR122U 00 00", ["ACS ACR122U 00 00"]],
    ["a part in any case", "virtual", ["Virtual PCD 00 00"]],
    ["a part of several", "ACR122U", ["ACS ACR122U 00 00", "ACS ACR122U 01 00"]],
    ["a part of none", "Omnikey", []],
    ["no name", undefined, PRESENT],
  ])("%s", (_, wanted, found) => {
    expect(matchReaders(PRESENT, wanted)).toEqual(found);
  });

  it("prefers the exact name to a longer one that contains it", () => {
    expect(matchReaders(["Reader 1", "Reader 10"], "Reader 1")).toEqual(["Reader 1"]);
  });
});

describe("noSuchReader lists what is there", () => {
  it("no reader at all", () => {
    expect(noSuchReader(undefined, [], [])).toMatchObject({
      code: "no-reader",
      message: "No card reader is connected.",
    });
  });

  it("none of that name", () => {
    expect(noSuchReader("Omnikey", [], ["A", "B"]).message).toBe(
      'No reader is called "Omnikey". Present: "A", "B".',
    );
  });

  it("several", () => {
    expect(noSuchReader("ACR", ["ACR 1", "ACR 2"], ["ACR 1", "ACR 2", "X"]).message).toBe(
      '"ACR" fits several readers: "ACR 1", "ACR 2".',
    );
    expect(noSuchReader(undefined, ["A", "B"], ["A", "B"]).message).toBe(
      'Several readers are connected: "A", "B".',
    );
  });
});
