import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP relay on loopback that a test can freeze or cut. */
export interface TcpLink {
  readonly port: number;
  /** Holds everything back, in both directions; no side notices a disconnection. */
  freeze(): void;
  /** Drops what is held and all connections, and relays new ones. */
  heal(): void;
  close(): Promise<void>;
}

/** Relays connections to `target()`, a port on loopback. */
export async function tcpLink(target: () => number): Promise<TcpLink> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const relay = (from: Socket, to: Socket) => {
    from.on("data", (bytes) => {
      if (!frozen) to.write(bytes);
    });
    from.on("error", () => from.destroy());
    from.once("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server: Server = createServer((near) => {
    const far = connect(target(), "127.0.0.1");
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
    }
    relay(near, far);
    relay(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("the relay has no address");
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    freeze: () => {
      frozen = true;
    },
    heal: () => {
      drop();
      frozen = false;
    },
    close: () =>
      new Promise((resolve) => {
        drop();
        server.close(() => resolve());
      }),
  };
}
