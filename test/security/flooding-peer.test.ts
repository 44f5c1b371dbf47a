import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hexToBytes, sat, secp256k1 } from "../../common/index.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { parseAddress } from "../../lightning/nodes/ldk/address.js";
import { LdkNode, type LdkNodeOptions, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import { DEFAULT_PEER_LIMITS, type PeerLimits } from "../../lightning/nodes/ldk/peer-limits.js";
import { MESSAGES } from "../../testing/floods/flood.js";
import { type RawAddress, RawPeer } from "../../testing/floods/raw-peer.js";
import { addedSince, bindingsTable } from "../../testing/floods/table.js";
import { InitiationsInMemory } from "../../testing/initiations-in-memory.js";

const chain = new SimulatedChain();
beforeAll(() => chain.mine());
afterAll(() => chain.close());

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const REQUEST = 45001;
const ANSWER = 45003;
const { flow } = DEFAULT_PEER_LIMITS;
/** What a peer has does not grow with time, so that a busy machine changes nothing. */
const noRefill = {
  ...flow,
  stranger: { ...flow.stranger, perSecond: 0 },
  dialed: { ...flow.dialed, perSecond: 0 },
};

/** A node that answers every request, and its address. */
async function startNode(peerLimits: Partial<PeerLimits> = {}, options: Partial<LdkNodeOptions> = {}) {
  const node = await LdkNode.start({
    network: "bcrt",
    chain,
    ...options,
    peerLimits: { flow: noRefill, ...peerLimits },
  });
  ends.push(() => node.close());
  node.onMessage(({ peer, type, payload }) => {
    if (type === REQUEST) node.sendMessage(peer, ANSWER, payload).catch(() => undefined);
  });
  const { nodeId, addresses } = await node.info();
  const address: RawAddress = { ...parseAddress(addresses[0] ?? ""), nodeId };
  return { node, address };
}

async function dial(address: RawAddress, from?: string, secretKey?: Uint8Array): Promise<RawPeer> {
  const peer = await RawPeer.dial(address, {
    ...(from ? { from } : {}),
    ...(secretKey ? { secretKey } : {}),
  });
  ends.push(() => peer.close());
  return peer;
}

/** A request and its answer. */
async function ask(peer: RawPeer): Promise<void> {
  peer.send(REQUEST, new Uint8Array(700));
  await peer.next(ANSWER);
}

function silent(address: RawAddress, from: string): Socket {
  const socket = connect({ host: address.host, port: address.port, localAddress: from });
  socket.on("error", () => undefined);
  ends.push(() => socket.destroy());
  return socket;
}
const opened = (socket: Socket) => new Promise<void>((resolve) => socket.once("connect", () => resolve()));

describe("a stranger that floods a node", () => {
  it.each([...Object.entries(MESSAGES)])(
    "with %s is cut off before a burst of its bytes was handled, and others are answered meanwhile",
    async (_, [type, payload]) => {
      const { node, address } = await startNode();
      const honest = await dial(address);
      await ask(honest);
      const flooder = await dial(address, "127.0.0.2");
      const before = node.intake();
      const size = payload.length + 36;
      for (let sent = 0; sent < 2_000_000 && !flooder.isClosed; sent += 100 * size) {
        const frames = Array.from({ length: 100 }, () => flooder.frame(type, payload));
        flooder.socket.write(Buffer.concat(frames));
        await Promise.race([flooder.drained(), flooder.closed]);
        await ask(honest);
      }
      await flooder.closed;
      const honestly = 60_000;
      expect(node.intake().handled - before.handled).toBeLessThan(flow.stranger.burst + honestly);
      await ask(honest);
    },
  );

  it("with small messages is cut off after a few hundred of them", async () => {
    const { node, address } = await startNode();
    let handled = 0;
    node.onMessage(() => handled++);
    const flooder = await dial(address);
    flooder.socket.write(
      Buffer.concat(Array.from({ length: 20_000 }, () => flooder.frame(ANSWER, new Uint8Array(0)))),
    );
    await flooder.closed;
    expect(handled).toBeGreaterThan(50);
    expect(handled).toBeLessThan(600);
    expect(node.intake().flooded).toBe(1);
  });

  it("and leaves at once is cut off and forgotten all the same", async () => {
    const { node, address } = await startNode();
    const flooder = await dial(address);
    const frames = Array.from({ length: 1700 }, () => flooder.frame(ANSWER, new Uint8Array(0)));
    flooder.socket.end(Buffer.concat(frames));
    await expect.poll(() => node.intake()).toMatchObject({ flooded: 1, connections: 0 });
  });

  it("and never reads is cut off before the node has kept much for it", async () => {
    const { node, address } = await startNode({
      unreadMs: 500,
      flow: { ...flow, stranger: { burst: 1 << 30, perSecond: 0 } },
    });
    const deaf = await dial(address);
    deaf.socket.pause();
    // Each asks for an answer of 65,535 bytes.
    const [type, payload] = MESSAGES["pings for long answers"] ?? [0, new Uint8Array(0)];
    deaf.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => deaf.frame(type, payload))));
    await expect.poll(() => node.intake().late).toBe(1);
    // LDK stopped reading: at most what the systems' buffers and ours hold was answered.
    expect(node.intake().handled).toBeLessThan(12_000);
  });

  it("pays for the long answers that it asks for, also when it reads them", async () => {
    const burst = 1 << 20;
    const { address } = await startNode({ flow: { ...flow, stranger: { burst, perSecond: 0 } } });
    const peer = await dial(address);
    const [type, payload] = MESSAGES["pings for long answers"] ?? [0, new Uint8Array(0)];
    // Far fewer than a burst by what they weigh themselves; answers of 65,535 bytes are 32 bursts.
    for (let i = 0; i < 500 && !peer.isClosed; i++) peer.socket.write(peer.frame(type, payload));
    await peer.closed;
  });

  it("and leaves requests unanswered cannot make the node keep answers without end", async () => {
    const { node, address } = await startNode({
      flow: { ...flow, stranger: { burst: 1 << 30, perSecond: 0 } },
    });
    const secretKey = new Uint8Array(randomBytes(32));
    const deaf = await dial(address, undefined, secretKey);
    deaf.socket.pause();
    const peer = secp256k1.publicKey(secretKey);
    const refused = async () => {
      for (;;) await node.sendMessage(peer, ANSWER, new Uint8Array(65_533));
    };
    await expect(refused()).rejects.toMatchObject({
      code: "not-connected",
      message: expect.stringContaining("does not read"),
    });
  });
});

