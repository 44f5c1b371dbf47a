import { bug, bugsOf, type PlantedBug } from "./bug.js";

const systemFaults = { campaign: "system-faults" } as const;
const TERMINAL = "host/terminal/terminal.ts";
const ASKING = "host/terminal/asking.ts";
const TAKING = "host/terminal/taking.ts";
const PERSONALIZE = "personalize/personalize-card.ts";
const SOLD = "test/personalize/cards-as-sold.test.ts";

/** At the merchant's. */
export const TERMINAL_BUGS: readonly PlantedBug[] = bugsOf("terminal", [
  bug(
    "a sale is paid on the payer's word",
    [
      { tests: "test/security/rogue-card.test.ts", named: "that names a node of the attacker's" },
      systemFaults,
    ],
    [
      ASKING,
      'if (answer.outcome !== "rejected") return false;',
      'if (answer.outcome !== "rejected") {\n      store.paid(sale.number, sale.amount, sale.createdAt);\n      return true;\n    }',
    ],
  ),
  bug(
    "a sale is cancelled though the node did not hear of it",
    [systemFaults],
    [
      TERMINAL,
      ".catch((error) => this.#claimed(sale, error));",
      '.catch(() => ({ outcome: "cancelled" as const }));',
    ],
  ),
  bug(
    "a card is charged before its node is judged",
    [
      { tests: "test/host/tap.test.ts", named: "charges nothing when the card's node must not be asked" },
      { tests: "test/cli/card.test.ts", named: "charges nothing for an invoice of mainnet" },
    ],
    [
      "host/tap.ts",
      "  await options.judge?.(uri);\n  const admitted = await options.admit?.(card, uri);\n  const token = await authorizeWithPin(card, admitted ?? request, options);\n",
      "  const admitted = await options.admit?.(card, uri);\n  const token = await authorizeWithPin(card, admitted ?? request, options);\n  await options.judge?.(uri);\n",
    ],
  ),
  bug(
    "a sale is paid on a phone's word",
    [{ tests: "test/terminal/phone.test.ts", named: "the right preimage is no payment while the money" }],
    [
      TAKING,
      "await pause(CLAIM_MS, signal);\n    return this.#ends.settledBefore(sale);",
      "this.#parts.store.paid(sale.number, sale.amount, sale.createdAt);\n    return true;",
    ],
  ),
  bug(
    "a card torn away behind its token is tapped again",
    [{ tests: "test/host/tap.test.ts", named: "hands card and token on once" }],
    [
      "host/tap.ts",
      'await unlessTorn(serve(connection, request, options));\n      if ("token" in given) return await use(given.card, given.token);',
      'await unlessTorn(\n        serve(connection, request, options).then(async (taken) =>\n          "token" in taken ? { made: await use(taken.card, taken.token) } : taken,\n        ),\n      );\n      if ("made" in given) return given.made;',
    ],
  ),
  bug(
    "a card's node is dialed wherever it is",
    [{ tests: "test/security/rogue-card.test.ts", named: "makes no terminal dial into its own network" }],
    ["lightning/untrusted-uri.ts", 'scope === "public" || (', 'scope !== "public" || ('],
  ),
]);

const KEYBOARD = "cli/prompt/keyboard.ts";

/** Where people type. */
export const KEYBOARD_BUGS: readonly PlantedBug[] = bugsOf("keyboard", [
  bug(
    "a point between thousands of sat is a decimal mark",
    [
      { tests: "test/common/msat.test.ts", named: "2\\.500sat" },
      { tests: "test/personalize/card-list.test.ts", named: "reports every bad line at once" },
    ],
    ["common/msat.ts", "if (fraction.length === 3 &&", "if (fraction.length === 33 &&"],
    [
      "common/msat.ts",
      'if (unit === "sat" && /[1-9]/.test(fraction))',
      'if (unit === "sat" && fraction.length > 33)',
    ],
  ),
  bug(
    "a PIN stands on the screen while it is typed",
    [
      { tests: "test/cli/keyboard.test.ts", named: "a PIN that is typed too early" },
      { tests: "test/cli/terminal.test.ts", named: "no PIN on a screen" },
    ],
    [
      KEYBOARD,
      "else if (byte >= 0x20) typed.push(byte);",
      "else if (byte >= 0x20) {\n          typed.push(byte);\n          process.stderr.write(Buffer.of(byte));\n        }",
    ],
  ),
  bug(
    "a PIN that is typed again is taken for an amount",
    [{ tests: "test/cli/terminal.test.ts", named: "no PIN on a screen" }],
    [KEYBOARD, "  #held = false;\n", "  #held = false;\n  #early: Buffer = Buffer.alloc(0);\n"],
    [
      KEYBOARD,
      "if (keys.length > 0) this.#reading?.keys(keys);",
      "if (this.#reading) this.#reading.keys(keys);\n    else this.#early = Buffer.concat([this.#early, keys]);",
    ],
    [
      KEYBOARD,
      "this.#reading = begin(end);",
      "this.#reading = begin(end);\n      if (this.#early.length > 0) this.#reading.keys(this.#early);\n      this.#early = Buffer.alloc(0);",
    ],
  ),
]);

