// npm start: sets everything up, sees to a pcscd with the virtual reader, and runs the demo.
import { join } from "node:path";
import { handleSignals, Interrupted, run } from "./children.mjs";
import { providePcscd } from "./pcscd/provide.mjs";
import { setUp } from "./setup/index.mjs";
import { ROOT } from "./setup/places.mjs";

async function main() {
  const { ok, built } = await setUp("start");
  if (!ok || !built) return 1;
  const pcscd = await providePcscd();
  const off = "reason" in pcscd;
  if (off) console.log(`Without PC/SC, because ${pcscd.reason}: the card will be simulated in process.`);
  try {
    return await run(process.execPath, [join(ROOT, "dist/cli/main.js"), "demo", ...process.argv.slice(2)], {
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
