import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { authorizationMessage, verifySignature } from "../../apdu/index.js";
import {
  blankCard,
  createCardFile,
  openCardFile,
  provisionCard,
  readCardFile,
  type SimulatedCard,
  summarizeCardFile,
} from "../../simulator/index.js";
import { newFolder } from "../../testing/hooks.js";
import {
  authorize,
  bytes,
  CARD_POINT,
  cell,
  hash,
  hex,
  identify,
  PERSONALIZATION,
  SEAL_KEY,
  select,
  send,
  verify,
  WRONG_PIN_BLOCK,
} from "./fixture.js";

let folder: string;
let path: string;

beforeEach(() => {
  folder = newFolder();
  path = join(folder, "card.json");
});

function newFile(): void {
  createCardFile(path, provisionCard(PERSONALIZATION).card);
}

/** Opens, uses the powered and selected card, closes. */
function withCard<T>(use: (card: SimulatedCard) => T): T {
  const file = openCardFile(path);
  try {
    file.card.powerOn();
    select(file.card);
    return use(file.card);
  } finally {
    file.close();
  }
}

const errorCode = (code: string) => expect.objectContaining({ name: "CardFileError", code });

describe("a card file", () => {
  it("keeps the card's money between runs", () => {
    newFile();
    expect(withCard((card) => authorize(card, 5_000n).sw)).toBe("9000");
    expect(withCard((card) => [cell(card, "counter"), cell(card, "authorized")])).toEqual([
      "00000001",
      "0000000000001388",
    ]);
  });

  it("holds a change before the answer leaves, and is not written without one", () => {
    newFile();
    withCard((card) => {
      const first = readFileSync(path, "utf8");
      identify(card);
      expect(readFileSync(path, "utf8")).toBe(first);
      authorize(card, 5_000n);
      expect(hex(readCardFile(path).memory.cells["card-application/counter"] ?? new Uint8Array())).toBe(
        "00000001",
      );
      verify(card, WRONG_PIN_BLOCK);
      expect(hex(readCardFile(path).memory.cells["card-application/pin"] ?? new Uint8Array())).toMatch(/^02/);
    });
  });

  it("is for its owner only, also after changes", () => {
    newFile();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    withCard((card) => authorize(card, 1n));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps a torn transaction torn, and rolls it back at the next power-up", () => {
    newFile();
    const before = readCardFile(path).memory.cells;
    withCard((card) => {
      card.tearAt({ write: 7 });
      expect(() => authorize(card, 5_000n)).toThrow("lost power");
    });
    expect(readCardFile(path).memory.journal.length).toBe(3);
    withCard((card) => expect(card.image()).toEqual({ cells: before, journal: [] }));
    expect(readCardFile(path).memory.journal).toEqual([]);
  });

  it("keeps its protocol", () => {
    createCardFile(path, provisionCard(PERSONALIZATION, { protocol: "T=0" }).card);
    const file = openCardFile(path);
    expect(file.card.protocol).toBe("T=0");
    file.close();
  });

  it("is found through a symbolic link, which stays one", () => {
    newFile();
    const link = join(folder, "link.json");
    symlinkSync(path, link);
    const file = openCardFile(link);
    expect(file.path).toBe(path);
    expect(() => openCardFile(path)).toThrow(errorCode("locked"));
    file.card.powerOn();
    select(file.card);
    authorize(file.card, 1n);
    file.close();
    expect(withCard((card) => cell(card, "counter"))).toBe("00000001");
  });

  it("leaves nothing beside it, and takes away what a killed process left", () => {
    newFile();
    writeFileSync(join(folder, ".card.json.0123456789ab.tmp"), "half");
    writeFileSync(join(folder, ".card.json.mine.tmp"), "not ours");
    withCard((card) => authorize(card, 1n));
    expect(readdirSync(folder).sort()).toEqual([".card.json.mine.tmp", "card.json"]);
  });
});

