import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { cardData, detailsText } from "../../cli/issuer/card-view.js";
import { withLedger } from "../../cli/personalization-setup.js";
import { utf8 } from "../../common/index.js";
import { listCards } from "../../issuer/ledger/index.js";
import { cardDetails } from "../../issuer/reports/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { KeyFile } from "../../keys/index.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { NODE_URI } from "../personalize/deterministic.js";

const PASSPHRASES = { CHEQUECARD_PASSPHRASE: "keys", CHEQUECARD_LETTERS_PASSPHRASE: "letters" };

const PROFILE = `name: festival
node-uri: ${NODE_URI}
limits: { credit: 50000sat, max-per-transaction: 25000sat, pin-threshold: 5000sat, no-pin-budget: 20000sat }
pin: random
card-keys: { version: 255, rotate-to: 48 }
policy: { maxPer24h: 30000sat }
`;

/** A folder with a key file, a profile and some blank cards, and the command line in it. */
async function workshop(
  cards: number,
  use: (
    run: (...args: string[]) => ReturnType<typeof chequecard>,
    path: (name: string) => string,
  ) => Promise<void>,
): Promise<void> {
  await inFolder(async (path) => {
    const run = (...args: string[]) => chequecard(args, { env: PASSPHRASES });
    writeFileSync(path("festival.yaml"), PROFILE);
    // As `keys create` makes it, with a passphrase that costs less.
    const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
    await (
      await KeyFile.create(path("keys.json"), utf8(PASSPHRASES.CHEQUECARD_PASSPHRASE), "festival", cheap)
    ).close();
    if (cards > 0) {
      const blank = await run("simulate", "blank", path("card.json"), "--test-key", "--count", String(cards));
      expect(blank.err).toContain("published GlobalPlatform test key");
      expect(blank.exitCode).toBe(EXIT.OK);
    }
    await use(run, path);
  });
}

const setup = (path: (name: string) => string): string[] => [
  ...["--profile", path("festival.yaml"), "--keys", path("keys.json"), "--ledger", path("ledger.db")],
  ...["--journal", path("batch.journal"), "--letters", path("letters"), "--test-key"],
];

