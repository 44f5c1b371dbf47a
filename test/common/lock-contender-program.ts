import { mkdirSync, rmdirSync, writeSync } from "node:fs";
import { acquireProcessLock, isHeld } from "../../common/index.js";

/**
 * Waits for the lock of its argument, does something that two processes must not do at once, and dies holding
 * the lock, so that the next one has to take it over.
 */
const [, , path = ""] = process.argv;
const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

while (isHeld(acquireProcessLock(path))) pause(1);
mkdirSync(`${path}.critical`);
pause(3);
rmdirSync(`${path}.critical`);
writeSync(1, "alone\n");
process.kill(process.pid, "SIGKILL");
