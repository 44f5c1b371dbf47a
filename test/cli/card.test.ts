import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, sat } from "../../common/index.js";
import { takeToken } from "../../host/index.js";
import { encodeInvoice } from "../../lightning/bolt11/index.js";
import { openCardFile, SimulatedReader } from "../../simulator/index.js";
import { testCardInvoice } from "../../testing/cards/test-card.js";
import { chequecard, inFolder } from "../../testing/command-run.js";

const freshInvoice = (amountSat: number | undefined) =>
  testCardInvoice(amountSat === undefined ? undefined : sat(amountSat), {
    timestamp: Math.floor(Date.now() / 1000),
  }).invoice;

describe("a simulated card on the command line", () => {
  it("is made, shown, tapped and keeps its money between runs", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      const record = path("card.issuer.json");
      expect((await chequecard(["simulate", "new", card, "--credit", "9000sat"])).exitCode).toBe(EXIT.OK);
      for (const file of [card, record]) expect(statSync(file).mode & 0o777).toBe(0o600);
      const invoice = freshInvoice(4000);
      const authorize = ["--json", "card", "authorize", invoice, "--card", card, "--issuer-record", record];
      const first = await chequecard(authorize);
      expect(first.exitCode).toBe(EXIT.OK);
      expect(JSON.parse(first.out)).toMatchObject({
        verified: true,
        facts: { counter: 1, amount: "4000000", authorizedTotal: "4000000", pinVerified: false },
        traffic: { apdus: 2 },
      });
      const again = JSON.parse((await chequecard(authorize)).out);
      expect(again.facts.counter).toBe(1);
      expect(again.token).not.toBe(JSON.parse(first.out).token);
      const shown = JSON.parse((await chequecard(["--json", "simulate", "show", card])).out);
      expect(shown).toMatchObject({ available: "5000000", credit: "9000000", counter: 1 });
      const status = await chequecard([
        "--json",
        "card",
        "identify",
        "--card",
        card,
        "--issuer-record",
        record,
      ]);
      expect(JSON.parse(status.out)).toMatchObject({ genuine: true, fresh: true, available: "5000000" });
      const inspected = await chequecard([
        "token",
        "inspect",
        again.token,
        "--issuer-record",
        record,
        "--invoice",
        invoice,
      ]);
      expect(inspected.out).toMatch(/this token authorizes exactly this invoice and amount/);
      expect(inspected.exitCode).toBe(EXIT.OK);
      const tooMuch = await chequecard(["card", "authorize", freshInvoice(4999), "--card", card]);
      expect(tooMuch).toMatchObject({ exitCode: EXIT.CARD_REFUSED, out: "" });
      expect(tooMuch.err).toMatch(/6984|no PIN|9C02|not enough money/);
      expect((await chequecard(["simulate", "list", dirname(card)])).out).toContain("5,000 sat");
    }));

  it("never overwrites a card, and leaves nothing behind when refused", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      const before = readFileSync(card);
      const again = await chequecard(["simulate", "new", card]);
      expect(again.exitCode).toBe(EXIT.INPUT);
      expect(again.err).toContain("never overwritten");
      expect(readFileSync(card)).toEqual(before);
      for (const [option, value] of [
        ["--credit", "lots"],
        ["--max-per-transaction", "1.5"],
        ["--id", "12"],
        ["--protocol", "T=7"],
        ["--node-uri", "a b"],
        ["--node-uri", `${"02".repeat(33)}@0.0.0.0:9735`],
        ["--node-uri", `${"02".repeat(33)}@[::]:9735`],
        ["--max-transactions", "-1"],
      ] as const) {
        const refused = await chequecard(["simulate", "new", path("other.json"), option, value]);
        expect(refused.exitCode, option).toBe(EXIT.INPUT);
        expect(refused.err).not.toMatch(/\n\s+at /);
      }
      expect(readdirSync(dirname(card)).sort()).toEqual(["card.issuer.json", "card.json"]);
    }));

  it.each([
    ["damaged", "{", "not a whole card file"],
    ["of a newer version", '{"format":"chequecard simulated card","version":99}', "version 99"],
    ["not a card", '{"hello":1}', "format"],
  ])("a card file that is %s is refused and stays as it is", (_name, content, problem) =>
    inFolder(async (path) => {
      writeFileSync(path("card.json"), content);
      const result = await chequecard(["card", "info", "--card", path("card.json")]);
      expect(result.exitCode).toBe(EXIT.INPUT);
      expect(result.err).toContain(problem);
      expect(readFileSync(path("card.json"), "utf8")).toBe(content);
    }),
  );

  it("a card that another program uses is refused by name", () =>
    inFolder(async (path) => {
      await chequecard(["simulate", "new", path("card.json")]);
      const open = openCardFile(path("card.json"));
      const result = await chequecard(["card", "info", "--card", path("card.json")]);
      open.close();
      expect(result.exitCode).toBe(EXIT.INPUT);
      expect(result.err).toMatch(/uses this card/);
    }));

  it("changes the PIN, refuses a malformed one before the card sees it, and never shows one", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card, "--pin"], { env: { CHEQUECARD_PIN: "271828" } });
      const change = (oldPin: string, newPin: string) =>
        chequecard(["--trace", "card", "pin", "change", "--card", card], {
          env: { CHEQUECARD_PIN: oldPin, CHEQUECARD_NEW_PIN: newPin },
        });
      for (const bad of ["97", "12ab", "1234567890123"]) {
        const refused = await change("271828", bad);
        expect(refused.exitCode).toBe(EXIT.INPUT);
        expect(refused.err).not.toContain(">");
        expect(refused.err + refused.out).not.toContain(bad);
      }
      const wrong = await change("314159", "8642");
      expect(wrong.exitCode).toBe(EXIT.CARD_REFUSED);
      expect(wrong.err).toContain("That PIN was wrong; 2 tries are left.");
      expect(wrong.err).not.toContain("the customer");
      const right = await change("271828", "8642");
      expect(right.exitCode).toBe(EXIT.OK);
      for (const { out, err } of [wrong, right]) expect(out + err).not.toMatch(/271828|314159|8642/);
      expect((await chequecard(["card", "info", "--card", card])).out).toContain("set, 3 tries left");
    }));

  it.each([
    ["of mixed case", (invoice: string) => invoice.replace("l", "L"), "mixes upper and lower case"],
    ["with a space", (invoice: string) => `${invoice.slice(0, 20)} ${invoice.slice(20)}`, "spaces"],
    [
      "with a typing mistake",
      (invoice: string) => `${invoice.slice(0, -1)}${invoice.endsWith("q") ? "p" : "q"}`,
      "invoice",
    ],
    ["without an amount", () => freshInvoice(undefined), "without an amount"],
  ])("an invoice %s is refused in words and charges nothing", (_name, change, problem) =>
    inFolder(async (path) => {
      await chequecard(["simulate", "new", path("card.json")]);
      const result = await chequecard([
        "card",
        "authorize",
        change(freshInvoice(10)),
        "--card",
        path("card.json"),
      ]);
      expect(result.exitCode).toBe(EXIT.INPUT);
      expect(result.err).toContain(problem);
      expect(
        JSON.parse((await chequecard(["--json", "simulate", "show", path("card.json")])).out).counter,
      ).toBe(0);
    }),
  );
});

