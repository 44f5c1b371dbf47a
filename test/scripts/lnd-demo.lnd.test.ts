import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { provideLnds } from "../../scripts/lnd/provide.mjs";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { runToEnd } from "../../testing/programs.js";

const ROOT = join(import.meta.dirname, "../..");
const START = join(ROOT, "scripts/start.mjs");

it("the demo plays on two lnd", async () => {
  const lnds = await provideLnds();
  if ("reason" in lnds) throw new Error(lnds.reason);
  const [, payer = ""] = lnds.args;
  const env = { CHEQUECARD_PCSC: "off" };
  const played = await chequecard(["demo", ...lnds.args], { env });
  expect([played.exitCode, played.err]).toEqual([0, ""]);
  expect(played.out).toContain("Two lnd (0.21.1-beta) with a channel between them, on regtest");
  expect(played.out).toMatch(/All 22 steps went as they should/);
  const other = join(newFolder(), "other");
  mkdirSync(other);
  const alone = await chequecard(["demo", "--payer", payer, "--merchant", other], { env });
  expect(alone.err).toContain(`--merchant: ${other} names no lnd`);
  expect((await chequecard(["demo", "--payer", payer], { env })).err).toContain("need both");
  await lnds.stop();
  expect(existsSync(dirname(payer))).toBe(false);
});

it("npm start -- --lnd without lnd and without a Go that builds it says so in one sentence", async () => {
  const folder = newFolder();
  const go = join(folder, "go");
  writeFileSync(go, "#!/bin/sh\necho go version go1.10 linux/amd64\n");
  chmodSync(go, 0o755);
  const env = { PATH: `${folder}:${process.env.PATH}`, XDG_CACHE_HOME: folder };
  const { code, out } = await runToEnd(START, ["--lnd"], { cwd: ROOT, env });
  expect(code).toBe(1);
  expect(out).toContain(
    "The demo cannot play on lnd, because Go 1.25.10 or newer is needed, and " +
      `${go} is go version go1.10 linux/amd64. Without --lnd it plays on embedded nodes.\n`,
  );
});
