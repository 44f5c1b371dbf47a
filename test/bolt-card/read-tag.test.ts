import { describe, expect, it } from "vitest";
import { CardStatusError, type Transport, TransportError } from "../../apdu/index.js";
import { hexToBytes as h, ParseError, sat } from "../../common/index.js";
import { readTag } from "../../host/bolt-card/read-tag.js";
import { BoltCardRefusal } from "../../host/bolt-card/refusal.js";
import { type TraceLine, tap } from "../../host/index.js";
import { connectCard, provisionNtag, SimulatedReader, simulatedPhone } from "../../simulator/index.js";

const chip = (address = "lnurlw://cards.example/ln") =>
  provisionNtag({
    ...{ uid: h("04996c6a926980"), address },
    ...{ piccKey: new Uint8Array(16), macKey: new Uint8Array(16) },
  });
const REQUEST = { amount: sat(1), invoiceHash: new Uint8Array(32) };

/** A tag that answers in this order, then with the last one for ever. */
function scripted(...answers: string[]): Transport & { sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    async transmit(command) {
      sent.push(Buffer.from(command).toString("hex"));
      return h((answers.length > 1 ? answers.shift() : answers[0]) ?? "9000");
    },
  };
}
const CC = "000f20000f00ff0406e10400ff0000";
const ready = ["9000", "9000", `${CC}9000`, "9000"];

describe("reading a Type 4 tag", () => {
  it("gets the address of a Bolt Card, in as many reads as the tag allows", async () => {
    expect(await readTag(connectCard(chip()))).toMatch(/^lnurlw:\/\/cards\.example\/ln\?p=[0-9A-F]{32}&c=/);
    const message = "d1010655006e66633a31";
    const small = scripted(...ready, "000a9000", "d10106559000", "006e66633a319000");
    expect(await readTag(small)).toBe("nfc:1");
    expect(small.sent.slice(4)).toEqual(["00b0000002", "00b000020a", "00b0000606"]);
    expect(message).toHaveLength(20);
  });

  it("there is none where the application is not", async () =>
    expect(await readTag(scripted("6a82"))).toBeUndefined());

  it.each([
    ["another refusal", ["6985"], CardStatusError],
    ["no container", ["9000", "6a82"], CardStatusError],
    ["a damaged container", ["9000", "9000", `${"00".repeat(15)}9000`], ParseError],
    ["a file that is not read", [...ready, "6982"], CardStatusError],
    ["an empty message", [...ready, "00009000"], ParseError],
    ["a message longer than its file", [...ready, "00fe9000"], ParseError],
    ["a message of 64 KB", [...ready, "ffff9000"], ParseError],
    ["a read that brings nothing", [...ready, "000a9000", "9000"], ParseError],
    ["more than was asked for", [...ready, "000a9000", `${"00".repeat(11)}9000`], ParseError],
    [
      "a read that is refused in the middle",
      [...ready, "00209000", `${"00".repeat(15)}9000`, "6b00"],
      CardStatusError,
    ],
    ["one byte for ever", [...ready, "000a9000", "d19000"], ParseError],
  ])("refuses %s", async (_what, answers, kind) => {
    await expect(readTag(scripted(...answers))).rejects.toThrow(kind);
  });
});

describe("a tap with what is no chequecard", () => {
  const tapping = (card: ReturnType<typeof chip>, trace?: (line: TraceLine) => void) => {
    const reader = new SimulatedReader();
    reader.insert(card);
    const useTag = async (address: string) => address;
    return tap(reader, REQUEST, async () => "token", { useTag, ...(trace ? { trace } : {}) });
  };

  it("is a Bolt Card within one SELECT more, and its address stands in no trace", async () => {
    const lines: string[] = [];
    const address = await tapping(chip(), ({ text }) => lines.push(text));
    expect(lines.filter((line) => line.startsWith("00a40400")).length).toBe(2);
    const [, p = ""] = /p=([0-9A-F]{32})/.exec(address) ?? [];
    expect(p).not.toBe("");
    expect(lines.join("\n")).not.toContain(Buffer.from(p).toString("hex"));
  });

  it("is refused with a sentence where its address is none", async () => {
    const odd = chip();
    const exchange = odd.exchange.bind(odd);
    odd.exchange = (command) =>
      Buffer.from(command).toString("hex").startsWith("00b00000") ? h("00059000") : exchange(command);
    await expect(tapping(odd)).rejects.toThrow(BoltCardRefusal);
    await expect(tapping(odd)).rejects.toThrow(/no card that can pay here \(capability container/);
  });

  it("is a phone where there is neither card nor tag", async () => {
    const phone = simulatedPhone({ pay: () => new Promise(() => undefined) });
    const reader = new SimulatedReader();
    reader.insert(phone as never);
    const given = tap(reader, REQUEST, async () => "token", {
      useTag: async () => "tag",
      phone: { invoice: "lnbcrt1p", use: async () => "phone" },
      signal: AbortSignal.timeout(1),
    });
    await expect(given).resolves.toBe("phone");
  });

  it("torn away is waited for, and read again", async () => {
    const reader = new SimulatedReader();
    const card = chip();
    reader.insert(card);
    reader.tearAway("after-command");
    const address = await tap(reader, REQUEST, async () => "token", {
      useTag: async (read) => read,
      onTorn: () => reader.insert(card),
    });
    expect(address).toContain("lnurlw://");
    await expect(
      readTag({ transmit: async () => Promise.reject(new TransportError("torn", "gone")) }),
    ).rejects.toThrow("gone");
  });
});
