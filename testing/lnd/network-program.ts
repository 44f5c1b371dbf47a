// Starts a network and prints the numbers of its processes, then waits to be killed.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Btcd } from "./btcd.js";
import { Lnd } from "./lnd.js";

const folder = process.argv[2] ?? "";
mkdirSync(folder, { recursive: true });
const btcd = await Btcd.start(join(folder, "btcd"));
const lnd = await Lnd.start({ btcd, directory: join(folder, "lnd"), alias: "alone", isMiner: true });
console.log(`${btcd.pid} ${lnd.pid}`);
setInterval(() => {}, 1_000);
