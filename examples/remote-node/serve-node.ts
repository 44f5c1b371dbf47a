import { createServer, type Socket } from "node:net";
import { type LightningNode, NodeError } from "chequecard/node";
import { type EventName, fromLine, lineReader, METHODS, type Reply, type Request, toLine } from "./wire.js";

/** A node that other processes can use. */
export interface ServedNode {
  /** Ends every connection once what was answered is sent. The node stays open. */
  close(): Promise<void>;
}

/**
 * Serves a node on a Unix socket that only its owner can use (mode 600), since a process that reaches the socket can
 * spend the node's money.
 */
export async function serveNode(node: LightningNode, path: string): Promise<ServedNode> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const read = lineReader((line) => void answer(node, socket, line));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      try {
        read(chunk);
      } catch {
        socket.destroy();
      }
    });
  });
  const tell = (event: EventName) => (value: unknown) => {
    for (const socket of sockets) socket.write(toLine({ event, value } satisfies Reply));
  };
  const subscriptions = [
    node.onMessage(tell("message")),
    node.onDisconnected(tell("disconnected")),
    node.onInvoiceSettled(tell("settled")),
  ];
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  } finally {
    process.umask(mask);
  }
  return {
    close: () =>
      new Promise((resolve) => {
        for (const end of subscriptions) end();
        server.close(() => resolve());
        for (const socket of sockets) socket.end();
      }),
  };
}

async function answer(node: LightningNode, socket: Socket, line: string): Promise<void> {
  let request: Request;
  try {
    request = fromLine(line) as Request;
  } catch {
    socket.destroy();
    return;
  }
  const { id } = request;
  const reply = await call(node, request).then(
    (result): Reply => ({ id, result }),
    (error: unknown): Reply => ({ id, error: described(error) }),
  );
  if (socket.writable) socket.write(toLine(reply));
}

async function call(node: LightningNode, { method, args }: Request): Promise<unknown> {
  if (!METHODS.includes(method) || !Array.isArray(args))
    throw new NodeError("bad-request", "unknown request");
  const run = node[method] as ((...given: readonly unknown[]) => Promise<unknown>) | undefined;
  return await run?.apply(node, args);
}

/** Only what a node says on purpose goes to the other side. */
function described(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof NodeError)) return { code: "internal", message: "the node failed" };
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
