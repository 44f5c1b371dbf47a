import { existsSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { chequecard, inFolder } from "../../testing/command-run.js";

const KEYS = { K0: "00".repeat(16), K1: "11".repeat(16), K2: "22".repeat(16), K3: "33".repeat(16) };
const PROGRAMMING = { LNURLW: "lnurlw://cards.example/ln", ...KEYS };

describe("a simulated Bolt Card on the command line", () => {
  it("is made of what a programming app is given, and shown without its keys", () =>
    inFolder(async (path) => {
      const [card, keys] = [path("bolt.json"), path("keys.json")];
      writeFileSync(keys, JSON.stringify(PROGRAMMING));
      const made = await chequecard(["simulate", "ntag", card, "--keys", keys, "--uid", "04a39493cc8680"]);
      expect(made).toMatchObject({ exitCode: EXIT.OK });
      expect(statSync(card).mode & 0o777).toBe(0o600);
      const shown = await chequecard(["--json", "simulate", "show", card]);
      expect(JSON.parse(shown.out)).toMatchObject({
        uid: "04a39493cc8680",
        counter: 0,
        address: `lnurlw://cards.example/ln?p=${"0".repeat(32)}&c=${"0".repeat(16)}`,
      });
      expect(made.out + shown.out).not.toMatch(/1111|2222/);
      const listed = await chequecard(["simulate", "list", path("")]);
      expect(listed.out).toMatch(/bolt\.json +04a39493cc8680 +Bolt Card/);
      expect((await chequecard(["simulate", "ntag", card, "--keys", keys])).err).toMatch(/already/);
      const info = await chequecard(["card", "info", "--card", card]);
      expect(info.err).toMatch(/not a chequecard/);
    }));

  it("is made of the fields of the app's codes, too", () =>
    inFolder(async (path) => {
      const keys = path("keys.json");
      const code = {
        lnurlw_base: "lnurlw://cards.example/ln?x=1",
        k1: KEYS.K1,
        k2: KEYS.K2,
        uid_privacy: "Y",
      };
      writeFileSync(keys, JSON.stringify(code));
      const made = await chequecard([
        "--json",
        "simulate",
        "ntag",
        path("b.json"),
        "--keys",
        keys,
        "--plain-uid",
      ]);
      expect(JSON.parse(made.out)).toMatchObject({
        uid: expect.stringMatching(/^04[0-9a-f]{12}$/),
        address: `lnurlw://cards.example/ln?x=1&uid=${"0".repeat(14)}x000000&c=${"0".repeat(16)}`,
      });
    }));

  it.each([
    ["no JSON", "K1", /need JSON/],
    ["a list", "[]", /lnurlw/],
    ["no K1", JSON.stringify({ ...PROGRAMMING, K1: undefined }), /k1/],
    ["a K2 of 15 bytes", JSON.stringify({ ...PROGRAMMING, K2: "ab".repeat(15) }), /k2: need 32 hex digits/],
    ["another address", JSON.stringify({ ...PROGRAMMING, LNURLW: "mailto:a@b.example" }), /address/],
    [
      "an address of 181 characters",
      JSON.stringify({ ...PROGRAMMING, LNURLW: `lnurlw://${"a".repeat(172)}` }),
      /address/,
    ],
  ])("is not made of keys with %s, and the sentence holds no key", (_what, text, sentence) =>
    inFolder(async (path) => {
      writeFileSync(path("keys.json"), text);
      const made = await chequecard(["simulate", "ntag", path("b.json"), "--keys", path("keys.json")]);
      expect(made.exitCode).not.toBe(EXIT.OK);
      expect(made.err).toMatch(sentence);
      expect(made.err).not.toMatch(/abab|2222/);
      expect(existsSync(path("b.json"))).toBe(false);
    }),
  );

  it("has no applet, and no conformance suite", () =>
    inFolder(async (path) => {
      writeFileSync(path("keys.json"), JSON.stringify(PROGRAMMING));
      const card = path("b.json");
      await chequecard(["simulate", "ntag", card, "--keys", path("keys.json")]);
      expect((await chequecard(["simulate", "insert", card, "--applet"])).err).toMatch(/Bolt Card/);
      expect((await chequecard(["conformance", "--card", card])).err).toMatch(/Bolt Card/);
    }));
});
