import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { utf8 } from "../../common/index.js";
import { KeyFile } from "../../keys/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { NODE_URI } from "../personalize/deterministic.js";

const ENV = { CHEQUECARD_PASSPHRASE: "keys", CHEQUECARD_LETTERS_PASSPHRASE: "letters" };
const PROFILE = `name: festival
node-uri: ${NODE_URI}
limits: { credit: 50000sat, pin-threshold: 5000sat }
pin: random
card-keys: { version: 255 }
`;

let program: string;
beforeAll(async () => {
  program = await buildProgram("cli/main.ts");
});

/**
 * Runs the command in a mount namespace of its own with a small disk at `disk`, which is filled up before.
 */
function onFullDisk(
  disk: string,
  size: string,
  args: readonly string[],
): { status: number | null; err: string; left: string[] } {
  const script = `mount -t tmpfs -o size=${size} none ${disk} && { head -c 100M /dev/zero > ${disk}/filler; "$0" "$@"; CODE=$?; echo -- >&2; ls -A ${disk} >&2; exit $CODE; }`;
  const { status, stderr } = spawnSync(
    "unshare",
    ["-m", "sh", "-c", script, process.execPath, program, ...args],
    {
      encoding: "utf8",
      env: { ...process.env, ...ENV },
    },
  );
  const lines = stderr.trimEnd().split("\n");
  const first = lines.indexOf("--");
  return { status, err: lines.slice(0, first).join("\n"), left: lines.slice(first + 1) };
}

describe.runIf(process.getuid?.() === 0 && process.platform === "linux")("a full disk", () => {
  const prepare = async (path: (name: string) => string) => {
    mkdirSync(path("disk"));
    writeFileSync(path("festival.yaml"), PROFILE);
    const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
    await (
      await KeyFile.create(path("keys.json"), utf8(ENV.CHEQUECARD_PASSPHRASE), "festival", cheap)
    ).close();
    await chequecard(["simulate", "blank", path("card.json"), "--test-key"]);
    return (ledger: string, journal: string, letters: string) => [
      ...["personalize", "batch", "--count", "1", "--test-key", "--card", path("card.json")],
      ...["--profile", path("festival.yaml"), "--keys", path("keys.json"), "--ledger", ledger],
      ...["--journal", journal, "--letters", letters],
    ];
  };

  it.each([
    ["the journal", "journal"],
    ["the PIN letters", "letters"],
    ["the ledger", "ledger"],
  ])("under %s ends a batch with the code of a service, and leaves no lock", (_, which) =>
    inFolder(async (path) => {
      const args = await prepare(path);
      const place = (name: string) => (name === which ? path(`disk/${name}`) : path(name));
      const batch = args(place("ledger"), place("journal"), place("letters"));
      const full = onFullDisk(path("disk"), "64k", batch);
      expect(full).toMatchObject({ status: EXIT.SERVICE });
      expect(full.err).toMatch(/ENOSPC|full|SQLITE_FULL/);
      expect(full.left.filter((name) => name.includes("lock") || name.endsWith(".tmp"))).toEqual([]);
      expect(readdirSync(path(".")).filter((name) => name.includes("lock"))).toEqual([]);
      // With room again the same command makes the card.
      expect(
        await chequecard(args(path("ledger"), path("journal"), path("letters")), { env: ENV }),
      ).toMatchObject({
        exitCode: EXIT.OK,
      });
    }),
  );
});
