import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { sat, utf8 } from "../../common/index.js";
import { KeyFile } from "../../keys/index.js";
import { encodeInvoice } from "../../lightning/bolt11/index.js";
import { PinLetters } from "../../personalize/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { NODE_URI } from "../personalize/deterministic.js";
import { inTerminal, type TerminalRun } from "../pseudo-terminal.js";

let folder: string;
let program: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = newFolder();
  program = await buildProgram("cli/main.ts");
  const env = { CHEQUECARD_PASSPHRASE: PASSPHRASE, CHEQUECARD_LETTERS_PASSPHRASE: LETTERS };
  const made = async (args: readonly string[], more: Record<string, string> = {}): Promise<void> => {
    const { exitCode, err } = await chequecard(args, { env: { ...env, ...more } });
    expect([args.join(" "), exitCode, err]).toEqual([args.join(" "), EXIT.OK, expect.anything()]);
  };
  const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
  await (await KeyFile.create(at("keys"), utf8(PASSPHRASE), "issuer", cheap)).close();
  (await PinLetters.create(at("letters"), utf8(LETTERS), cheap)).close();
  await made(["simulate", "new", at("card.json"), "--pin"], { CHEQUECARD_PIN: PIN });
  await made(["simulate", "blank", at("blank.json"), "--test-key", "--key-version", "255"]);
  writeFileSync(
    at("profile.yaml"),
    `name: festival\nnode-uri: ${NODE_URI}\nlimits: { credit: 50000sat, pin-threshold: 5000sat }\npin: random\n`,
  );
  await made(["personalize", "one", ...SETUP(), "--card", at("blank.json"), "--test-key"]);
});

const PIN = "472953";
const PASSPHRASE = "correct horse battery";
const LETTERS = "kw4-zzq9-vx71";
const SETUP = (): string[] => [
  ...["--profile", at("profile.yaml"), "--ledger", at("ledger.db"), "--journal", at("journal")],
  ...["--keys", at("keys"), "--letters", at("letters")],
];

const run = (columns: number, ...args: string[]): TerminalRun =>
  inTerminal([process.execPath, program, ...args], columns);
/**
 * Nothing that was typed in secret is on the screen, whole or in part. Tokens and keys, which hold any four digits by
 * chance, do not count for short secrets.
 */
function showsNone(terminal: TerminalRun, ...secrets: string[]): void {
  for (const secret of secrets) {
    const isShort = secret.length < 16;
    const screen = isShort ? terminal.screen().replace(/[0-9a-z]{16,}/gi, "") : terminal.screen();
    const length = isShort ? 4 : 8;
    for (let from = 0; from + length <= secret.length; from++)
      expect([secret, screen]).toEqual([
        secret,
        expect.not.stringContaining(secret.slice(from, from + length)),
      ]);
  }
}
const invoice = (amount: number): string =>
  encodeInvoice(
    { network: "bcrt", amount: sat(amount), timestamp: Math.floor(Date.now() / 1000) },
    {
      paymentHash: new Uint8Array(32).fill(7),
      paymentSecret: new Uint8Array(32).fill(8),
      description: "beer",
    },
    new Uint8Array(32).fill(9),
  );

