import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { isPageSecret, pageHashes, pageSecretHash } from "../../keys/index.js";
import {
  cardLabels,
  exportLabels,
  labelCsv,
  labelSheet,
  letterPages,
  makeCardPage,
  PinLetters,
  pageBaseProblem,
  personalizeOne,
  readPinLetters,
  withPages,
} from "../../personalize/index.js";
import { WITHOUT_PIN } from "./deterministic.js";
import {
  CHEAP,
  FACTORY_VERSION,
  factoryCard,
  freshPath,
  newBatch,
  OWN_VERSION,
  PASSPHRASE,
  readerWith,
  tearing,
  torn,
} from "./fixture.js";

const BASE = "https://card.example/";
const PROFILE = {
  ...WITHOUT_PIN,
  "card-page": BASE,
  "card-keys": { version: FACTORY_VERSION, "rotate-to": OWN_VERSION },
};

async function batch(profile: Record<string, unknown> = PROFILE) {
  const path = freshPath("letters");
  const pinLetters = await PinLetters.create(path, PASSPHRASE, { scrypt: CHEAP, durable: false });
  return {
    setup: { ...newBatch(profile), pinLetters },
    path,
    letters: () => readPinLetters(path, PASSPHRASE),
  };
}

describe("a card that is made with a page", () => {
  it("has its secret and code in a letter, and only their hashes in the registry", async () => {
    const { setup, path, letters } = await batch();
    const { cardId } = await personalizeOne(readerWith(factoryCard()), setup);
    const [letter, ...more] = await letters();
    expect(more).toEqual([]);
    expect(letter).toEqual({
      ...{ card: bytesToHex(cardId), number: "0001", holder: "" },
      page: {
        address: expect.stringMatching(/^https:\/\/card\.example\/#[\w-]{22}$/),
        code: expect.stringMatching(/^\d{8}$/),
      },
    });
    const { address = "", code = "" } = letter?.page ?? {};
    const secret = new URL(address).hash.slice(1);
    expect(isPageSecret(secret)).toBe(true);
    const registered = setup.registry.cards.get(bytesToHex(cardId))?.card.page;
    expect(registered).toEqual(await pageHashes(secret, code));
    expect(readFileSync(path, "utf8")).not.toContain(secret);
  });

  it("and torn away at some of its commands ends with the page of the id that it has", async () => {
    for (let nth = 2; nth < 40; nth += 4) {
      const { setup, letters } = await batch({ ...PROFILE, "card-keys": { version: FACTORY_VERSION } });
      const card = factoryCard();
      const isTorn = await torn(personalizeOne(tearing(card, nth, "after-command"), setup));
      const { cardId } = isTorn
        ? await personalizeOne(readerWith(card), setup)
        : { cardId: setup.journal.items[0]?.cardId ?? new Uint8Array(0) };
      const id = bytesToHex(cardId);
      const own = (await letters()).filter((letter) => letter.card === id);
      expect([nth, own.length]).toEqual([nth, 1]);
      const secretHash = pageSecretHash(new URL(own[0]?.page?.address ?? "").hash.slice(1));
      expect(setup.registry.cards.get(id)?.card.page?.secretHash).toEqual(secretHash);
      if (!isTorn) return;
    }
    throw new Error("the card was never made in one go");
  });

  it("is not begun without a file of letters", async () => {
    const { pinLetters, ...setup } = (await batch()).setup;
    pinLetters.close();
    await expect(personalizeOne(readerWith(factoryCard()), setup)).rejects.toThrow(
      "card pages need a file of PIN letters",
    );
    expect(setup.registry.cards.size).toBe(0);
  });

  it("without one in its profile has none", async () => {
    const { "card-page": _none, ...profile } = PROFILE;
    const { setup, letters } = await batch(profile);
    const { cardId } = await personalizeOne(readerWith(factoryCard()), setup);
    expect(setup.registry.cards.get(bytesToHex(cardId))?.card.page).toBeUndefined();
    expect(await letters()).toEqual([]);
  });
});

describe("labels and letters of pages", () => {
  it("have the address in the label, the code in the letter, and neither has both", async () => {
    const { setup, letters } = await batch();
    await personalizeOne(readerWith(factoryCard()), setup);
    const written = await letters();
    const labels = withPages(cardLabels(setup.journal), written);
    const { address = "", code = "" } = written[0]?.page ?? {};
    const [, secret = ""] = address.split("#");
    expect(labelCsv(labels)).toBe(
      `card_id,number,holder,qr,page\r\n${labels[0]?.cardId},0001,,${labels[0]?.qr},${address}\r\n`,
    );
    expect(labelCsv(cardLabels(setup.journal))).toMatch(/^card_id,number,holder,qr\r\n/);
    const letter = letterPages(written);
    expect([letter.includes(code), letter.includes(secret)]).toEqual([true, false]);
    expect(letter).not.toContain("Your PIN is");
    expect(labelSheet(labels)).not.toContain(code);
    const folder = freshPath("labels");
    mkdirSync(folder);
    const files = exportLabels(folder, labels, "svg");
    const id = labels[0]?.cardId;
    expect(files).toEqual(["labels.csv", `${id}.svg`, `${id}.page.svg`]);
    for (const [file, mode] of [
      ["labels.csv", 0o600],
      [`${id}.svg`, 0o644],
      [`${id}.page.svg`, 0o600],
    ] as const) {
      expect(existsSync(join(folder, file))).toBe(true);
      expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, mode]);
    }
  });

  it("are of the last letter where a card has several", () => {
    const label = { cardId: "0123-4567-89ab-cdef", number: "1", holder: "", qr: "x" };
    const letter = (address: string) => ({
      card: "0123456789abcdef",
      number: "1",
      holder: "",
      page: { address, code: "1" },
    });
    expect(withPages([label], [letter("a"), letter("b")])).toEqual([{ ...label, page: "b" }]);
    expect(hexToBytes(letter("a").card).length).toBe(8);
  });
});

it("a page's secret and code are as random as the generator", async () => {
  const asked: number[] = [];
  const random = (length: number) => {
    asked.push(length);
    return new Uint8Array(length).fill(asked.length);
  };
  const { letter } = await makeCardPage(BASE, random);
  expect(asked).toEqual([16, 8]);
  expect(letter).toEqual({
    address: `${BASE}#${Buffer.alloc(16, 1).toString("base64url")}`,
    code: "22222222",
  });
});

it.each([
  ["https://card.example/", undefined],
  ["https://pay.example/cards/", undefined],
  ["http://127.0.0.1:9770/", undefined],
  ["http://card.example/", /codes must not travel in the clear/],
  ["https://card.example", /written as https:\/\/card\.example\//],
  ["https://card.example/x", /written as/],
  ["https://CARD.example/", /written as https:\/\/card\.example\//],
  ["https://card.example/?a=1", /without user, \? and #/],
  ["https://card.example/#", /without user, \? and #/],
  ["https://me:you@card.example/", /without user, \? and #/],
  ["https://192.0.2.1/", /by a name/],
  ["javascript:alert(1)/", /codes must not travel in the clear/],
  ["card.example/", /need an address such as/],
  [`https://card.example/${"x".repeat(128)}/`, /need at most 128 characters/],
])("where pages are: %s", (text, problem) => {
  const found = pageBaseProblem(text);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});
