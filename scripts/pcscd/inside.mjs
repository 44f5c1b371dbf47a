// Runs in fresh namespaces: starts pcscd, runs the given command, ends what it started.
import { mkdirSync, readFileSync } from "node:fs";
import { capture, handleSignals, Interrupted, run } from "../children.mjs";
import { PCSCD_DIRECTORY, startPcscd } from "./service.mjs";

const QUICK_ACK =
  "ip route change local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1";

async function must(command) {
  const [program, ...args] = command.split(" ");
  const { code, output } = await capture(program, args);
  if (code !== 0) throw new Error(`${command}: ${output.trim()}`);
}

async function isolate() {
  try {
    mkdirSync(PCSCD_DIRECTORY, { recursive: true });
  } catch {
    // Not root outside: /run itself becomes private.
    await must("mount -t tmpfs tmpfs /run");
    mkdirSync(PCSCD_DIRECTORY);
  }
  await must(`mount -t tmpfs tmpfs ${PCSCD_DIRECTORY}`);
  await must("ip link set lo up");
  // The virtual reader's driver writes a length and a body apart; the delayed ACK of the first would cost 40 ms.
  await capture("sh", ["-c", QUICK_ACK]);
}

/** The command may have replaced the pcscd that was started here by another; in this namespace it is ours too. */
function endSuccessor(pid) {
  try {
    const successor = Number.parseInt(readFileSync(`${PCSCD_DIRECTORY}/pcscd.pid`, "utf8"), 10);
    if (successor > 1 && successor !== pid) process.kill(successor, "SIGTERM");
  } catch {
    // None is left.
  }
}

handleSignals();
const [program, ...args] = process.argv.slice(2);
let pcscd;
try {
  await isolate();
  pcscd = await startPcscd();
  if (!pcscd) throw new Error("pcscd did not come up");
  process.exitCode = await run(program, args, { env: { CHEQUECARD_PCSCD: "private" } });
} catch (error) {
  if (!(error instanceof Interrupted)) console.error(error.message);
  process.exitCode = error.exitCode ?? 125;
} finally {
  if (pcscd) {
    endSuccessor(pcscd.pid);
    await pcscd.stop();
  }
}
