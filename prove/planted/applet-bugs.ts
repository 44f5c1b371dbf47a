import { bug, bugsOf, type PlantedBug } from "./bug.js";

const tears = { campaign: "applet-tears" } as const;
const twins = { campaign: "applet-twins" } as const;
const bytes = { campaign: "applet-bytes" } as const;

const certificate = (named: string) => ({ tests: "test/applet/simulator-certificate.applet.test.ts", named });

const java = (name: string): string => `applet/card/src/main/java/chequecard/applet/${name}.java`;

/** In the Java Card applet: orders of money and power, comparisons, and what the platform does not promise. */
export const APPLET_BUGS: readonly PlantedBug[] = bugsOf("applet", [
  bug(
    "the applet signs before it commits",
    [tears],
    [
      java("Authorize"),
      "            entry = ledger.debit(buffer, DATA, verified);",
      "            applet.messages.seal(Constants.TYPE_STATUS, buffer, (short) 60);\n            entry = ledger.debit(buffer, DATA, verified);",
    ],
  ),
  bug(
    "the applet leaves its totals out of the transaction",
    [tears],
    [
      java("Ledger"),
      "        JCSystem.beginTransaction();\n        Util.arrayCopy(work, (short) 0, spent, (short) 0, SPENT_LENGTH);",
      "        Util.arrayCopy(work, (short) 0, spent, (short) 0, SPENT_LENGTH);\n        JCSystem.beginTransaction();",
    ],
  ),
  bug(
    "the applet resets PIN tries before it commits the update",
    [tears],
    [
      java("Update"),
      "        JCSystem.beginTransaction();\n",
      "        if ((byte) (flags & Constants.UPDATE_RESET_TRIES) != 0) {\n            applet.pin.unblock();\n        }\n        JCSystem.beginTransaction();\n",
    ],
  ),
  bug(
    "a torn RESET of the applet is never finished",
    [tears],
    [java("ChequecardApplet"), "        secureCommands.finishReset();\n", ""],
  ),
  bug(
    "a torn key of the applet counts",
    [tears],
    [java("CardKeys"), "        present = false;\n        Curve", "        Curve"],
  ),
  bug(
    "the applet writes past its transaction",
    [twins, bytes],
    [
      java("Ledger"),
      "        Util.arrayCopy(work, NEXT_ENTRY, ring, entry, ENTRY_LENGTH);",
      "        Util.arrayCopyNonAtomic(work, NEXT_ENTRY, ring, entry, ENTRY_LENGTH);",
    ],
  ),
  bug(
    "the applet refuses an amount at its limit",
    [twins],
    [
      java("Ledger"),
      "        return Unsigned.compare(buffer, offset, limits, limit, AMOUNT) > 0;",
      "        return Unsigned.compare(buffer, offset, limits, limit, AMOUNT) >= 0;",
    ],
  ),
  bug(
    "the applet compares bytes with their sign",
    [twins],
    [
      java("Unsigned"),
      "return (short) (left & LOW_BYTE) < (short) (right & LOW_BYTE) ?",
      "return left < right ?",
    ],
  ),
  bug(
    "one PIN entry serves many payments of the applet",
    [twins],
    [
      java("CardPin"),
      "        boolean was = verified[0];\n        verified[0] = false;",
      "        boolean was = verified[0];",
    ],
  ),
  bug(
    "the applet charges a repeated invoice again",
    [tears, twins],
    [java("Ledger"), "                return at;", "                return NOT_FOUND;"],
  ),
  bug(
    "the applet takes an update for another key",
    [twins],
    [
      java("Update"),
      "            && Util.arrayCompare(body, KEY_CHECK, card.keyCheck, (short) 0, CardData.KEY_CHECK) == 0\n",
      "",
    ],
  ),
  bug(
    "the applet answers wrong parameters as ISO/IEC 7816-4 has it, and not as specs/01",
    [bytes, twins],
    [
      java("Constants"),
      "    static final short SW_WRONG_P1P2 = (short) 0x6A86;",
      "    static final short SW_WRONG_P1P2 = (short) 0x6B00;",
    ],
  ),
  bug(
    "the Java process of an applet outlives the one that started it",
    [
      {
        tests: "test/applet/process.applet.test.ts",
        named: "ends when the process that started it is killed",
      },
    ],
    ["simulator/applet/bridge.ts", "openSync(down, constants.O_RDONLY)", "openSync(down, constants.O_RDWR)"],
  ),
  bug(
    "the applet answers the certificate of a blocked card",
    [twins, certificate("refused by one that is blocked")],
    [
      java("ChequecardApplet"),
      "            card.requirePersonalized();\n        }\n        if (!hasObject",
      "            card.requireNotBlank();\n        }\n        if (!hasObject",
    ],
  ),
  bug(
    "RESET leaves the certificate on the applet",
    [tears, { tests: "test/applet/secure-channel-certificate.applet.test.ts", named: "goes with RESET" }],
    [java("CardData"), "        certified = false;\n        Scratch.erase", "        Scratch.erase"],
  ),
  bug(
    "a torn certificate of the applet counts",
    [tears],
    [java("CardData"), "        certified = false;\n        Util", "        certified = true;\n        Util"],
  ),
  bug(
    "the applet seals every certificate under one IV",
    [certificate("another IV at each reading")],
    [
      java("SealedMessages"),
      "        random.generateData(work, BEFORE_FIELDS, IV_LENGTH);",
      "        if (work[TYPE] != Constants.TYPE_CERTIFICATE) {\n            random.generateData(work, BEFORE_FIELDS, IV_LENGTH);\n        }",
    ],
  ),
]);
