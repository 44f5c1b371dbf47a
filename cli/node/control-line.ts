import type { Socket } from "node:net";
import { relative, resolve } from "node:path";
import { NodeError } from "../../lightning/nodes/errors.js";
import { InputError } from "../error-report.js";

/** Longest request and longest answer in bytes, the line feed not counted. */
export const MAX_REQUEST_BYTES = 16_384;
export const MAX_ANSWER_BYTES = 131_072;

/** What all systems take as the path of a unix socket. */
const MAX_SOCKET_PATH = 103;

/**
 * Path of the unix socket over which the process that runs a node takes requests: `control.sock` in its folder,
 * from the working directory where that is shorter.
 * @throws InputError when even that is too long
 */
export function controlSocketPath(folder: string): string {
  const absolute = resolve(folder, "control.sock");
  const fromHere = relative(process.cwd(), absolute);
  const path = fromHere.length < absolute.length ? fromHere : absolute;
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
    throw new InputError(`${folder}: the path is too long for a unix socket in it`, {
      hint: `Go to the folder above it first, or use one whose path has at most ${MAX_SOCKET_PATH - 13} bytes.`,
    });
  return path;
}

/** A value as one line: amounts as decimal text, bytes as hex. */
export function toLine(value: unknown): string {
  const text = JSON.stringify(value, (_key, field: unknown) => {
    if (typeof field === "bigint") return field.toString();
    return field instanceof Uint8Array ? Buffer.from(field).toString("hex") : field;
  });
  return `${text}\n`;
}

/**
 * The first line that comes over a connection, without its line feed.
 * @throws NodeError `closed` when it ends before, `bad-request` above `maxBytes`, `timeout`
 */
export function readLine(socket: Socket, maxBytes: number, timeoutMs: number): Promise<string> {
  return new Promise((resolveLine, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (end: () => void) => {
      clearTimeout(timer);
      socket.off("data", onData).off("close", onClose);
      end();
    };
    const fail = (error: NodeError) => settle(() => reject(error));
    const onData = (chunk: Buffer) => {
      const end = chunk.indexOf(0x0a);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      chunks.push(part);
      length += part.length;
      if (length > maxBytes)
        fail(
          new NodeError("bad-request", `a line of more than ${maxBytes} bytes on the node's control channel`),
        );
      else if (end >= 0) settle(() => resolveLine(Buffer.concat(chunks).toString("utf8")));
    };
    const onClose = () =>
      fail(new NodeError("closed", "the node's control channel was closed before an answer"));
    const timer = setTimeout(
      () => fail(new NodeError("timeout", `nothing on the node's control channel within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.on("data", onData).on("close", onClose);
  });
}
