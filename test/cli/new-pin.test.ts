import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { utf8 } from "../../common/index.js";
import { bindStore, openSqlite } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { PinLetters } from "../../personalize/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { NODE_URI } from "../personalize/deterministic.js";
import { inTerminal } from "../pseudo-terminal.js";

const env = { CHEQUECARD_PASSPHRASE: "open-sesame", CHEQUECARD_LETTERS_PASSPHRASE: "wax-on" };
const PROFILE = `name: festival
node-uri: ${NODE_URI}
limits: { credit: 50000sat, max-per-transaction: 25000sat, pin-threshold: 5000sat }
pin: random
card-keys: { version: 255, rotate-to: 48 }
policy: { maxPer24h: 30000sat }
`;

let folder: string;
let program: string;
const card = (): string => join(folder, "card.json");
const run = (...args: string[]) => chequecard(args, { env });
const json = async (...args: string[]) => {
  const { exitCode, out, err } = await run("--json", ...args);
  expect([args, exitCode, err]).toEqual([args, EXIT.OK, ""]);
  return JSON.parse(out);
};
const NEW_PIN = ["cards", "new-pin", "--test-key"];
const desk = () => ["--issuer", folder, "--card", card()];
const shown = (id: string) => json("cards", "show", id, "--issuer", folder);

beforeAll(async () => {
  folder = newFolder();
  program = await buildProgram("cli/main.ts");
  writeFileSync(join(folder, "issuer.yaml"), "database: { sqlite: ledger.db }\n");
  writeFileSync(join(folder, "profile.yaml"), PROFILE);
  const store = await openSqlite({ path: join(folder, "ledger.db") });
  await bindStore(store, { network: "bcrt", nodeId: parseNodeUri(NODE_URI).nodeId });
  await store.close();
  const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
  await (
    await KeyFile.create(join(folder, "issuer.keys"), utf8(env.CHEQUECARD_PASSPHRASE), "festival", cheap)
  ).close();
  mkdirSync(join(folder, "new-pins"));
  (
    await PinLetters.create(
      join(folder, "new-pins", "letters"),
      utf8(env.CHEQUECARD_LETTERS_PASSPHRASE),
      cheap,
    )
  ).close();
  await run("simulate", "blank", card(), "--test-key");
  await json(
    ...["personalize", "one", "--card", card(), "--number", "A17", "--holder", "Anna", "--test-key"],
    ...["--profile", join(folder, "profile.yaml"), "--keys", join(folder, "issuer.keys")],
    ...["--ledger", join(folder, "ledger.db"), "--journal", join(folder, "batch.journal")],
    ...["--letters", join(folder, "letters")],
  );
});

describe("cards new-pin", () => {
  it("does nothing without an answer, and says what it would do", async () => {
    const before = await shown("A17");
    const { exitCode, err } = await run(...NEW_PIN, ...desk());
    expect(exitCode).toBe(EXIT.INPUT);
    expect(err).toMatch(/Reset card .* \(A17 Anna\) .*new PIN\?.*its 50,000 sat/);
    expect(err).toMatch(/--yes/);
    expect(await shown("A17")).toEqual(before);
  });

  it("gives the card a new id with its money, limits and policy, and a letter that is printed again", async () => {
    const old = await shown("A17");
    await json("cards", "limits", "A17", "--max-per-transaction", "7000sat", "--issuer", folder);
    const done = await json(...NEW_PIN, ...desk(), "--yes");
    expect(done).toMatchObject({
      ...{ replaces: old.card, number: "A17", moved: "50000000", left: "50000000" },
      ...{ repeated: false, delivered: true },
    });
    const fresh = await shown("A17");
    expect(fresh).toMatchObject({ card: done.card, replaces: old.card, left: "50000000", label: "A17 Anna" });
    expect(fresh.limits).toMatchObject({ maxPerTransaction: "7000000", pinThreshold: "5000000" });
    expect(fresh.policy).toMatchObject({ maxPer24h: "30000sat" });
    expect(fresh.updatesTaken).toBe(fresh.updates);
    expect(await shown(old.card)).toMatchObject({ state: "retired", left: "0" });
    const pins = ["personalize", "pins", done.letters, "--journal", done.journal];
    for (let times = 0; times < 2; times++)
      expect((await json(...pins)).letters).toMatchObject([
        { card: done.card, number: "A17", holder: "Anna" },
      ]);
    const [{ pin }] = (await json(...pins)).letters;
    const { lines } = await json("issuer", "audit", "--issuer", folder);
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ action: "new-pin", card: done.card, outcome: "done" },
        told: { replaces: old.card, moved: "50000000" },
      }),
    );
    const file = readFileSync(done.letters, "utf8") + readFileSync(done.journal, "utf8");
    expect(file).not.toContain(`"${pin}"`);
    const wrong = pin === "0000" ? "1111" : "0000";
    const change = (from: string) =>
      chequecard(["card", "pin", "change", "--card", card()], {
        env: { CHEQUECARD_PIN: from, CHEQUECARD_NEW_PIN: "246813" },
      });
    expect((await change(wrong)).exitCode).toBe(EXIT.CARD_REFUSED);
    expect((await change(pin)).exitCode).toBe(EXIT.OK);
  });

  it("takes neither a blank card nor a profile without a PIN", async () => {
    const blank = join(folder, "blank.json");
    await run("simulate", "blank", blank, "--test-key");
    const unknown = await run(...NEW_PIN, "--yes", "--issuer", folder, "--card", blank);
    expect([unknown.exitCode, unknown.err]).toEqual([
      EXIT.INPUT,
      expect.stringMatching(/is blank, and no new PIN/),
    ]);
    const path = join(folder, "open.yaml");
    writeFileSync(path, PROFILE.replace("random", "none").replace(", pin-threshold: 5000sat", ""));
    const open = await run(...NEW_PIN, "--yes", ...desk(), "--profile", path);
    expect([open.exitCode, open.err]).toEqual([EXIT.INPUT, expect.stringMatching(/need random, have none/)]);
  });

  it.each([
    [80, ["n\r", "y\r"]],
    [40, ["\x03", "y\r"]],
  ] as const)("asks on a terminal of %i columns, and shows no secret", async (columns, answers) => {
    const before = await shown("A17");
    for (const keys of answers) {
      const terminal = inTerminal([process.execPath, program, ...NEW_PIN, ...desk()], columns);
      await terminal.shows(/Passphrase of .*issuer\.keys: /s);
      terminal.type(`${env.CHEQUECARD_PASSPHRASE}\r`);
      await terminal.shows(/Passphrase of the PIN letters .*letters: /s);
      terminal.type(`${env.CHEQUECARD_LETTERS_PASSPHRASE}\r`);
      await terminal.shows(/\[y\/N\] /);
      terminal.type(keys);
      const code = keys === "y\r" ? EXIT.OK : keys === "n\r" ? EXIT.INPUT : EXIT.INTERRUPTED;
      expect([keys, await terminal.ended]).toEqual([keys, code]);
      for (const secret of Object.values(env)) expect(terminal.screen()).not.toContain(secret);
      if (code !== EXIT.OK) expect((await shown("A17")).card).toBe(before.card);
    }
    const after = await shown("A17");
    expect(after).toMatchObject({ replaces: before.card, left: before.left });
  });
});