describe("the table in which the bindings keep objects for ever", () => {
  it("does not grow with messages, connections or turns of the node", async () => {
    const generous = { burst: 1 << 30, perSecond: 0 };
    const { node, address } = await startNode({ flow: { ...flow, stranger: generous } });
    const peer = await dial(address);
    for (let i = 0; i < 3; i++) (await dial(address)).close();
    await ask(peer);
    const count = bindingsTable();
    for (let i = 0; i < 100; i++) {
      const other = await dial(address);
      await ask(other);
      other.close();
      await expect.poll(() => node.intake().connections).toBe(1);
    }
    for (let i = 0; i < 50; i++) {
      for (let n = 0; n < 100; n++) peer.send(n % 2 ? ANSWER : 50_001, new Uint8Array(n));
      await ask(peer);
    }
    expect(addedSince(count)).toBe(0);
  });
});

describe("places at a node", () => {
  const few: Partial<PeerLimits> = {
    silent: { max: 20, maxPerAddress: 20 },
    handshakes: { max: 4, maxPerAddress: 4 },
    strangers: { max: 6, maxPerAddress: 4 },
    known: { max: 4, maxPerAddress: 4 },
  };

  it("silent connections, which are opened again as soon as they are closed, keep no other peer out", async () => {
    const { node, address } = await startNode(few);
    let isOver = false;
    const hold = () => {
      if (isOver) return;
      silent(address, "127.0.0.1").once("close", () => setImmediate(hold));
    };
    for (let i = 0; i < 100; i++) hold();
    await expect.poll(() => node.intake().evicted).toBeGreaterThan(100);
    for (let i = 0; i < 5; i++) await ask(await dial(address));
    isOver = true;
    expect(node.intake().connections).toBeLessThan(40);
  });

  it("a connection that says nothing, or only half a handshake, ends after its time", async () => {
    const { node, address } = await startNode({ silentMs: 50, handshakeMs: 50 });
    const [first, second, third] = [1, 2, 3].map(() => silent(address, "127.0.0.1"));
    if (!first || !second || !third) throw new RangeError("no sockets");
    await Promise.all([opened(first), opened(second), opened(third)]);
    for (const socket of [second, third]) socket.write(new Uint8Array(49));
    third.end();
    await expect.poll(() => node.intake()).toMatchObject({ late: 2, connections: 0 });
  });

  it("a peer without a channel takes the place of the one of its address that was idle longest", async () => {
    const { node, address } = await startNode(few);
    const peers: RawPeer[] = [];
    for (let i = 0; i < 4; i++) peers.push(await dial(address));
    for (const peer of [...peers].reverse()) await ask(peer);
    peers.push(await dial(address));
    await peers[3]?.closed;
    expect(peers.map(({ isClosed }) => isClosed)).toEqual([false, false, false, true, false]);
    expect(node.intake().evicted).toBe(1);
  });

  it("throw-away peers from many addresses do not push out one that has asked successfully, nor keep it out", async () => {
    const { node, address } = await startNode(few);
    const secretKey = new Uint8Array(randomBytes(32));
    const known = await dial(address, "127.0.0.1", secretKey);
    await node.keepPlace(secp256k1.publicKey(secretKey));
    for (let i = 0; i < 20; i++) await dial(address, `127.0.1.${i + 1}`);
    expect(known.isClosed).toBe(false);
    await ask(known);
    known.close();
    await expect.poll(() => node.intake().connections).toBe(6);
    const again = await dial(address, "127.0.0.1", secretKey);
    for (let i = 0; i < 20; i++) await dial(address, `127.0.2.${i + 1}`);
    await ask(again);
  });

  it("a peer with a channel is neither pushed out nor cut off, but held back", async () => {
    const slow = { ...noRefill, channel: { burst: 4096, perSecond: 1 << 20 } };
    const { node: merchant, address } = await startNode({ ...few, flow: slow });
    const { node: payer } = await startNode();
    await payer.connect(address);
    await payer.openChannel({ peer: address.nodeId, capacity: sat(1_000_000) });
    for (let i = 0; i < 20; i++) await dial(address, `127.0.3.${i + 1}`);
    const received: number[] = [];
    merchant.onMessage(({ payload }) => received.push(payload.length));
    for (let i = 0; i < 50; i++) await payer.sendMessage(address.nodeId, ANSWER, new Uint8Array(10_000));
    await expect.poll(() => received.length).toBe(50);
    expect(merchant.intake().flooded).toBe(0);
  });
});

