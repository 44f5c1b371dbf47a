// Two lnd with a channel between them, from wherever lnd can be had, for the demo.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { boundToParent } from "../children.mjs";
import { ROOT } from "../setup/places.mjs";
import { buildLnd } from "./build.mjs";

const PROGRAM = join(ROOT, "dist/testing/lnd/demo-program.js");

/**
 * Builds lnd and btcd where they are not in the cache yet, and starts them.
 * @returns {Promise<{ args: readonly string[], stop: () => Promise<void> } | { reason: string }>} `args`: of the demo;
 *   `reason`: why there is nothing, as half a sentence
 */
export async function provideLnds() {
  const built = await buildLnd();
  if ("reason" in built) return built;
  console.log("Starting btcd and two lnd, with a channel between them.");
  const folder = mkdtempSync(join(tmpdir(), "chequecard-lnd-"));
  const [command, args] = boundToParent(process.execPath, [PROGRAM, folder]);
  const child = spawn(command, args, {
    env: { ...process.env, CHEQUECARD_LND: built.folder },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, so that Ctrl-C does not end it before its user has finished.
    detached: true,
  });
  const gone = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), gone]);
  if (line === "ready")
    return { args: ["--payer", join(folder, "festival"), "--merchant", join(folder, "bar")], stop };
  await stop();
  return { reason: "btcd and lnd did not come up" };
}