describe("personalization on the command line", () => {
  it("explains a profile, and names what is wrong with one", () =>
    workshop(0, async (run, path) => {
      const good = await run("profiles", "check", path("festival.yaml"));
      expect(good.out).toContain("Without PIN up to 5,000 sat a time and 20,000 sat in all");
      writeFileSync(
        path("bad.yaml"),
        PROFILE.replace("20000sat", "2000sat").replace("maxPer24h", "maxPerDay"),
      );
      const bad = await run("profiles", "check", path("bad.yaml"));
      expect(bad).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
      expect(bad.err).toContain("2,000 sat in all is less than pin-threshold 5,000 sat");
      expect(bad.err).toMatch(/2 mistakes:.+line \d+: policy\/maxPerDay: unknown field; did you mean/s);
      writeFileSync(path("bad.yaml"), PROFILE.replace("maxPer24h", "maxPerDay"));
      expect((await run("profiles", "check", path("bad.yaml"))).err).toMatch(
        /line \d+: policy\/maxPerDay: unknown field/,
      );
      expect(await run("profiles", "check", path("none.yaml"))).toMatchObject({ exitCode: EXIT.INPUT });
    }));

  it("warns of a card that keeps its factory keys, alone and in a batch, and lists both", () =>
    workshop(0, async (run, path) => {
      const warning = "WARNING: the card kept its factory keys (version 255) beside the new ones";
      const blank = ["simulate", "blank", "--test-key", "--keeps-factory-keys"];
      for (const name of ["a.json", "b.json"])
        expect(await run(...blank, path(name))).toMatchObject({ exitCode: EXIT.OK });
      const one = await run("personalize", "one", ...setup(path), "--card", path("a.json"));
      expect(one).toMatchObject({ exitCode: EXIT.OK, err: expect.stringContaining(warning) });
      const journal = path("second.journal");
      const options = [...setup(path), "--journal", journal, "--count", "1", "--card", path("b.json")];
      const batch = await run("personalize", "batch", ...options);
      expect(batch).toMatchObject({ exitCode: EXIT.OK, err: expect.stringContaining(warning) });
      for (const file of [path("batch.journal"), journal]) {
        const status = await run("personalize", "status", file);
        expect(status.out).toContain(warning);
        expect(status.out).toMatch(/^0001\s+255\s+[0-9a-f]{24}$/m);
      }
    }));

  it("makes one card, verifies it, and makes its chip blank again", () =>
    workshop(1, async (run, path) => {
      const card = path("card.json");
      const one = ["personalize", "one", ...setup(path), "--card", card, "--number", "A7", "--holder", "Ada"];
      const made = await run("--json", ...one);
      expect(JSON.parse(made.out)).toMatchObject({
        how: "made",
        number: "A7",
        apdus: 18,
        keepsFactoryKeys: false,
      });
      const verify = [
        "personalize",
        "verify",
        "--keys",
        path("keys.json"),
        "--ledger",
        path("ledger.db"),
        "--card",
        card,
      ];
      expect(JSON.parse((await run("--json", ...verify)).out)).toMatchObject({
        genuine: true,
        registered: "active",
        credit: "50000000",
        cardId: JSON.parse(made.out).cardId,
        pinSet: true,
      });
      const labels = ["personalize", "labels", path("."), "--qr", "svg", "--journal", path("batch.journal")];
      const told = JSON.parse((await run("--json", ...labels)).out);
      expect(told.labels).toMatchObject([{ cardId: JSON.parse(made.out).cardId }]);
      expect(told.files).toContain(`${JSON.parse(made.out).cardId}.svg`);
      const again = await run(...one);
      expect(again).toMatchObject({ exitCode: EXIT.INPUT });
      expect(again.err).toContain("card A7 is done already");
      const pins = await run(
        "--json",
        "personalize",
        "pins",
        path("letters"),
        "--journal",
        path("batch.journal"),
      );
      expect(JSON.parse(pins.out).letters).toEqual([
        {
          card: JSON.parse(made.out).cardId,
          number: "A7",
          holder: "Ada",
          pin: expect.stringMatching(/^\d{4}$/),
        },
      ]);
      const [{ pin }] = JSON.parse(pins.out).letters;
      const journal = ["--journal", path("batch.journal")];
      const html = await run(
        "personalize",
        "pins",
        path("letters"),
        ...journal,
        "--html",
        path("letters.html"),
      );
      expect(html.out).toContain("1 letter in");
      expect(html.out + html.err).not.toContain(pin);
      expect(readFileSync(path("letters.html"), "utf8")).toContain(`<p class="pin">${pin}</p>`);
      expect(statSync(path("letters.html")).mode & 0o777).toBe(0o600);
      const reset = await run("personalize", "reset", ...setup(path), "--card", card);
      expect(reset.err).toContain("money");
      expect((await run("--json", ...verify)).exitCode).toBe(EXIT.OK);
    }));

  it("makes a card with a certificate, and says what it means wherever the card is shown", () =>
    workshop(1, async (run, path) => {
      const offline = `${PROFILE}offline: { limit: 20000sat, valid-until: 2029-12-31 }\n`;
      writeFileSync(path("festival.yaml"), offline);
      const checked = await run("profiles", "check", path("festival.yaml"));
      expect(checked.out).toContain("accept up to 20,000 sat at once, until the end of 2029-12-31 (UTC)");
      const made = await run("personalize", "one", ...setup(path), "--card", path("card.json"));
      expect(made.err).not.toContain("rror");
      expect(made.out).toContain("up to 20,000 sat at once, until 2029-12-31T23:59:59.000Z");
      const keys = ["--keys", path("keys.json"), "--ledger", path("ledger.db")];
      const verified = await run("personalize", "verify", ...keys, "--card", path("card.json"));
      expect(verified).toMatchObject({ exitCode: EXIT.OK });
      expect(verified.out).toContain(
        "terminals without a connection accept up to 20,000 sat at once, until 2029-12-31T23:59:59.000Z",
      );
      const info = await run("card", "info", "--card", path("card.json"));
      expect(info.out).toContain("has a certificate: a terminal with its issuer's pack may accept it");
      expect((await run("simulate", "show", path("card.json"))).out).toContain("up to 20,000 sat at once");
      await withLedger(path("ledger.db"), async (store) => {
        const [card] = await listCards(store.db);
        if (!card) throw new Error("no card");
        expect(cardData(card)).toMatchObject({
          offlineLimit: 20_000_000n,
          certifiedUntil: "2029-12-31T23:59:59.000Z",
        });
        const details = detailsText(await cardDetails(store, cardIdOf(card.card), 10));
        expect(details).toContain("up to 20,000 sat at once, until 2029-12-31");
      });
      writeFileSync(path("festival.yaml"), offline.replace("2029", "2020"));
      writeFileSync(path("again.json"), readFileSync(path("card.json")));
      const over = await run(
        ...[
          "personalize",
          "one",
          ...setup(path).map((part) => part.replace("batch.journal", "again.journal")),
        ],
        ...["--card", path("again.json")],
      );
      expect(over.exitCode).toBe(EXIT.INPUT);
      expect(over.err).toContain("offline/valid-until: 2020-12-31 is over, by this computer's clock it is");
    }));

  it("makes a batch from a list, says how it stands, and exports labels", () =>
    workshop(3, async (run, path) => {
      writeFileSync(path("list.csv"), "number,holder,credit\n1,Ada,\n2,Bob,1000sat\n3,,\n");
      const cards = [1, 2].flatMap((index) => ["--card", path(`card-000${index}.json`)]);
      const batch = ["personalize", "batch", ...setup(path), "--cards", path("list.csv")];
      const first = await run("--json", ...batch, ...cards);
      expect(first.exitCode).toBe(EXIT.INTERRUPTED);
      expect(JSON.parse(first.out)).toMatchObject({
        complete: false,
        cards: 2,
        counts: { done: 2, open: 1 },
      });
      const status = await run("personalize", "status", path("batch.journal"));
      expect(status.out).toContain("2 of 3");
      const rest = await run("--json", ...batch, "--card", path("card-0003.json"));
      expect(JSON.parse(rest.out)).toMatchObject({ complete: true, cards: 1 });
      expect(rest.exitCode).toBe(EXIT.OK);
      mkdirSync(path("labels"));
      const labels = [
        "personalize",
        "labels",
        path("labels"),
        "--journal",
        path("batch.journal"),
        "--qr",
        "svg",
        "--sheet",
      ];
      expect((await run(...labels)).out).toContain("3 labels, 5 files");
      expect(readFileSync(path("labels/labels.html"), "utf8").match(/<svg /g)).toHaveLength(3);
      expect(readFileSync(path("labels/labels.csv"), "utf8")).toContain(",2,Bob,CHEQUECARD:");
    }));

  it("reports every bad line of a list before anything is touched", () =>
    workshop(1, async (run, path) => {
      writeFileSync(path("list.csv"), "number\n1\n1\n\x07\n");
      const before = readFileSync(path("card.json"));
      const result = await run(
        "personalize",
        "batch",
        ...setup(path),
        "--cards",
        path("list.csv"),
        "--card",
        path("card.json"),
      );
      expect(result).toMatchObject({ exitCode: EXIT.INPUT });
      expect(result.err).toContain("line 3: number 1 stands in line 2 already");
      expect(result.err).toContain("line 4: number");
      expect(existsSync(path("batch.journal"))).toBe(false);
      expect(readFileSync(path("card.json"))).toEqual(before);
      for (const wrong of [[], ["--count", "0"], ["--count", "x"], ["--count", "2", "--cards", "x.csv"]])
        expect(
          await run("personalize", "batch", ...setup(path), ...wrong, "--card", path("card.json")),
        ).toMatchObject({
          exitCode: EXIT.INPUT,
        });
    }));

  it("does without a test key unless it is asked for", () =>
    workshop(1, async (run, path) => {
      const options = setup(path).filter((option) => option !== "--test-key");
      const refused = await run("personalize", "one", ...options, "--card", path("card.json"));
      expect(refused.exitCode).toBe(EXIT.SERVICE);
      expect(refused.err).toContain("there is no master key of version 255");
      expect(await run("simulate", "blank", path("other.json"))).toMatchObject({ exitCode: EXIT.INPUT });
    }));

  it("keeps keys: sets, card keys, passphrase", () =>
    workshop(0, async (run, path) => {
      const made = await run("--json", "keys", "create", path("new.json"), "--label", "festival");
      expect(JSON.parse(made.out)).toMatchObject({
        keySets: [{ label: "festival" }],
        masterKeys: [{ version: 48 }],
      });
      expect(await run("keys", "create", path("new.json"))).toMatchObject({ exitCode: EXIT.SERVICE });
      const file = path("keys.json");
      expect((await run("keys", "add-key-set", file, "--label", "second", "--new-issuer-key")).out).toContain(
        "second",
      );
      const shown = JSON.parse(
        (await run("--json", "keys", "add-card-keys", file, "--key-version", "2")).out,
      );
      expect(shown.keySets).toHaveLength(2);
      expect(shown.masterKeys.map(({ version }: { version: number }) => version)).toEqual([48, 2]);
      expect(await run("keys", "add-card-keys", file, "--key-version", "2")).toMatchObject({
        exitCode: EXIT.SERVICE,
      });
      const changed = await chequecard(["keys", "passphrase", file], {
        env: { ...PASSPHRASES, CHEQUECARD_NEW_PASSPHRASE: "other" },
      });
      expect(changed.exitCode).toBe(EXIT.OK);
      const wrong = await run("keys", "show", file);
      expect(wrong).toMatchObject({ exitCode: EXIT.SERVICE });
      expect(wrong.err).toContain("the passphrase is wrong");
    }));
});

