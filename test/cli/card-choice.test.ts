import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../cli/error-report.js";
import { cardText, findCardId } from "../../cli/issuer/card-choice.js";
import { bytesToHex, sat } from "../../common/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { Bench, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

/** An issuer whose cards have these labels, in this order. */
async function issuerOf(kind: "sqlite" | "postgres", labels: readonly string[]) {
  const service = await startService(bench, kind, {});
  const ids: Uint8Array[] = [];
  for (const [index, label] of labels.entries()) {
    const { cardId } = await service.card(index + 1, sat(1));
    await service.store.db.updateTable("cards").set({ label }).where("card", "=", cardKey(cardId)).execute();
    ids.push(cardId);
  }
  /** Which of the cards is found; the message where none is. */
  const find = async (text: string): Promise<number | string> => {
    try {
      const found = bytesToHex(await findCardId(service.store, text));
      const at = ids.findIndex((id) => bytesToHex(id) === found);
      return at < 0 ? found : at;
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
  };
  return { ids, find, close: () => service.close() };
}

describe.each(["sqlite", "postgres"] as const)("a card of a ledger on %s", (kind) => {
  it("is found by what is printed on it", async () => {
    const { ids, find, close } = await issuerOf(kind, [
      "4000-1234-5678-9010",
      "0017 Ada Lovelace",
      "A-0008 M\u00fcller",
      "12% off_ Bob",
      "=1+1",
    ]);
    try {
      for (const [text, card] of [
        ["4000-1234-5678-9010", 0],
        ["4000123456789010", 0],
        ["4000 1234 5678 9010", 0],
        ["0017 Ada Lovelace", 1],
        ["0017", 1],
        ["17", 1],
        [" 17 ada lovelace ", 1],
        ["A-0008", 2],
        ["a8", 2],
        ["A-0008 Mu\u0308ller", 2],
        ["12% off_ Bob", 3],
        ["12%", 3],
        ["=1+1", 4],
      ] as const)
        expect([text, await find(text)]).toEqual([text, card]);
      const id = bytesToHex(ids[1] ?? new Uint8Array());
      expect(await find(id)).toBe(1);
      expect(await find(cardText(cardKey(ids[1] ?? new Uint8Array())).toUpperCase())).toBe(1);
      // The form of an id that no card has: the command that needs the card says that it is not there.
      expect(await find("ffff-ffff-ffff-ffff")).toBe("ffffffffffffffff");
      for (const text of ["018", "Ada", "1", "", "-", "%", "A-0008 M"])
        expect([text, await find(text)]).toEqual([
          text,
          expect.stringContaining("is neither a card id nor printed"),
        ]);
    } finally {
      await close();
    }
  });

  it("is not guessed where several fit: they are listed", async () => {
    const { ids, find, close } = await issuerOf(kind, ["17 Ada", "0017 Bob", "A1 Ann", "A1 Ben", "x"]);
    try {
      const names = ids.map((id) => cardText(cardKey(id)));
      expect(await find("017")).toContain(`${names[0]} (17 Ada)`);
      expect(await find("017")).toContain(`${names[1]} (0017 Bob)`);
      expect(await find("17")).toBe(0);
      expect(await find("A1")).toMatch(/several cards fit "A1": .*Ann.*Ben/);
      expect(await find("A1 Ben")).toBe(3);
    } finally {
      await close();
    }
  });

  it("whose printed number has the form of another card's id is not taken for that card", async () => {
    // Cards of the same number have the same id.
    const { ids, close } = await issuerOf(kind, ["one"]);
    const id = bytesToHex(ids[0] ?? new Uint8Array());
    await close();
    const again = await issuerOf(kind, ["one", id]);
    try {
      expect(again.ids.map(bytesToHex)).toContain(id);
      expect(await again.find(id)).toMatch(/several cards fit/);
    } finally {
      await again.close();
    }
  });
});