/** At an offline point of sale. */
export const POINT_OF_SALE_BUGS: readonly PlantedBug[] = bugsOf("point of sale", [
  bug(
    "the sale that was closed last is found by the clock",
    [{ tests: "test/lightning/dpp-files.test.ts", named: "when the clock goes back" }],
    [
      "lightning/dpp/sale-store.ts",
      '"WHERE closing IS NOT NULL ORDER BY closing DESC LIMIT ?"',
      '"WHERE closing IS NOT NULL ORDER BY closed_at DESC, number DESC LIMIT ?"',
    ],
  ),
]);

/** Where files are locked and replaced. */
export const FILE_BUGS: readonly PlantedBug[] = bugsOf("files", [
  bug(
    "a lock stands beside a link and not beside the file",
    [
      { tests: "test/personalize/linked-files.test.ts", named: "a journal is written by one process" },
      { tests: "test/personalize/linked-files.test.ts", named: "PIN letters are written by one process" },
    ],
    [
      "common/process-lock.ts",
      "const real = writableFile(path);\n  const lock",
      "const real = path;\n  const lock",
    ],
  ),
  bug(
    "a replacement takes the place of a link and not of the file",
    [{ tests: "test/personalize/linked-files.test.ts", named: "a key file gets its new passphrase" }],
    ["common/durable-file.ts", "  const real = writableFile(path);\n", "  const real = path;\n"],
    ["keys/durable-file.ts", "writeDurableFile(held.path, text)", "writeDurableFile(path, text)"],
  ),
  bug(
    "a file with two names is locked under one",
    [{ tests: "test/personalize/linked-files.test.ts", named: "is not written" }],
    ["common/real-file.ts", "if (found.nlink > 1)", "if (found.nlink > 2)"],
  ),
  bug(
    "another user's link in a folder for everybody is followed",
    [{ tests: "test/personalize/linked-files.test.ts", named: "is not begun through another user's link" }],
    ["common/real-file.ts", "      expectOwnLink(path, real, found, folder);\n", ""],
  ),
  bug(
    "a lock of another machine counts as left behind",
    [{ tests: "test/common/process-lock.test.ts", named: "of another machine is held" }],
    ["common/process-identity.ts", "return shared || other.boot", "return other.boot"],
  ),
]);

