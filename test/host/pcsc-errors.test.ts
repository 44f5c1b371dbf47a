import { describe, expect, it } from "vitest";
import { TransportError } from "../../apdu/transport.js";
import { loadNative } from "../../host/pcsc/native.js";
import { fromNative, scardNumber } from "../../host/pcsc/scard.js";
import { toTpdu } from "../../host/pcsc/tpdu.js";

const native = (call: string, number: string) => new Error(`${call} error: What it says.(0x${number})`);

describe("PC/SC error numbers", () => {
  it.each([
    ["SCardConnect", "8010000b", 0x8010000b],
    ["SCardTransmit", "ffffffff80100069", 0x80100069],
  ])("%s 0x%s", (call, digits, number) => {
    expect(scardNumber(native(call, digits))).toBe(number);
  });

  it("a text without one", () => {
    expect(scardNumber(new Error("Card Reader not connected"))).toBeUndefined();
  });

  it.each([
    ["connect", "8010000b", "sharing-violation"],
    ["connect", "8010000c", "no-card"],
    ["connect", "80100066", "no-card"],
    ["connect", "80100069", "no-card"],
    ["connect", "80100009", "no-reader"],
    ["connect", "80100017", "no-reader"],
    ["connect", "8010001d", "no-service"],
    ["transmit", "80100069", "torn"],
    ["transmit", "80100068", "torn"],
    ["transmit", "80100016", "torn"],
    ["transmit", "80100017", "torn"],
    ["transmit", "8010001d", "no-service"],
    ["transmit", "80100013", "no-service"],
    ["transmit", "8010001e", "no-service"],
    ["transmit", "80100003", "no-service"],
    ["transmit", "8010006a", "no-service"],
    ["connect", "8010006a", "no-service"],
  ] as const)("%s 0x%s means %s", (activity, digits, code) => {
    const cause = native("SCard", digits);
    const error = fromNative(cause, "Reader X", activity);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).toContain(code === "no-service" ? "pcscd" : "Reader X");
  });

  it("an unknown failure of a command means that the card may have run it", () => {
    expect(fromNative(new Error("odd"), "X", "transmit").code).toBe("torn");
  });
});

describe("nfc-pcsc missing", () => {
  it("says what to install and keeps the cause", async () => {
    const cause = Object.assign(new Error("Cannot find package 'nfc-pcsc'"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    const error = await loadNative(() => Promise.reject(cause)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "no-service",
      cause,
      hint: expect.stringContaining("libpcsclite-dev"),
    });
  });

  it("refuses a package without the class it needs", async () => {
    await expect(loadNative(() => Promise.resolve({}))).rejects.toMatchObject({ code: "no-service" });
  });
});

describe("T=0 form of a command (ISO 7816-3 §12.2)", () => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
  it.each([
    ["case 1 gets P3", "80300000", "8030000000"],
    ["case 2 as it is", "80ca00c120", "80ca00c120"],
    ["case 3 as it is", "00200080020102", "00200080020102"],
    ["case 4 without Le", "00a404000201020a", "00a40400020102"],
  ])("%s", (_, apdu, tpdu) => {
    expect(toTpdu(hex(apdu), 1)).toEqual(hex(tpdu));
    expect(toTpdu(hex(apdu), 2)).toEqual(hex(apdu));
  });
});
