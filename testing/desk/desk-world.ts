import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { chequecard } from "../command-run.js";
import { easeKeyFile } from "../easy-keys.js";
import { freePorts } from "../lnd/process.js";
import { type RunningProgram, runProgram } from "../programs.js";
import { keyOf } from "../server/api-client.js";

const MAIN = resolve(import.meta.dirname, "../../dist/cli/main.js");
const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };

/** Labels that would be code if a page took them for it. */
const HOSTILE = `<img src=x onerror="document.title='taken'">`;

/**
 * An issuer whose desk is a process of its own, with blank cards on a simulated reader, and a shop on the same chain.
 * @param folder a new one @param blanks how many @param program the compiled command
 */
export async function openDeskWorld(folder: string, blanks: number, program = MAIN) {
  const at = (name: string): string => join(folder, name);
  const issuer = at("issuer");
  const shop = at("shop");
  const [port = 0, web = 0] = await freePorts(2);
  const run = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { exitCode, out, err } = await chequecard(["--json", ...args], {
      env: { ...ENV, CHEQUECARD_ISSUER: issuer },
    });
    if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
    return JSON.parse(out === "" ? "{}" : out);
  };
  const address = ["--port", String(port), "--address", `127.0.0.1:${port}`];
  const chain = ["--chain", at("chain.db")];
  await run("issuer", "init", issuer, "--factory-keys", "test", "--label", "festival", ...address, ...chain);
  await easeKeyFile(join(issuer, "issuer.keys"), ENV.CHEQUECARD_PASSPHRASE);
  const config = join(issuer, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  await run("simulate", "blank", at("blank.json"), "--test-key", "--count", String(blanks));
  const files = Array.from({ length: blanks }, (_, i) => `blank-${String(i + 1).padStart(4, "0")}.json`);
  const { key } = keyOf(issuer, "desk");
  const readKey = keyOf(issuer, "read").key;
  const url = `http://127.0.0.1:${web}/`;
  let process: RunningProgram | undefined;
  const sales = new AbortController();
  let selling: Promise<unknown> | undefined;
  return {
    issuer,
    url,
    key,
    readKey,
    files,
    run,
    list: `number,holder\nZ0001,"${HOSTILE.replaceAll('"', '""')}"\n`,
    hostile: HOSTILE,
    file: (name: string) => at(name),
    /** Starts the desk, or starts it again. */
    async start(): Promise<void> {
      const cards = files.flatMap((file) => ["--card", at(file)]);
      const args = ["issuer", "serve", issuer, "--http", `127.0.0.1:${web}`, "--test-key", ...cards];
      process = runProgram(program, args, { env: ENV });
      await process.says(/the API takes requests/);
    },
    /** Ends the desk at once. */
    async kill(): Promise<void> {
      await process?.end("SIGKILL");
    },
    /** Makes the shop, with a channel from the issuer's node. */
    async openShop(): Promise<void> {
      const told: string[] = [];
      selling = chequecard(["node", "start", shop, ...chain], {
        signal: sales.signal,
        onErr: (text) => told.push(text),
      });
      for (let tries = 0; ; tries++)
        try {
          await run("node", "fund", join(issuer, "node"), "--peer", shop, "--amount", "1000000sat");
          break;
        } catch (error) {
          if (tries > 100) throw new Error(`the shop does not open: ${told.join("")}`, { cause: error });
          await new Promise((done) => setTimeout(done, 100));
        }
      // Each sale runs the shop's node itself.
      sales.abort();
      await selling;
    },
    /** A sale with the card of a file. */
    sell: (amount: string, file: string) =>
      run("terminal", "charge", "--amount", amount, "--node", shop, "--card", at(file), "--yes"),
    async close(): Promise<void> {
      sales.abort();
      await selling?.catch(() => undefined);
      await process?.end("SIGTERM");
    },
  };
}