/** Where cards are made. */
export const PERSONALIZATION_BUGS: readonly PlantedBug[] = bugsOf("personalization", [
  bug(
    "a card can pay before it is in the ledger",
    [{ tests: "test/personalize/tearing.test.ts", named: "at any write" }],
    [
      PERSONALIZE,
      "await writeData(channel, data, async () => {\n",
      "await writeData(channel, data, async () => {});\n  {\n",
    ],
    [PERSONALIZE, "  });\n  channel.close();\n", "  }\n  channel.close();\n"],
  ),
  bug(
    "a channel without protected responses is taken where the profile requires it",
    [{ tests: "test/personalize/personalize-card.test.ts", named: "is refused where the profile requires" }],
    [
      "apdu/secure-channel/session.ts",
      "if ((level & required) !== required)",
      "if ((level & required) !== required && !required)",
    ],
  ),
  bug(
    "a card is put into use without being read back",
    [{ tests: "test/personalize/personalize-card.test.ts", named: "." }],
    [
      PERSONALIZE,
      "    compareCard(said ?? (await identifyCard(card, context.keys, context.random)), expected);\n",
      "    await identifyCard(card, context.keys, context.random);\n    void expected;\n",
    ],
  ),
  bug(
    "keys of 32 bytes pass for AES-128",
    [{ tests: SOLD, named: "names keys of AES-256" }],
    ["personalize/key-information.ts", '32: "AES-256"', '32: "AES-128"'],
  ),
  bug(
    "a serial number of FF names a chip",
    [{ tests: SOLD, named: "production data of FF" }],
    ["personalize/chip.ts", "if (constant || ", "if ("],
  ),
  bug(
    "factory keys are named in P1 of PUT KEY",
    [{ tests: SOLD, named: "P1 of PUT KEY has no room" }],
    [
      "personalize/rotate-keys.ts",
      "from !== FACTORY_KEY_VERSION ? from :",
      "from !== FACTORY_KEY_VERSION || told ? from & 0x7f :",
    ],
  ),
  bug(
    "factory keys that stay beside new ones are not noticed",
    [
      { tests: "test/personalize/kept-factory-keys.test.ts", named: "on a card that keeps them" },
      { tests: "test/cli/personalize.test.ts", named: "warns of a card that keeps its factory keys" },
    ],
    [
      "personalize/rotate-keys.ts",
      "from === FACTORY_KEY_VERSION ? await keysThrough(renewed) : told);",
      "from === FACTORY_KEY_VERSION ? undefined : told);",
    ],
  ),
  bug(
    "responses are encrypted although the profile turns it off",
    [{ tests: SOLD, named: "where the profile turns encryption off" }],
    ["apdu/secure-channel/session.ts", " & ~(options.avoid ?? 0)", ""],
  ),
  bug(
    "the maker of cards gets advice for a till",
    [{ tests: SOLD, named: "has a sentence for who makes cards" }],
    [
      "personalize/errors.ts",
      "if (!(cause instanceof CardStatusError)) throw",
      "if (!(cause instanceof CardStatusError) || cause.sw) throw",
    ],
  ),
  bug(
    "the reset of a chip frees the place of a good card with the same serial number",
    [{ tests: SOLD, named: "never retire a good card" }],
    ["personalize/reset-card.ts", "  if (!own && (cardId || !begun)) return;\n", "  void begun;\n"],
  ),
  bug(
    "a card that was given up passes for the one that took its place",
    [{ tests: SOLD, named: "never done already" }],
    [PERSONALIZE, "if (!item.cardId || !equalBytes(item.cardId, cardId))", "if (!item.cardId)"],
  ),
  bug(
    "a mistyped value is repeated in the error of its file",
    [{ tests: "test/common/schema-mistakes.test.ts", named: "never repeat a value" }],
    [
      "common/schema-mistakes.ts",
      'typeof value === "string" ? meant(value, known)',
      'typeof value === "string" ? ", have ".concat(value)',
    ],
  ),
  bug(
    "a mistake stands in the line of the field before it",
    [{ tests: "test/common/schema-mistakes.test.ts", named: "have sentences with lines" }],
    ["common/yaml-lines.ts", "    names.pop();\n    parent.key = undefined;", "    parent.key = undefined;"],
  ),
  bug(
    "a profile's policy is judged without its lines",
    [{ tests: "test/cli/personalize.test.ts", named: "names what is wrong with one" }],
    [
      "cli/personalization-setup.ts",
      "MAX_PROFILE_LENGTH), path, policyMistakes)",
      "MAX_PROFILE_LENGTH), path)",
    ],
  ),
  bug(
    "a QR code is printed torn",
    [{ tests: "test/cli/narrow.test.ts", named: "says how wide it must be" }],
    ["common/qr.ts", "return needs > columns ?", "return needs > columns + 60 ?"],
  ),
  bug(
    "a till does not lend its sales to who asks its node",
    [{ tests: "test/cli/terminal.test.ts", named: "are done by the till's process" }],
    ["cli/terminal-session.ts", "    opened.lend({ path, store });\n", ""],
  ),
  bug(
    "a refund waits for the node instead of asking who runs it",
    [{ tests: "test/cli/terminal.test.ts", named: "is paid by that process" }],
    ["cli/node/till.ts", "served ? undefined : await openNode(", "await openNode("],
  ),
  bug(
    "a simulated card takes an address that nobody can dial",
    [{ tests: "test/cli/card.test.ts", named: "never overwrites a card" }],
    [
      "cli/commands/simulate.ts",
      "    if (problem) throw new InputError(`--node-uri:",
      '    if (problem === "") throw new InputError(`--node-uri:',
    ],
  ),
  bug(
    "money of the past is taken for money",
    [{ tests: "test/common/csv.test.ts", named: "61500dem" }],
    ["common/price.ts", "CURRENCIES.has(code.toUpperCase())", "/^[a-z]{3}$/i.test(code)"],
  ),
  bug(
    "the settings of a terminal come before its options",
    [{ tests: "test/cli/terminal-settings.test.ts", named: "options come first" }],
    [
      "cli/terminal-settings.ts",
      "  ...readTerminalSettings(options.node),\n  ...options,\n",
      "  ...options,\n  ...readTerminalSettings(options.node),\n",
    ],
  ),
  bug(
    "a holder's name is markup on a page to print",
    [{ tests: "test/personalize/printable.test.ts", named: "is no markup" }],
    ["personalize/printable.ts", '  "<": "&lt;",\n', ""],
    ["personalize/printable.ts", "[&<>\"']", "[&\"']"],
  ),
  bug(
    "a sale counts in every day that is closed after it",
    [{ tests: "test/terminal/day.test.ts", named: "has what is final and in no day yet" }],
    [
      "host/terminal/sale-store.ts",
      "(state in ('paid', 'cancelled', 'refused') and z is null)",
      "(state in ('paid', 'cancelled', 'refused'))",
    ],
  ),
  bug(
    "foreign text on a receipt commands the printer",
    [{ tests: "test/cli/receipt-printer.test.ts", named: "has nothing of foreign text" }],
    ["cli/receipt-printer.ts", 'isText(one, codePage) ? one : "?"', "isText(one, codePage) ? one : one"],
  ),
]);
