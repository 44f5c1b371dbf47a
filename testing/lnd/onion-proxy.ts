import { connect, createServer, type Socket } from "node:net";

/** A SOCKS proxy (RFC 1928) that stands in for Tor: it knows one onion address, and where that really is. */
export interface OnionProxy {
  readonly port: number;
  /** `host:port` that was asked for, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const [IPV4, DOMAIN] = [1, 3];
const [GRANTED, UNREACHABLE] = [0, 4];

/** @param target port on loopback behind `onion`, `host:port` */
export async function onionProxy(onion: string, target: number): Promise<OnionProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    socket.once("data", () => {
      socket.write(Buffer.of(VERSION, NO_AUTHENTICATION));
      socket.once("data", (request) => {
        const place = placeOf(request);
        asked.push(place);
        const isKnown = place === onion;
        socket.write(Buffer.of(VERSION, isKnown ? GRANTED : UNREACHABLE, 0, IPV4, 0, 0, 0, 0, 0, 0));
        if (!isKnown) {
          socket.end();
          return;
        }
        const peer = connect(target, "127.0.0.1");
        sockets.add(peer);
        peer.on("error", () => peer.destroy()).once("close", () => socket.destroy());
        socket.once("close", () => peer.destroy());
        socket.pipe(peer).pipe(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("the proxy has no address");
  return {
    port: address.port,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** What a CONNECT request is about. */
function placeOf(request: Buffer): string {
  const isName = request[3] === DOMAIN;
  const length = isName ? (request[4] ?? 0) : 4;
  const from = isName ? 5 : 4;
  const host = request.subarray(from, from + length);
  return `${isName ? host.toString("latin1") : [...host].join(".")}:${request.readUInt16BE(from + length)}`;
}
