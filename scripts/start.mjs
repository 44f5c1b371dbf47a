// npm start: sets everything up, sees to a pcscd with the virtual reader, and runs the demo; with `-- --lnd` on two lnd.
import { join } from "node:path";
import { handleSignals, Interrupted, run } from "./children.mjs";
import { provideLnds } from "./lnd/provide.mjs";
import { providePcscd } from "./pcscd/provide.mjs";
import { setUp } from "./setup/index.mjs";
import { ROOT } from "./setup/places.mjs";

const ON_LND = "--lnd";

async function main() {
  const args = process.argv.slice(2);
  const { ok, built } = await setUp("start");
  if (!ok || !built) return 1;
  if (!args.includes(ON_LND)) return play(args);
  const lnds = await provideLnds();
  if ("reason" in lnds) {
    console.log(
      `The demo cannot play on lnd, because ${lnds.reason}. Without ${ON_LND} it plays on embedded nodes.`,
    );
    return 1;
  }
  try {
    return await play([...lnds.args, ...args.filter((arg) => arg !== ON_LND)]);
  } finally {
    await lnds.stop();
  }
}

/** @param {readonly string[]} args of the demo */
async function play(args) {
  const pcscd = await providePcscd();
  const off = "reason" in pcscd;
  if (off) console.log(`Without PC/SC, because ${pcscd.reason}: the card will be simulated in process.`);
  try {
    return await run(process.execPath, [join(ROOT, "dist/cli/main.js"), "demo", ...args], {
      env: off ? { CHEQUECARD_PCSC: "off" } : {},
    });
  } finally {
    if (!off) await pcscd.stop();
  }
}

handleSignals();
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
}