describe("card authorize", () => {
  it.each([
    ["an expired invoice", testCardInvoice(sat(10), { timestamp: 1_500_000_000 }).invoice, [], /expired/],
    ["an invoice of another network", freshInvoice(10), ["--network", "bc"], /network|mainnet|regtest/],
    [
      "an invoice of mainnet, whose payers do not dial this machine",
      encodeInvoice(
        { network: "bc", amount: sat(10), timestamp: Math.floor(Date.now() / 1000) },
        { paymentHash: new Uint8Array(32), paymentSecret: new Uint8Array(32), description: "beer" },
        new Uint8Array(32).fill(9),
      ),
      [],
      /127\.0\.0\.1 is a loopback address/,
    ],
  ])("charges nothing for %s", (_name, invoice, options, problem) =>
    inFolder(async (path) => {
      await chequecard(["simulate", "new", path("card.json")]);
      const run = await chequecard(["card", "authorize", invoice, ...options, "--card", path("card.json")]);
      expect([run.exitCode, run.err]).toEqual([EXIT.INPUT, expect.stringMatching(problem)]);
      const shown = await chequecard(["--json", "simulate", "show", path("card.json")]);
      expect(JSON.parse(shown.out)).toMatchObject({ counter: 0, available: "20000000" });
    }),
  );

  it("makes tokens that are inspected also when their invoice has expired, and no others for it", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      const record = path("card.issuer.json");
      const file = openCardFile(card);
      const reader = new SimulatedReader();
      reader.insert(file.card);
      const old = testCardInvoice(sat(10), { timestamp: 1_500_000_000 });
      const { token } = await takeToken(reader, { amount: sat(10), invoiceHash: old.hash });
      const open = testCardInvoice(undefined);
      const { token: chosen } = await takeToken(reader, { amount: sat(11), invoiceHash: open.hash });
      file.close();
      const inspect = (invoice: string, of = token) =>
        chequecard([
          ...["token", "inspect", bytesToHex(of), "--issuer-record", record, "--invoice", invoice],
        ]);
      expect((await inspect(open.invoice, chosen)).out).toContain(
        "authorizes exactly this invoice, which leaves the amount to it",
      );
      expect(await inspect(old.invoice)).toMatchObject({
        exitCode: EXIT.OK,
        out: expect.stringContaining("authorizes exactly this invoice"),
      });
      expect((await inspect(freshInvoice(10))).err).toContain("authorized another invoice");
    }));
});

