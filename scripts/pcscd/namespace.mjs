// A network and a mount namespace, in which a private pcscd runs beside any other on the machine: its socket lies
// on a private tmpfs, and the ports of its virtual reader are on a private loopback.
import { fileURLToPath } from "node:url";
import { capture, findProgram } from "../children.mjs";

const INSIDE = fileURLToPath(new URL("./inside.mjs", import.meta.url));

/** The command line that runs a command in such a namespace, with pcscd. */
export function inNamespace(command, userId = process.getuid?.() ?? -1) {
  const asRoot = userId === 0 ? [] : ["--map-root-user"];
  const unshare = ["unshare", "--net", "--mount", "--propagation", "private", ...asRoot, "--"];
  return [...unshare, process.execPath, INSIDE, ...command];
}

/** Whether this machine lets us have one. */
export async function namespaceWorks() {
  if (!findProgram("unshare") || !findProgram("ip") || !findProgram("mount")) return false;
  const [program, ...args] = inNamespace(["true"]);
  const { code } = await capture(program, args);
  return code === 0;
}
