import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { writeCsv } from "../../cli/csv-file.js";
import { EXIT } from "../../cli/exit-codes.js";
import { FileError, utf8 } from "../../common/index.js";
import { SaleStore } from "../../host/terminal/index.js";
import { KeyFile } from "../../keys/index.js";
import { SaleFile } from "../../lightning/dpp/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { inFolder } from "../../testing/command-run.js";
import { runProgram } from "../../testing/programs.js";
import { NODE_URI } from "../personalize/deterministic.js";
import { SECRETS } from "./odd-files-secrets.js";

const PROFILE = `name: festival
node-uri: ${NODE_URI}
limits: { credit: 50000sat }
card-keys: { version: 255 }
`;
let program: string;
beforeAll(async () => {
  program = await buildProgram("test/cli/odd-files-program.ts");
});

/** Every command that takes a file, with `odd` in its place; the other files are good ones. */
const COMMANDS: Readonly<Record<string, (odd: string, at: (name: string) => string) => readonly string[]>> = {
  "profiles check": (odd) => ["profiles", "check", odd],
  "keys create": (odd) => ["keys", "create", odd],
  "keys show": (odd) => ["keys", "show", odd],
  "keys passphrase": (odd) => ["keys", "passphrase", odd],
  "simulate new": (odd) => ["simulate", "new", odd],
  "simulate blank": (odd) => ["simulate", "blank", odd, "--test-key"],
  "simulate show": (odd) => ["simulate", "show", odd],
  "simulate insert": (odd) => ["simulate", "insert", odd],
  "card info": (odd) => ["card", "info", "--card", odd],
  "token inspect --issuer-record": (odd) => ["token", "inspect", "00".repeat(149), "--issuer-record", odd],
  "conformance --card": (odd) => ["conformance", "--card", odd],
  "odt decode --png": (odd) => ["odt", "decode", "--png", odd],
  "odt qr --out": (odd) => ["odt", "qr", `0000${"11".repeat(32)}`, "--png", "--out", odd],
  "personalize batch --cards": (odd, at) => batch(at, "--cards", odd),
  "personalize batch --profile": (odd, at) => batch(at, "--profile", odd, "--count", "1"),
  "personalize batch --keys": (odd, at) => batch(at, "--keys", odd, "--count", "1"),
  "personalize batch --journal": (odd, at) => batch(at, "--journal", odd, "--count", "1"),
  "personalize batch --ledger": (odd, at) => batch(at, "--ledger", odd, "--count", "1"),
  "personalize batch --card": (odd, at) => batch(at, "--card", odd, "--count", "1"),
  "personalize status": (odd) => ["personalize", "status", odd],
  "personalize labels --journal": (odd, at) => ["personalize", "labels", at("."), "--journal", odd],
  "personalize pins": (odd, at) => ["personalize", "pins", odd, "--journal", at("batch.journal")],
  "personalize retry --journal": (odd) => ["personalize", "retry", "--journal", odd, "--chip", "00"],
  "ledger verify --file": (odd) => ["ledger", "verify", "--file", odd],
  "deputy invoice --profile": (odd) => ["deputy", "invoice", "--profile", odd, "--amount", "1sat"],
  "deputy verify --sales": (odd) => ["deputy", "verify", "--sales", odd, "11".repeat(32)],
  "terminal report --sales": (odd, at) => ["terminal", "report", "--node", at("."), "--sales", odd],
  "terminal report --csv": (odd, at) => ["terminal", "report", "--node", at("."), "--csv", odd],
  "node start --chain": (odd, at) => ["node", "start", at("node"), "--chain", odd],
};

function batch(at: (name: string) => string, ...odd: readonly string[]): string[] {
  const usual = {
    "--profile": at("festival.yaml"),
    "--keys": at("keys.json"),
    "--ledger": at("ledger.db"),
    "--journal": at("batch.journal"),
    "--card": at("card.json"),
  };
  const [option] = odd;
  const rest = Object.entries(usual).flatMap(([name, value]) => (name === option ? [] : [name, value]));
  return ["personalize", "batch", "--test-key", ...rest, ...odd];
}

