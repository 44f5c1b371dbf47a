// Starts btcd and two lnd with a channel between them for `npm start -- --lnd`, each with a folder whose terminal.yaml
// names it, says so, and runs until it is ended.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Btcd } from "./btcd.js";
import { openChannel } from "./channels.js";
import { DEPUTY_FLAGS, Lnd } from "./lnd.js";

const folder = process.argv[2] ?? "";
const at = (name: string) => join(folder, name);
const closing: (() => Promise<void>)[] = [];
const end = async () => {
  for (const stop of closing.splice(0).reverse()) await stop();
  process.exit(0);
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end());

mkdirSync(folder, { recursive: true });
const btcd = await Btcd.start(at("btcd"));
closing.push(() => btcd.stop());
const [festival, bar] = await Promise.all([
  Lnd.start({ btcd, directory: at("lnd-festival"), alias: "festival", isMiner: true }),
  Lnd.start({ btcd, directory: at("lnd-bar"), alias: "bar", flags: DEPUTY_FLAGS }),
]);
closing.push(async () => void (await Promise.all([festival.stop(), bar.stop()])));
await openChannel(btcd, festival, bar, { sat: 5_000_000, pushSat: 1_000_000 });
for (const [name, lnd, deputy] of [
  ["festival", festival, false],
  ["bar", bar, true],
] as const) {
  mkdirSync(at(name), { mode: 0o700 });
  // JSON is YAML.
  const node = JSON.stringify({ type: "lnd", ...lnd.access, network: "regtest", deputy });
  writeFileSync(join(at(name), "terminal.yaml"), `node: ${node}\n`);
}
console.log("ready");