describe("a card file refuses, untouched", () => {
  it("to be overwritten", () => {
    newFile();
    const content = readFileSync(path);
    expect(newFile).toThrow(errorCode("exists"));
    expect(readFileSync(path)).toEqual(content);
  });

  it("when there is none", () => {
    expect(() => openCardFile(path)).toThrow(errorCode("missing"));
    expect(() => readCardFile(path)).toThrow(errorCode("missing"));
    expect(readdirSync(folder)).toEqual([]);
  });

  it("when the folder is no folder, or the file is a folder", () => {
    expect(() =>
      createCardFile(join(folder, "none", "card.json"), provisionCard(PERSONALIZATION).card),
    ).toThrow(errorCode("io"));
    expect(() => openCardFile(folder)).toThrow(errorCode("io"));
  });

  const valid = () => {
    newFile();
    return readFileSync(path, "utf8");
  };
  const damages: [string, (text: string) => string][] = [
    ["an empty file", () => ""],
    ["text", () => "hello"],
    ["null", () => "null"],
    ["a number", () => "7"],
    ["other JSON", () => "{}"],
    ["half a file", (text) => text.slice(0, text.length / 2)],
    [
      "a changed value",
      (text) => text.replace('"card-application/credit": "0', '"card-application/credit": "1'),
    ],
    ["a changed name", (text) => text.replace("card-application/credit", "card-application/credot")],
    ["a missing checksum", (text) => text.replace(/"checksum"/, '"checksam"')],
    ["cells that are none", (text) => text.replace(/"cells": \{[^}]*\}/, '"cells": null')],
    ["version 0", (text) => text.replace('"version": 3', '"version": 0')],
    ["a version that is text", (text) => text.replace('"version": 3', '"version": "3"')],
    ["a mebibyte and more", (text) => text + " ".repeat(1 << 20)],
  ];
  it.each(damages)("%s", (_, damage) => {
    const text = damage(valid());
    writeFileSync(path, text);
    expect(() => openCardFile(path)).toThrow(errorCode("damaged"));
    expect(() => readCardFile(path)).toThrow(errorCode("damaged"));
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("a newer version, saying so", () => {
    const text = valid().replace('"version": 3', '"version": 4');
    writeFileSync(path, text);
    expect(() => openCardFile(path)).toThrow(errorCode("newer-version"));
    expect(() => openCardFile(path)).toThrow("have version 4");
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("a second user, and not after the first one is gone", () => {
    newFile();
    const file = openCardFile(path);
    expect(() => openCardFile(path)).toThrow(errorCode("locked"));
    expect(() => openCardFile(path)).toThrow(`process ${process.pid} uses this card`);
    file.close();
    file.close();
    openCardFile(path).close();
    expect(() => file.card.powerOn()).toThrow("closed");
  });

  it("shows no key in any error", () => {
    const text = valid();
    const secret = hex(PERSONALIZATION.secretKey ?? new Uint8Array());
    expect(text).toContain(secret);
    writeFileSync(path, text.replace(secret, `${secret.slice(2)}zz`));
    expect(() => openCardFile(path)).toThrow(errorCode("damaged"));
    expect(() => openCardFile(path)).not.toThrow(secret.slice(2));
  });
});

describe("a state that cannot be saved", () => {
  it("keeps the answer back and the card dead until the file is opened again", () => {
    newFile();
    const file = openCardFile(path);
    file.card.powerOn();
    select(file.card);
    rmSync(folder, { recursive: true, force: true });
    expect(() => authorize(file.card, 1n)).toThrow(expect.objectContaining({ code: "torn" }));
    expect(() => authorize(file.card, 1n)).toThrow("could not be saved");
    expect(() => file.card.powerOn()).toThrow("could not be saved");
    file.close();
  });
});

describe("the frozen card file of version 1", () => {
  it("opens, and goes on where it was", () => {
    writeFileSync(path, readFileSync(join(import.meta.dirname, "../frozen/card-v1.json")));
    withCard((card) => {
      const [first, second] = [authorize(card, 5_000n, hash("invoice")), authorize(card, 1n, hash("next"))];
      const open = (token: Uint8Array) => authorizationMessage.open(token, () => SEAL_KEY);
      expect(verifySignature(open(second.data), CARD_POINT)).toBe(true);
      expect(open(first.data).fields).toMatchObject({ counter: 1, updateSequence: 7, amount: 5_000n });
      expect(open(second.data).fields).toMatchObject({ counter: 3, authorizedTotal: 5_301n });
      expect(verify(card).sw).toBe("9000");
    });
  });
});

describe("the frozen card file of version 2", () => {
  it("opens with its certificate and without a second face, and goes on where it was", () => {
    writeFileSync(path, readFileSync(join(import.meta.dirname, "../frozen/card-v2.json")));
    expect(summarizeCardFile(path)).toMatchObject({ counter: 1, authorized: 5_000n, boltCard: undefined });
    withCard((card) => {
      expect(send(card, bytes("00a4040007d276000085010100")).sw).toBe("6a82");
      const opened = authorizationMessage.open(authorize(card, 1n, hash("next")).data, () => SEAL_KEY);
      expect(opened.fields).toMatchObject({ counter: 2, authorizedTotal: 5_001n });
      expect(send(card, bytes("80ca00c200")).data.length).toBe(152);
    });
    expect(Object.keys(readCardFile(path).memory.cells).filter((name) => /bolt/.test(name))).toEqual([]);
  });
});

describe("the card file of a card with a second face", () => {
  const face = { uid: hash("uid").slice(0, 7), base: "lnurlw://cards.example/b?p=" };
  const keys = { piccKey: hash("K1").slice(0, 16), macKey: hash("K2").slice(0, 16) };
  const readTag = (card: SimulatedCard) => {
    for (const command of ["00a4040007d276000085010100", "00a4000c02e104"]) send(card, bytes(command));
    return send(card, bytes("00b0000000")).sw;
  };

  it("keeps the counter, so that it goes on behind every power-up", () => {
    createCardFile(path, provisionCard({ ...PERSONALIZATION, boltCard: { ...face, ...keys } }).card);
    for (let reads = 1; reads <= 3; reads++) {
      withCard((card) => expect(readTag(card)).toBe("9000"));
      const { boltCard } = summarizeCardFile(path);
      expect(boltCard).toEqual({ ...face, lifecycle: "personalized", counter: reads });
    }
  });

  it("says of a blank face that it is installed, and nothing more", () => {
    createCardFile(path, blankCard({ boltCard: true }));
    const blank = { lifecycle: "blank", base: "", uid: new Uint8Array(7), counter: 0 };
    expect(summarizeCardFile(path).boltCard).toEqual(blank);
  });
});
