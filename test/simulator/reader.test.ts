import { describe, expect, it } from "vitest";
import { TransportError } from "../../apdu/index.js";
import { connectCard, provisionCard, SimulatedReader } from "../../simulator/index.js";
import { authorizeApdu, bytes, hash, hex, PERSONALIZATION, SELECT } from "./fixture.js";

const newCard = () => provisionCard(PERSONALIZATION).card;
const sw = async (response: Promise<Uint8Array>) => hex((await response).subarray(-2));
const refusal = (code: string) => expect.objectContaining({ name: "TransportError", code });
const PAY = authorizeApdu(5n, hash("invoice"));

describe("connectCard", () => {
  it("powers the card and carries APDUs", async () => {
    const card = newCard();
    const connection = connectCard(card);
    expect(hex(connection.atr)).toBe(hex(card.atr));
    expect(await sw(connection.transmit(SELECT))).toBe("9000");
    await connection.close();
    await connection.close();
    expect(card.isPowered).toBe(false);
    await expect(connection.transmit(SELECT)).rejects.toEqual(refusal("closed"));
  });

  it("stays torn after a tear, and when something else powered the card again", async () => {
    const card = newCard();
    const first = connectCard(card);
    card.tearAt("before-command");
    await expect(first.transmit(SELECT)).rejects.toEqual(
      expect.objectContaining({ name: "TornError", code: "torn", point: "before-command" }),
    );
    await expect(first.transmit(SELECT)).rejects.toEqual(refusal("torn"));
    const second = connectCard(card);
    await expect(first.transmit(SELECT)).rejects.toEqual(refusal("torn"));
    await first.close();
    expect(await sw(second.transmit(SELECT))).toBe("9000");
  });

  it("throws TransportErrors alone", async () => {
    const card = newCard();
    const connection = connectCard(card);
    card.powerOff();
    await expect(connection.transmit(SELECT)).rejects.toBeInstanceOf(TransportError);
  });
});

describe("SimulatedReader", () => {
  it("waits for a card and for its removal", async () => {
    const reader = new SimulatedReader("slot");
    const waiting = reader.waitForCard();
    const card = newCard();
    reader.insert(card);
    const connection = await waiting;
    expect(await sw(connection.transmit(SELECT))).toBe("9000");
    const removal = reader.waitForRemoval();
    expect(reader.remove()).toBe(card);
    await removal;
    await expect(connection.transmit(SELECT)).rejects.toEqual(refusal("torn"));
    expect(reader.remove()).toBeUndefined();
    await reader.waitForRemoval();
  });

  it("gives the card to one at a time", async () => {
    const reader = new SimulatedReader();
    reader.insert(newCard());
    const connection = await reader.waitForCard();
    await expect(reader.waitForCard()).rejects.toEqual(refusal("sharing-violation"));
    await connection.close();
    const next = await reader.waitForCard();
    expect(await sw(next.transmit(SELECT))).toBe("9000");
  });

  it("keeps a torn card on the reader, to be powered again", async () => {
    const reader = new SimulatedReader();
    const card = newCard();
    reader.insert(card);
    const first = await reader.waitForCard();
    await first.transmit(SELECT);
    card.tearAt("after-command");
    await expect(first.transmit(PAY)).rejects.toEqual(expect.objectContaining({ code: "torn" }));
    const second = await reader.waitForCard();
    await second.transmit(SELECT);
    expect(await sw(second.transmit(PAY))).toBe("9000");
    await first.close();
    expect(await sw(second.transmit(PAY))).toBe("9000");
  });

  it("has a card torn away in mid-command", async () => {
    const reader = new SimulatedReader();
    const card = newCard();
    reader.insert(card);
    const connection = await reader.waitForCard();
    await connection.transmit(SELECT);
    reader.tearAway({ write: 3 });
    const removal = reader.waitForRemoval();
    await expect(connection.transmit(PAY)).rejects.toEqual(expect.objectContaining({ point: { write: 3 } }));
    await removal;
    reader.insert(card);
    const again = await reader.waitForCard();
    await again.transmit(SELECT);
    expect(await sw(again.transmit(PAY))).toBe("9000");
  });

  it("tears no command once the card was taken away in one piece", async () => {
    const reader = new SimulatedReader();
    const card = newCard();
    reader.insert(card);
    reader.tearAway("after-command");
    reader.remove();
    reader.insert(card);
    const connection = await reader.waitForCard();
    await connection.transmit(SELECT);
    expect(await sw(connection.transmit(PAY))).toBe("9000");
  });

  it("ends a wait when its signal aborts", async () => {
    const reader = new SimulatedReader();
    const abort = new AbortController();
    const waiting = reader.waitForCard(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toEqual(refusal("closed"));
    reader.insert(newCard());
    await expect(reader.waitForRemoval(AbortSignal.abort())).rejects.toEqual(refusal("closed"));
    await (await reader.waitForCard()).close();
  });

  it("refuses a second card, and to tear away none", () => {
    const reader = new SimulatedReader();
    expect(() => reader.tearAway("before-command")).toThrow("no card lies");
    reader.insert(newCard());
    expect(() => reader.insert(newCard())).toThrow("a card lies on Simulated reader already");
  });

  it("answers many bytes of nonsense with status words", async () => {
    const reader = new SimulatedReader();
    reader.insert(newCard());
    const connection = await reader.waitForCard();
    expect(await sw(connection.transmit(bytes("")))).toBe("6700");
  });
});