describe("a node that a stranger's card names", () => {
  it("is cut off when it floods the merchant's node, and not dialed again at once", async () => {
    const { node } = await startNode();
    const evil = await RawPeer.listen((peer) => {
      const flood = async () => {
        await peer.next(REQUEST);
        while (!peer.isClosed) {
          const frames = Array.from({ length: 500 }, () => peer.frame(ANSWER, new Uint8Array(0)));
          peer.socket.write(Buffer.concat(frames));
          await peer.drained();
        }
      };
      flood().catch(() => undefined);
    });
    ends.push(() => evil.close());
    const sender = await openPaymentSender(node, new InitiationsInMemory(), { answerTimeoutMs: 60_000 });
    ends.push(() => sender.close());
    const invoice = await node.createInvoice({ description: "beer", expirySeconds: 600 });
    const stop = new AbortController();
    const answer = await sender.ask({
      uri: evil,
      token: new Uint8Array(149),
      ...invoice,
      signal: stop.signal,
      onUnreachable: () => setImmediate(() => stop.abort()),
    });
    expect(answer).toMatchObject({ outcome: "unknown", cause: { code: "unreachable" } });
    expect(node.intake()).toMatchObject({ flooded: 1, connections: 0 });
    expect(node.intake().handled).toBeLessThan(flow.dialed.burst);
    await expect(node.connect(evil)).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("cut off"),
      hint: expect.stringContaining("dialed again in"),
    });
  });

  it("that was cut off is not let in under the same key either", async () => {
    const { node, address } = await startNode();
    const secretKey = hexToBytes("11".repeat(32));
    const flooder = await dial(address, undefined, secretKey);
    flooder.socket.write(
      Buffer.concat(Array.from({ length: 20_000 }, () => flooder.frame(ANSWER, new Uint8Array(0)))),
    );
    await flooder.closed;
    const again = await RawPeer.dial(address, { secretKey }).catch(() => undefined);
    await again?.closed;
    await expect.poll(() => node.intake()).toMatchObject({ connections: 0 });
    await ask(await dial(address));
  });
});