describe("the rest of the command line", () => {
  it("decodes invoices and says whether they can be paid", async () => {
    const good = await chequecard(["--json", "invoice", "decode", freshInvoice(25)]);
    expect(JSON.parse(good.out)).toMatchObject({ network: "bcrt", amountMsat: "25000" });
    const expired = testCardInvoice(sat(1), { timestamp: 1_500_000_000 }).invoice;
    const late = await chequecard(["invoice", "decode", expired]);
    expect(late.exitCode).toBe(EXIT.CHECK_FAILED);
    expect(late.out).toContain("expired");
    const other = await chequecard(["invoice", "decode", freshInvoice(1), "--network", "bc"]);
    expect(other.out).toContain("for another network");
    expect((await chequecard(["invoice", "decode", freshInvoice(1), "--network", "mars"])).err).toContain(
      "--network",
    );
  });

  it("refuses tokens that are none", async () => {
    for (const [token, problem] of [
      ["zz", "hex digits"],
      ["0102", "need 149 bytes, have 2"],
      ["09".repeat(149), "need 01 to 04"],
    ] as const) {
      const result = await chequecard(["token", "inspect", token]);
      expect(result.exitCode).toBe(EXIT.INPUT);
      expect(result.err).toContain(problem);
    }
  });

  it("says what is wrong with the call", async () => {
    expect((await chequecard(["frobnicate"])).exitCode).toBe(EXIT.INPUT);
    expect((await chequecard(["card", "info", "--card", "a.json", "--reader", "b"])).err).toContain(
      "choose one",
    );
    expect((await chequecard(["simulate", "show"])).err).toContain("missing required argument");
    const asJson = await chequecard(["--json", "simulate", "show", "/nowhere/card.json"]);
    expect(JSON.parse(asJson.out).error.code).toBe("missing");
    expect(asJson.exitCode).toBe(EXIT.INPUT);
  });

  it("has help for every command, with the exit codes", async () => {
    const help = await chequecard(["--help"]);
    expect(help.exitCode).toBe(EXIT.OK);
    expect(help.out).toContain("130  stopped by Ctrl-C");
    for (const command of [
      ["card", "authorize"],
      ["simulate", "new"],
      ["simulate", "insert"],
      ["invoice", "decode"],
      ["token", "inspect"],
      ["readers"],
    ])
      expect((await chequecard([...command, "--help"])).out, command.join(" ")).toMatch(/Example/);
  });

  it("holds simulated cards to the specification", () =>
    inFolder(async (path) => {
      await chequecard(["simulate", "new", path("card.json"), "--protocol", "T=0"]);
      const result = await chequecard([
        "--json",
        "conformance",
        "--card",
        path("card.json"),
        "--only",
        "update",
      ]);
      expect(result.exitCode).toBe(EXIT.OK);
      const report = JSON.parse(result.out) as { passed: number; failed: number; results: unknown[] };
      expect(report.failed).toBe(0);
      expect(report.passed).toBeGreaterThan(3);
      expect((await chequecard(["conformance"])).err).toContain("need either --card or --reader");
      const asItIs = await chequecard(["conformance", "--reader", "no such reader"]);
      expect(asItIs.exitCode).toBe(EXIT.READER);
      expect((await chequecard(["conformance", "--list"])).out.split("\n").length).toBeGreaterThan(20);
    }));

  it("runs the demonstration in process", async () => {
    const demo = await chequecard(["--json", "demo"], { env: { CHEQUECARD_PCSC: "off" } });
    expect(demo.exitCode).toBe(EXIT.OK);
    const { steps } = JSON.parse(demo.out) as { steps: { title: string; outcome: string }[] };
    expect(steps.length).toBeGreaterThanOrEqual(8);
    expect(steps[1]?.outcome).toMatch(/^Paid: 2,500 sat on the bar's own node/);
    const outcomeOf = (title: string) => steps.find((step) => step.title.includes(title))?.outcome;
    expect(outcomeOf("The power goes")).toMatch(/^Accepted, not paid yet: 2,500 sat/);
    expect(outcomeOf("reported lost.")).toContain("does not want this card to be accepted");
    expect(outcomeOf("USB stick")).toMatch(/^2 sales over 8,500 sat on it/);
    expect(steps.at(-1)?.outcome).toMatch(/^Both agree to the millisatoshi/);
  });
});
