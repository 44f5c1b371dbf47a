import { connect, type Socket } from "node:net";
import { z } from "zod";
import { errno, systemReason } from "../../common/index.js";
import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";
import { InputError } from "../error-report.js";
import { controlSocketPath, MAX_ANSWER_BYTES, readLine, toLine } from "./control-line.js";

/** Milliseconds until an answer must be there: longer than any request takes. */
const ANSWER_MS = 90_000;

const CODES = [
  "unreachable",
  "timeout",
  "not-connected",
  "not-found",
  "already-settled",
  "already-cancelled",
  "bad-invoice",
  "bad-request",
  "network",
  "not-ready",
  "permission",
  "storage",
  "closed",
  "internal",
] as const satisfies readonly NodeErrorCode[];

const REPLY = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), answer: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      kind: z.enum(["node", "input"]),
      code: z.enum(CODES).catch("internal"),
      message: z.string(),
      hint: z.string().optional(),
    }),
  }),
]);

/**
 * Asks the process that runs the node of a folder.
 * @returns the answer; undefined when no process serves this folder
 * @throws InputError, NodeError: what the other process said, or that it did not answer
 */
export async function askControl(
  folder: string,
  request: object,
  signal: AbortSignal,
): Promise<{ readonly answer: unknown } | undefined> {
  const socket = await open(controlSocketPath(folder), folder);
  if (!socket) return undefined;
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    socket.write(toLine(request));
    return read(await readLine(socket, MAX_ANSWER_BYTES, ANSWER_MS));
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

function open(path: string, folder: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      // A connection that breaks ends with "close", which is what the reader waits for.
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", (cause) => {
      const code = errno(cause);
      if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") resolve(undefined);
      else
        reject(
          new NodeError(
            "unreachable",
            `${folder}: the process that runs the node cannot be asked (${systemReason(cause)})`,
            {
              cause,
              hint: code === "EACCES" ? "It runs as another user; ask as that user." : "Try again.",
            },
          ),
        );
    });
  });
}

function read(line: string): { readonly answer: unknown } {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch {
    throw strangeAnswer();
  }
  const reply = REPLY.safeParse(content);
  if (!reply.success) throw strangeAnswer();
  if (reply.data.ok) return { answer: reply.data.answer };
  const { kind, code, message, hint } = reply.data.error;
  const options = hint === undefined ? {} : { hint };
  throw kind === "node" ? new NodeError(code, message, options) : new InputError(message, options);
}

/** The other process speaks another version of this channel. */
export const strangeAnswer = (): NodeError =>
  new NodeError("internal", "the process that runs the node gave an answer that is not understood here", {
    hint: "It may run another version of this software; stop it and start it again.",
  });
