import { describe, expect, it } from "vitest";
import {
  matchReaders,
  noSuchReader,
  shownName,
  splitNames,
  withoutSamSlots,
} from "../../host/pcsc/reader-names.js";

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

describe("slots for security modules", () => {
  const PICC = { name: "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00" };
  const SAM = { name: "ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 01 00" };
  const OTHER = { name: "SAMSUNG Reader 02 00" };

  it("do not count where a card's reader is there", () => {
    expect(withoutSamSlots([PICC, SAM])).toEqual([PICC]);
    expect(withoutSamSlots([SAM, OTHER])).toEqual([OTHER]);
  });

  it("are all there is where nothing else is", () => {
    expect(withoutSamSlots([SAM])).toEqual([SAM]);
    expect(withoutSamSlots([])).toEqual([]);
  });
});

describe("names that are no UTF-8", () => {
  const list = Buffer.from("Good Reader\0Kartenleser K\u00f6ln\0Andere \u00c3\u00b6\0\0", "latin1");

  it("are distinguished from the others, which stay as they are", () => {
    const { utf8, others } = splitNames(list);
    expect(Buffer.from(utf8).toString("utf8")).toBe("Good Reader\0Andere \u00f6\0\0");
    expect(others.map(shownName)).toEqual(["Kartenleser K\u00f6ln"]);
  });

  it.each([
    ["an empty list", ""],
    ["no reader", "\0"],
  ])("%s has none", (_, text) => {
    expect(splitNames(Buffer.from(text, "latin1"))).toEqual({ utf8: Uint8Array.of(0), others: [] });
  });
});
