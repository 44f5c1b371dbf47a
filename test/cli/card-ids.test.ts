import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatCardId, readCardId } from "../../apdu/card-id.js";
import { EXIT } from "../../cli/exit-codes.js";
import { toJson } from "../../cli/output.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";

const ID = "0123-4567-89ab-cdef";
const FORMS = [ID, ID.replaceAll("-", ""), ID.toUpperCase(), ` ${ID}\n`];

describe("the id of a card", () => {
  it("is read with and without dashes, in either case, and nothing else is", () => {
    for (const form of FORMS) expect(formatCardId(readCardId(form) ?? new Uint8Array())).toBe(ID);
    for (const wrong of ["", "-", ID.slice(1), `${ID}0`, ID.replace("f", "g"), "0123 4567 89ab cdef"])
      expect([wrong, readCardId(wrong)]).toEqual([wrong, undefined]);
  });

  it("has dashes wherever it stands in JSON, as Uint8Array and as Buffer; other bytes have none", () => {
    const cardId = readCardId(ID) ?? new Uint8Array();
    const data = { facts: [{ cardId, token: cardId }], cardId: Buffer.from(cardId) };
    const bare = ID.replaceAll("-", "");
    expect(JSON.parse(toJson(data))).toEqual({ facts: [{ cardId: ID, token: bare }], cardId: ID });
  });

  it("is given to a simulated card in both forms, and has dashes in what the commands say of it", async () => {
    for (const form of FORMS) {
      const card = join(newFolder(), "card.json");
      const made = await chequecard(["--json", "simulate", "new", card, "--id", form]);
      expect(JSON.parse(made.out)).toMatchObject({ cardId: ID });
      const shown = await chequecard(["--json", "simulate", "show", card]);
      expect(JSON.parse(shown.out)).toMatchObject({ cardId: ID });
      const listed = await chequecard(["--json", "simulate", "list", join(card, "..")]);
      expect(JSON.parse(listed.out)).toMatchObject({ cards: [{ cardId: ID }] });
      const record = ["--issuer-record", JSON.parse(made.out).issuerRecord];
      const identified = await chequecard(["--json", "card", "identify", "--card", card, ...record]);
      expect(JSON.parse(identified.out)).toMatchObject({ cardId: ID, genuine: true });
    }
  });

  it("is refused where it is none, with its form, and no card is made", async () => {
    const folder = newFolder();
    const { exitCode, out, err } = await chequecard([
      ...["simulate", "new", join(folder, "card.json"), "--id", "0123-4567"],
    ]);
    expect({ exitCode, out }).toEqual({ exitCode: EXIT.INPUT, out: "" });
    expect(err).toContain('such as 0123-4567-89ab-cdef, have "0123-4567"');
    expect(JSON.parse((await chequecard(["--json", "simulate", "list", folder])).out)).toEqual({ cards: [] });
  });
});