describe("profiles check", () => {
  it.each([
    ["0.0.0.0:9735", [], "reserved address"],
    ["192.0.2.1:9735", [], "reserved address"],
    ["127.0.0.1:9735", ["--network", "bc"], "loopback address"],
    ["10.0.0.1:9735", ["--network", "tb"], "private address"],
    ["localhost:9735", ["--network", "bc"], "loopback address"],
    ["node.example.:9735", [], "IP address or a host name"],
  ])("refuses %s %j, which no stranger can dial", (address, network, problem) =>
    inFolder(async (path) => {
      writeFileSync(path("p.yaml"), PROFILE.replace("node.example:9735", address));
      const run = await chequecard(["profiles", "check", path("p.yaml"), ...network]);
      expect([run.exitCode, run.out, run.err]).toEqual([EXIT.INPUT, "", expect.stringContaining(problem)]);
      const made = await chequecard(["simulate", "new", path("c.json"), "--node-uri", "02ab@x"]);
      expect(made.exitCode).toBe(EXIT.INPUT);
      const init = await chequecard(["issuer", "init", path("issuer"), "--address", "127.1:9735"]);
      expect([init.exitCode, init.err]).toEqual([EXIT.INPUT, expect.stringContaining("--address")]);
    }),
  );

  it("warns of an address of this machine where it can be dialed", () =>
    inFolder(async (path) => {
      writeFileSync(path("p.yaml"), PROFILE.replace("node.example", "127.0.0.1"));
      const run = await chequecard(["profiles", "check", path("p.yaml")]);
      expect([run.exitCode, run.out]).toEqual([EXIT.OK, expect.stringMatching(/^WARNING: .*this machine/m)]);
    }));
});
