// Loops that keep every core busy, so that the tests show whether they depend on speed.
import { spawn } from "node:child_process";
import { boundToParent } from "./children.mjs";

const LOOPS = 8;

/** Starts the loops. They end with this process, however it ends. @returns {() => void} ends them */
export function keepBusy() {
  const [program, args] = boundToParent("sh", ["-c", "while :; do :; done"]);
  const loops = Array.from({ length: LOOPS }, () => spawn(program, args, { stdio: "ignore" }));
  return () => {
    for (const loop of loops) loop.kill("SIGKILL");
  };
}
