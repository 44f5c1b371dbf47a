import { setTimeout as pause } from "node:timers/promises";
import { expectNode, openNode } from "../open-node.js";
import type { OpenNode } from "../opened-node.js";
import { askControl, strangeAnswer } from "./control-client.js";
import { NodeInUseError } from "./node-lock.js";
import { type AnswerOf, OPERATIONS, type OperationName, type RequestOf } from "./operations.js";

/** Milliseconds for another process to finish starting or stopping the node. */
const HANDOVER_MS = 10_000;
const RETRY_MS = 100;

/** What a node answered, and who ran it. */
export interface NodeAnswer<Name extends OperationName> {
  readonly answer: AnswerOf<Name>;
  /** False: no process ran the node, so that this one did for the moment. */
  readonly running: boolean;
}

/**
 * Has an operation done by the node of a folder: by the process that runs it, else by this one, which starts the node
 * for the moment.
 * @throws InputError, ParseError, NodeError; NodeInUseError when a process runs it and cannot be asked
 */
export async function askNode<Name extends OperationName>(
  folder: string,
  name: Name,
  request: RequestOf<Name>,
  signal: AbortSignal,
): Promise<NodeAnswer<Name>> {
  expectNode(folder);
  const line = { op: name, ...request };
  const deadline = performance.now() + HANDOVER_MS;
  for (;;) {
    const served = await askControl(folder, line, signal);
    if (served) return { answer: readAnswer(name, served.answer), running: true };
    const own = await runHere(folder, line, performance.now() < deadline);
    if (own) return { answer: readAnswer(name, own.answer), running: false };
    await pause(RETRY_MS, undefined, { signal });
  }
}

/** Has an operation done by the process that runs the node; undefined when none does. @throws as {@link askNode} */
export async function askRunning<Name extends OperationName>(
  folder: string,
  name: Name,
  request: RequestOf<Name>,
  signal: AbortSignal,
): Promise<AnswerOf<Name> | undefined> {
  const served = await askControl(folder, { op: name, ...request }, signal);
  return served && readAnswer(name, served.answer);
}

/** Undefined when another process is just starting or stopping the node. */
async function runHere(
  folder: string,
  line: object,
  mayWait: boolean,
): Promise<{ answer: unknown } | undefined> {
  let opened: OpenNode;
  try {
    opened = await openNode(folder, { roles: [] });
  } catch (error) {
    if (mayWait && error instanceof NodeInUseError) return undefined;
    throw error;
  }
  try {
    return { answer: await opened.run(line) };
  } finally {
    await opened.close();
  }
}

/** Reads what a node answered. @throws NodeError when it is another operation's answer, or none */
export function readAnswer<Name extends OperationName>(name: Name, answer: unknown): AnswerOf<Name> {
  const read = OPERATIONS[name].answer.safeParse(answer);
  if (!read.success) throw strangeAnswer();
  return read.data as AnswerOf<Name>;
}
