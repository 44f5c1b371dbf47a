import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errno, lockFile } from "../../common/index.js";

/** Takes a lock on the full disk of its last argument, and prints what became of it and what lies there. */
const disk = process.argv.at(-1) ?? "";
let problem = "none";
try {
  lockFile(join(disk, "batch.journal"));
} catch (error) {
  problem = errno(error);
}
console.log(JSON.stringify({ problem, left: readdirSync(disk) }));