describe.each([80, 40])("on a terminal of %i columns", (columns) => {
  it("a new simulated card gets a PIN that is not shown, and no PIN of two digits", async () => {
    const card = at(`new-${columns}.json`);
    const terminal = run(columns, "simulate", "new", card, "--pin");
    await terminal.shows(/4 to 12 digits\): /);
    terminal.type("12\r");
    await terminal.shows(/A PIN has 4 to 12 digits\..*: /);
    // A paste in its frame, an arrow key, a character taken back, and what follows the end.
    terminal.type(`\x1b[200~${PIN}\x1b[201~\x1b[D5\x7f\r${PIN}\r`);
    expect(await terminal.ended).toBe(EXIT.OK);
    showsNone(terminal, PIN);
    const changed = await chequecard(["card", "pin", "change", "--card", card], {
      env: { CHEQUECARD_PIN: PIN, CHEQUECARD_NEW_PIN: "5555" },
    });
    expect(changed.exitCode).toBe(EXIT.OK);
  });

  it("a card asks for its PIN until it is right, and Ctrl-C charges nothing", async () => {
    const stopped = run(columns, "card", "authorize", invoice(6000), "--card", at("card.json"));
    await stopped.shows(/PIN: /);
    stopped.type(`${PIN.slice(0, 4)}\x03${PIN}\r`);
    expect(await stopped.ended).toBe(EXIT.INTERRUPTED);
    showsNone(stopped, PIN);
    const terminal = run(columns, "card", "authorize", invoice(6000), "--card", at("card.json"));
    await terminal.shows(/PIN: /);
    terminal.type("918273\r");
    await terminal.shows(/Wrong PIN, 2 tries left\. PIN: /);
    terminal.type(`9999\x15${PIN}\r`);
    await terminal.shows(/Token +[0-9a-f]{20}/);
    expect(await terminal.ended).toBe(EXIT.OK);
    showsNone(terminal, PIN, "918273");
  });

  it("a PIN is changed by who knows it, and Ctrl-C changes nothing", async () => {
    const change = ["card", "pin", "change", "--card", at("card.json")];
    const wrong = run(columns, ...change);
    await wrong.shows(/Present PIN: /);
    wrong.type("918273\r");
    await wrong.shows(/New PIN .*: /);
    wrong.type("646464\r");
    await wrong.shows(/New PIN again: /);
    wrong.type("646464\r");
    expect(await wrong.ended).toBe(EXIT.CARD_REFUSED);
    showsNone(wrong, "918273", "646464");
    const stopped = run(columns, ...change);
    await stopped.shows(/Present PIN: /);
    stopped.type(`${PIN}\r`);
    await stopped.shows(/New PIN .*: /);
    stopped.type("6464\x03");
    expect(await stopped.ended).toBe(EXIT.INTERRUPTED);
    showsNone(stopped, PIN, "6464");
    const changed = run(columns, ...change);
    await changed.shows(/Present PIN: /);
    changed.type(`${PIN}\r`);
    await changed.shows(/New PIN .*: /);
    changed.type(`${PIN}\r`);
    await changed.shows(/New PIN again: /);
    changed.type(`${PIN}\r`);
    await changed.shows(/The PIN is changed\./);
    expect(await changed.ended).toBe(EXIT.OK);
    showsNone(changed, PIN);
  });

  it("a new key file gets a passphrase that was typed twice alike", async () => {
    const file = at(`keys-${columns}`);
    const differ = run(columns, "keys", "create", file);
    await differ.shows(/New passphrase: /);
    differ.type(`${PASSPHRASE}\r`);
    await differ.shows(/New passphrase again: /);
    differ.type("wq7zkx94\r");
    expect(await differ.ended).toBe(EXIT.INPUT);
    showsNone(differ, PASSPHRASE, "wq7zkx94");
    const alike = run(columns, "keys", "create", file);
    await alike.shows(/New passphrase: /);
    alike.type(`${PASSPHRASE}\r`);
    await alike.shows(/New passphrase again: /);
    alike.type(`${PASSPHRASE}\r`);
    expect(await alike.ended).toBe(EXIT.OK);
    showsNone(alike, PASSPHRASE);
    const next = run(columns, "keys", "passphrase", file);
    for (const [question, answer] of [
      [/Passphrase of .*: /, PASSPHRASE],
      [/New passphrase: /, LETTERS],
      [/New passphrase again: /, LETTERS],
    ] as const) {
      await next.shows(question);
      next.type(`${answer}\r`);
    }
    expect(await next.ended).toBe(EXIT.OK);
    showsNone(next, PASSPHRASE, LETTERS);
  });

  it("a master key is typed without echo", async () => {
    const key = "00112233445566778899aabbccddeeff";
    const terminal = run(
      columns,
      "keys",
      "add-card-keys",
      at("keys"),
      "--import",
      "--key-version",
      String(columns),
    );
    await terminal.shows(/Master key of the cards, 32 hex digits: /);
    terminal.type(`${key}\r`);
    await terminal.shows(/Passphrase of .*: /);
    terminal.type(`${PASSPHRASE}\r`);
    expect(await terminal.ended).toBe(EXIT.OK);
    showsNone(terminal, key, PASSPHRASE);
  });

  // Each opens a file with a passphrase: a wrong one is refused, Ctrl-C stops, the right one is taken.
  it.each([
    ["keys show", () => ["keys", "show", at("keys")], PASSPHRASE],
    [
      "simulate blank",
      () => ["simulate", "blank", at(`blank-${columns}.json`), "--keys", at("keys"), "--key-version", "48"],
      PASSPHRASE,
    ],
    [
      "personalize verify",
      () => [
        ...["personalize", "verify", "--keys", at("keys"), "--test-key"],
        ...["--ledger", at("ledger.db"), "--card", at("blank.json")],
      ],
      PASSPHRASE,
    ],
    ["personalize pins", () => ["personalize", "pins", at("letters"), "--journal", at("journal")], LETTERS],
  ] as const)("%s takes a passphrase that is not shown", async (_name, args, secret) => {
    const ends = async (keys: string): Promise<number | null> => {
      const terminal = run(columns, ...args());
      await terminal.shows(/Passphrase of .*: /);
      terminal.type(keys);
      const code = await terminal.ended;
      showsNone(terminal, secret);
      return code;
    };
    expect(await ends(`${secret}!\r`)).not.toBe(EXIT.OK);
    expect(await ends(`${secret}\x03`)).toBe(EXIT.INTERRUPTED);
    expect(await ends(`${secret}\r${secret}\r`)).toBe(EXIT.OK);
  });
});

