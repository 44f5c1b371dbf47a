import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Signals all processes of a server: SIGKILL is a power cut, SIGSTOP a machine that hangs, SIGCONT its awakening. */
export function signalServer(data: string, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
  const [first = ""] = readFileSync(join(data, "postmaster.pid"), "latin1").split("\n");
  const children = readFileSync(`/proc/${first}/task/${first}/children`, "latin1").trim().split(" ");
  for (const pid of [first, ...children])
    try {
      process.kill(Number.parseInt(pid, 10), signal);
    } catch {
      // It ended meanwhile.
    }
}