/** What each command line says, one after the other in a process of its own that may wait for ever. */
async function runAll(lines: readonly (readonly string[])[]): Promise<{ code: number; err: string }[]> {
  const child = runProgram(program, [JSON.stringify(lines)], { input: "" });
  try {
    await child.end();
    return child.lines().map((line) => JSON.parse(line));
  } finally {
    await child.end("SIGKILL");
  }
}

describe.runIf(process.platform === "linux")("a command that is given for a file", () => {
  it.each([
    ["a pipe", (path: string) => execFileSync("mkfifo", [path])],
    ["a folder", (path: string) => mkdirSync(path)],
    ["a device", (path: string) => symlinkSync("/dev/zero", path)],
  ])("%s ends at once with a sentence, whichever file it is", (kind, make) =>
    inFolder(async (at) => {
      writeFileSync(at("festival.yaml"), PROFILE);
      const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
      await (
        await KeyFile.create(at("keys.json"), utf8(SECRETS.CHEQUECARD_PASSPHRASE), "festival", cheap)
      ).close();
      const names = Object.keys(COMMANDS);
      make(at("odd"));
      const [blank, ...said] = await runAll([
        ["simulate", "blank", at("card.json"), "--test-key"],
        ...names.map((name) => COMMANDS[name]?.(at("odd"), at) ?? []),
      ]);
      expect(blank).toMatchObject({ code: EXIT.OK });
      expect(said).toHaveLength(names.length);
      const wrong = names.filter((name, index) => {
        const { code = EXIT.OK, err = "" } = said[index] ?? {};
        // A device takes a list that is written to it.
        if (name === "terminal report --csv" && kind === "a device") return code !== EXIT.OK;
        return code === EXIT.OK || code === EXIT.INTERNAL || err.trim() === "" || /\n\s+at /.test(err);
      });
      expect(wrong).toEqual([]);
    }),
  );
});

describe("a list that is written", () => {
  it("does not stay open to everybody, and is the real file's where a link names it", () =>
    inFolder(async (at) => {
      writeFileSync(at("real.csv"), "old");
      chmodSync(at("real.csv"), 0o666);
      symlinkSync(at("real.csv"), at("link.csv"));
      writeCsv(at("link.csv"), "new");
      expect([readFileSync(at("real.csv"), "utf8"), statSync(at("real.csv")).mode & 0o777]).toEqual([
        "new",
        0o644,
      ]);
      writeCsv(at("fresh.csv"), "x");
      expect(statSync(at("fresh.csv")).mode & 0o777).toBe(0o600);
      truncateSync(at("fresh.csv"), 0);
      expect(existsSync(at("link.csv"))).toBe(true);
    }));

  it("waits for no reader of a pipe", () =>
    inFolder(async (at) => {
      execFileSync("mkfifo", [at("pipe")]);
      expect(() => writeCsv(at("pipe"), "x")).toThrow(FileError);
      expect(() => writeCsv(at("."), "x")).toThrow("need a file, this is a folder");
      writeCsv("/dev/null", "x");
    }));
});

describe("a file of sales that was made for everybody", () => {
  it("does not stay so", () =>
    inFolder(async (at) => {
      for (const [name, open] of [
        ["terminal", (path: string) => new SaleStore(path).close()],
        ["point of sale", (path: string) => new SaleFile(path).end()],
      ] as const) {
        writeFileSync(at(name), "");
        chmodSync(at(name), 0o666);
        open(at(name));
        expect([name, statSync(at(name)).mode & 0o777]).toEqual([name, 0o600]);
        linkSync(at(name), at(`second ${name}`));
        expect(() => open(at(name))).toThrow(/2 names \(hard links\)/);
      }
    }));
});
