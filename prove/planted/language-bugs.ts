import { bug, bugsOf, type PlantedBug } from "./bug.js";

const HOUSE = "test/house/languages.test.ts";
const process = (named: string) => ({ tests: "test/cli/language.test.ts", named });
const same = { tests: HOUSE, named: "the section sentences.ts has the keys and the parameters" };

/** In what merchants and cardholders read. */
export const LANGUAGE_BUGS: readonly PlantedBug[] = bugsOf("languages", [
  bug(
    "a sentence is missing in German",
    [same],
    ["common/languages/de/sentences.ts", '    takeCard: "Bitte die Karte wegnehmen.",\n', ""],
  ),
  bug(
    "what was refunded and what is left of it are swapped in French",
    [same],
    [
      "common/languages/fr/sentences.ts",
      "aboveSale: (refunded: string, amount: string, left: string) =>",
      "aboveSale: (left: string, amount: string, refunded: string) =>",
    ],
  ),
  bug(
    "a sentence in Spanish does not say how much",
    [{ tests: HOUSE, named: "the section sentences.ts shows every value" }],
    [
      "common/languages/es/sentences.ts",
      "Se han reembolsado ${amount} de la venta ${number}.`,\n    paidToCard",
      "Se ha reembolsado la venta ${number}.`,\n    paidToCard",
    ],
  ),
  bug(
    "a label is too long for its button in German",
    [{ tests: HOUSE, named: "the section shell.ts has no label that is too long for its button in de" }],
    ["common/languages/de/shell.ts", 'back: "Zurück"', 'back: "Zur vorigen Seite zurück"'],
  ),
  bug(
    "a name on receipts is too long for paper of 58 mm in French",
    [{ tests: "test/terminal/receipt.test.ts", named: "papers in fr of every kind fit 32 columns" }],
    ["common/languages/fr/receipt.ts", '"Reste sur carte"', '"Reste sur la carte"'],
  ),
  bug(
    "what programs read is translated",
    [process("its code, exit code and JSON are not")],
    ["cli/speaking.ts", "if (!json) await speak(", "await speak("],
  ),
  bug(
    "LANG is obeyed where LC_ALL says otherwise",
    [{ tests: "test/common/language.test.ts", named: "LC_ALL" }, process("the report with")],
    [
      "common/languages/language.ts",
      "env.LC_ALL || env.LC_MESSAGES || env.LANG",
      "env.LANG || env.LC_MESSAGES || env.LC_ALL",
    ],
  ),
  bug(
    "amounts in German have English separators",
    [process("sells in German")],
    [
      "common/languages/shown.ts",
      "return decimals(LANGUAGE, fraction.length)",
      'return decimals("en", fraction.length)',
    ],
  ),
  bug(
    "a table of sentences keeps the language that it was made in",
    [{ tests: "test/common/sentences.test.ts", named: "a table of sentences that was read before" }],
    [
      "apdu/status-words.ts",
      "  get cardholder() {\n    return SENTENCES.status[name].cardholder;\n  },",
      "  cardholder: SENTENCES.status[name].cardholder,",
    ],
  ),
]);
