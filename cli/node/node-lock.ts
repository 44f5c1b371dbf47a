import { join } from "node:path";
import {
  acquireProcessLock,
  isHeld,
  type LockHolder,
  type ProcessLock,
  systemReason,
} from "../../common/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { InputError } from "../error-report.js";

/** Another process runs the node of this folder. */
export class NodeInUseError extends NodeError {
  constructor(folder: string, { name, hint }: LockHolder) {
    super("storage", `${folder}: ${name} runs this node, and a node must never run twice`, {
      hint: hint ?? `Stop that process first; until then "chequecard node info ${folder}" asks it.`,
    });
  }
}

/**
 * Takes the node of a folder for this process. The lock of a process that was killed is taken over.
 * @throws NodeInUseError, InputError when the folder cannot be written
 */
export function lockNode(folder: string): ProcessLock {
  let taken: ProcessLock | LockHolder;
  try {
    taken = acquireProcessLock(join(folder, "node.lock"));
  } catch (cause) {
    throw new InputError(`${folder}: the folder cannot be written (${systemReason(cause)})`, { cause });
  }
  if (isHeld(taken)) throw new NodeInUseError(folder, taken);
  return taken;
}
