import { join } from "node:path";
import { acquireProcessLock, errno, type ProcessLock } from "../../common/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { InputError } from "../error-report.js";

/** Another process runs the node of this folder. */
export class NodeInUseError extends NodeError {
  constructor(folder: string, pid: number) {
    super("storage", `${folder}: process ${pid} runs this node, and a node must never run twice`, {
      hint: `Stop that process first; until then "chequecard node info ${folder}" asks it.`,
    });
  }
}

/**
 * Takes the node of a folder for this process. The lock of a process that was killed is taken over.
 * @throws NodeInUseError, InputError when the folder cannot be written
 */
export function lockNode(folder: string): ProcessLock {
  let taken: ProcessLock | number;
  try {
    taken = acquireProcessLock(join(folder, "node.lock"));
  } catch (cause) {
    throw new InputError(`${folder}: the folder cannot be written (${errno(cause)})`, { cause });
  }
  if (typeof taken === "number") throw new NodeInUseError(folder, taken);
  return taken;
}