it("a secret that cannot be asked for is named, with where else it may come from", async () => {
  for (const [args, name, instead] of [
    [["keys", "show", at("keys")], "Passphrase of ", "CHEQUECARD_PASSPHRASE"],
    [["keys", "create", at("none")], "New passphrase", "CHEQUECARD_PASSPHRASE"],
    [["card", "pin", "change", "--card", at("card.json")], "Present PIN", "CHEQUECARD_PIN"],
    [["simulate", "new", at("none.json"), "--pin"], "PIN for the new card", "CHEQUECARD_PIN"],
    [
      ["personalize", "pins", at("letters"), "--journal", at("journal")],
      "Passphrase of ",
      "CHEQUECARD_LETTERS_PASSPHRASE",
    ],
    [["card", "authorize", invoice(6000), "--card", at("card.json")], "PIN: ", "CHEQUECARD_PIN"],
    [
      ["issuer", "init", at("none"), "--factory-keys", "test"],
      "New passphrase",
      "CHEQUECARD_PASSPHRASE, or give --passphrase-fd",
    ],
  ] as const) {
    const { exitCode, err } = await chequecard(args);
    expect([args, exitCode]).toEqual([args, EXIT.INPUT]);
    expect(err).toContain(name);
    expect(err).toContain("there is no terminal to ask for it");
    expect(err).toContain(instead);
  }
});

it("a passphrase is not read from a descriptor that shows what is typed", async () => {
  const said = ["--address", "a.example:1", "--currency", "none", "--no-pin", "--factory-keys", "test"];
  const terminal = run(80, "issuer", "init", at("shown"), ...said, "--passphrase-fd", "0");
  await terminal.shows(/file descriptor 0 is a terminal/);
  expect(await terminal.ended).toBe(EXIT.INPUT);
});

it("a PIN that is typed too early, or twice, stands nowhere", async () => {
  const terminal = run(80, "card", "authorize", invoice(7000), "--card", at("card.json"));
  await terminal.shows(/lay the card on the reader/);
  terminal.type(PIN);
  await terminal.shows(/PIN: /);
  terminal.type(`${PIN}\r${PIN}\r`);
  await terminal.shows(/\n/);
  terminal.type(`${PIN}\r`);
  await terminal.ended;
  showsNone(terminal, PIN);
});
