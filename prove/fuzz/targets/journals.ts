import { readFileSync } from "node:fs";
import { utf8 } from "../../../common/index.js";
import { parseCardList } from "../../../personalize/card-list.js";
import { Journal, PinLetters, readPinLetters } from "../../../personalize/index.js";
import { JournalFile } from "../../../personalize/journal-file.js";
import { CARD_ID, CARD_POINT, hashOf, SEAL_KEY } from "../../card/material.js";
import { fileMadeBy, placeFile, removeFile } from "../shelf.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";

/** A journal was changed where it must not be, or cannot be read after it was opened. */
class JournalRuleError extends Error {}

const QUICK = { durable: false } as const;
const PASSPHRASE = utf8("fuzz");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function writeBatch(path: string): void {
  const cards = parseCardList("number,holder,credit\nA-1,Ann,2500sat\nA-2,\u00c5sa,\n", "fuzz.csv");
  const batch = { batchId: CARD_ID, profile: "festival", fingerprint: hashOf("prove/fuzz profile"), cards };
  const journal = Journal.create(path, batch, QUICK);
  const chip = hex(SEAL_KEY);
  const card = hex(CARD_ID);
  journal.append({ step: "attempt", chip, version: 255 });
  journal.append({ step: "ended", chip, version: 255 });
  journal.append({ step: "assigned", chip, item: 0, card, key: hex(CARD_POINT), pin: true });
  journal.append({ step: "verified", card });
  journal.append({ step: "active", card });
  journal.append({ step: "rotating", chip, from: 255, to: 1 });
  journal.append({ step: "rotated", chip, version: 1 });
  journal.append({ step: "kept", chip, version: 255 });
  journal.append({ step: "done", item: 0, card });
  journal.append({ step: "refused", chip: "ff", version: 1, reason: "wrong key" });
  journal.append({ step: "retry", chip: "ff" });
  journal.append({ step: "abandoned", card });
  journal.append({ step: "released", item: 0, chip });
  journal.close();
}

/** Everything that a journal says. */
const contentOf = ({ batch, items, chips }: Journal): string =>
  JSON.stringify(
    [
      batch,
      items,
      [...chips].map(([chip, { item, rotating, rotatedTo, kept }]) => [
        chip,
        item,
        rotating,
        rotatedTo,
        kept,
      ]),
    ],
    (_, value) => (typeof value === "bigint" ? value.toString() : value),
  );

/** Goes on with a journal: what was read of it stays, and what is added is read again. */
function goOn(path: string): string {
  const before = Journal.read(path);
  const said = contentOf(before);
  const journal = Journal.open(path, QUICK);
  if (contentOf(journal) !== said) throw new JournalRuleError("opened, it says something else");
  journal.append({ step: "retry", chip: "00" });
  const now = contentOf(journal);
  journal.close();
  if (contentOf(Journal.read(path)) !== now) throw new JournalRuleError("what was added is not there");
  return said.length.toString();
}

const WORDS = [
  '"step":"',
  '"item":',
  '"item":99999',
  '"version":2',
  '{"step":"retry","chip":"00"}',
  "\ufffd",
];

/** Journals of a batch as they lie on a disk. One that is no journal stays what it is. */
export const journalTarget: FuzzTarget = {
  name: "journals of a batch",
  weight: 6,
  limitMs: 200,
  corpus: () => [fileMadeBy("batch.journal", writeBatch), bytesOf("my only notes\n"), bytesOf("{}")],
  words: WORDS,
  run(input) {
    const path = placeFile("batch.journal", input);
    try {
      return goOn(path);
    } catch (error) {
      if (!Buffer.from(input).equals(readFileSync(path))) throw new JournalRuleError("refused, and changed");
      throw error;
    } finally {
      removeFile(path);
    }
  },
};

const MAX_LINES = 200;

/** Writes lines with the checks that belong to them. */
function placeLines(name: string, lines: readonly string[]): string {
  const path = placeFile(name, new Uint8Array(0));
  const file = JournalFile.create(path, QUICK);
  for (const line of lines.slice(0, MAX_LINES)) file.append(line);
  file.close();
  return path;
}

const linesIn = (content: Uint8Array): Uint8Array =>
  bytesOf(
    textOf(content)
      .split("\n")
      .map((line) => line.slice(17))
      .join("\n"),
  );

/** The lines of a journal, their checks mended after mutation. */
export const journalLinesTarget: FuzzTarget = {
  name: "journals under their checks",
  weight: 6,
  limitMs: 200,
  corpus: () => [linesIn(fileMadeBy("batch.journal", writeBatch))],
  words: WORDS,
  run(input) {
    const path = placeLines("batch.journal", Buffer.from(input).toString("utf8").split("\n"));
    try {
      return goOn(path);
    } finally {
      removeFile(path);
    }
  },
};

/** PIN letters, the checks of their lines mended. Deriving a key from a passphrase is work, not reading. */
export async function lettersTarget(): Promise<FuzzTarget> {
  const path = placeFile("pins.letters", new Uint8Array(0));
  const file = await PinLetters.create(path, PASSPHRASE, { ...QUICK, scrypt: { n: 2 ** 14, r: 8, p: 1 } });
  for (const number of ["A-1", "A-2"])
    file.append({ card: hex(CARD_ID), number, holder: "Ann", pin: "1234" });
  file.close();
  const corpus = [linesIn(readFileSync(path))];
  removeFile(path);
  return {
    name: "PIN letters",
    weight: 1,
    limitMs: 5_000,
    corpus: () => corpus,
    words: ['"n":16384', '"n":262144', '"p":2', '"r":8', '"salt":"', "chequecard-pin-letters"],
    async run(input) {
      const lines = Buffer.from(input).toString("utf8").split("\n");
      const place = placeLines("pins.letters", lines);
      try {
        return (await readPinLetters(place, PASSPHRASE)).length.toString();
      } finally {
        removeFile(place);
      }
    },
  };
}
