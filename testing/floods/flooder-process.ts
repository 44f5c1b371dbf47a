// Floods a node from a process of its own. Usage: flooder-process <JSON of a Flood>; prints one line of JSON at the end.
import { connect, type Socket } from "node:net";
import { hexToBytes } from "../../common/index.js";
import { type Flood, MESSAGES } from "./flood.js";
import { type RawAddress, RawPeer } from "./raw-peer.js";

const flood: Flood = JSON.parse(process.argv[2] ?? "{}");
const target: RawAddress = { ...flood.target, nodeId: hexToBytes(flood.target.nodeId) };
const until = performance.now() + flood.ms;
const { count, kind } = flood;
const from = (i: number): string => flood.from[i % flood.from.length] ?? "127.0.0.1";
const told = { opened: 0, refused: 0, sent: 0, cutOff: 0 };
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const BATCH = 500;

/** One connection that sends its share of messages as fast as they are taken. */
async function send(i: number, share: number): Promise<void> {
  const message = MESSAGES[kind];
  if (!message) return;
  const [type, payload] = message;
  const key = flood.secretKey ? { secretKey: hexToBytes(flood.secretKey) } : {};
  const peer = await RawPeer.dial(target, { from: from(i), ...key }).catch(() => undefined);
  if (!peer) {
    told.refused++;
    return;
  }
  told.opened++;
  if (flood.deaf) peer.socket.pause();
  for (let sent = 0; sent < share && !peer.isClosed && performance.now() < until; sent += BATCH) {
    const frames: Uint8Array[] = [];
    for (let n = 0; n < Math.min(BATCH, share - sent); n++) frames.push(peer.frame(type, payload));
    peer.socket.write(Buffer.concat(frames));
    told.sent += frames.length;
    peer.received.length = 0;
    if (flood.deaf) await Promise.race([peer.drained(), pause(until - performance.now())]);
    else await peer.drained();
    if (flood.paced) await answered(peer);
  }
  // Closing at once would take back what the node has not read yet.
  if (!flood.deaf && !peer.isClosed) {
    peer.socket.end();
    await Promise.race([peer.closed, pause(until - performance.now())]);
  }
  if (peer.isClosed) told.cutOff++;
  peer.close();
}

/** Waits until the node has read everything that was sent: it answers a ping after that. */
async function answered(peer: RawPeer): Promise<void> {
  peer.send(18, hexToBytes("00010000"));
  await peer.next(19).catch(() => undefined);
}

/** Opens connections that never get anywhere, and opens those again that are closed. */
async function hold(bytes: Uint8Array): Promise<void> {
  const sockets = new Set<Socket>();
  let isOver = false;
  const open = (i: number): void => {
    const socket = connect({ host: target.host, port: target.port, localAddress: from(i) });
    sockets.add(socket);
    socket.on("connect", () => {
      told.opened++;
      // One byte at a time, for as long as there are any.
      const drip = setInterval(() => {
        const at = told.sent++ % Math.max(1, bytes.length);
        if (bytes.length > 0) socket.write(bytes.subarray(at, at + 1));
      }, 100);
      socket.once("close", () => clearInterval(drip));
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      told.cutOff++;
      if (!isOver) setTimeout(() => !isOver && open(i), 20);
    });
  };
  for (let i = 0; i < count; i++) open(i);
  await pause(Math.max(0, until - performance.now()));
  isOver = true;
  for (const socket of sockets) socket.destroy();
}

/** Peers that come in whole and stay, or leave at once, each with a key of its own. */
async function peers(stay: boolean): Promise<void> {
  const staying: RawPeer[] = [];
  for (let i = 0; i < count && performance.now() < until; i++) {
    const peer = await RawPeer.dial(target, { from: from(i) }).catch(() => undefined);
    if (!peer) {
      told.refused++;
      continue;
    }
    told.opened++;
    if (stay) staying.push(peer);
    else peer.close();
  }
  if (stay) await pause(Math.max(0, until - performance.now()));
  told.cutOff = staying.filter(({ isClosed }) => isClosed).length;
  for (const peer of staying) peer.close();
}

if (kind === "silent") await hold(new Uint8Array(0));
else if (kind === "slow handshakes") await hold(new Uint8Array(49));
else if (kind === "peers") await peers(true);
else if (kind === "churn") await peers(false);
else
  await Promise.all(
    Array.from({ length: flood.connections }, (_, i) => send(i, Math.ceil(count / flood.connections))),
  );
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
