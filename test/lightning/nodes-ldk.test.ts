import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { msat, sat } from "../../common/index.js";
import { makeDeputyInvoice } from "../../lightning/dpp/index.js";
import type { Network } from "../../lightning/network.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { formatAddress, parseAddress } from "../../lightning/nodes/ldk/address.js";
import {
  type Chain,
  LdkNode,
  type LdkNodeOptions,
  SimulatedChain,
  startLittleNetwork,
} from "../../lightning/nodes/ldk/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runToEnd } from "../../testing/programs.js";
import { type TcpLink, tcpLink } from "./tcp-link.js";

let directory: string;
let chain: SimulatedChain;
const nodes: LdkNode[] = [];
beforeEach(() => {
  directory = newFolder();
  chain = new SimulatedChain();
  chain.mine();
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close();
  chain.close();
});

async function start(options: Partial<LdkNodeOptions> = {}): Promise<LdkNode> {
  const node = await LdkNode.start({ network: "bcrt", chain, ...options });
  nodes.push(node);
  return node;
}
const file = (name: string) => join(directory, `${name}.db`);
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof NodeError ? error : undefined),
  );

test.each([
  ["127.0.0.1", 9735, "127.0.0.1:9735"],
  ["::1", 1, "[::1]:1"],
  ["node.example", 65535, "node.example:65535"],
])("the address of %s, port %i, is written and read", (host, port, text) => {
  expect(formatAddress(host, port)).toBe(text);
  expect(parseAddress(text)).toEqual({ host, port });
});

test.each(["", "9735", "host:", "host:0", "host:65536", "::1:9735", "[::1]", "a b:1x"])(
  "%j is no address",
  (text) => {
    expect(() => parseAddress(text)).toThrow(NodeError);
  },
);

describe("starting", () => {
  test.each<Network>(["bc", "tb", "tbs", "sb"])(
    "is refused on %s, where money may be real",
    async (network) => {
      const error = await refusal(start({ network, file: file("node") }));
      expect(error).toMatchObject({ code: "network", hint: expect.stringContaining("simulated") });
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test("twice from one file is refused", async () => {
    await start({ file: file("node") });
    const error = await refusal(start({ file: file("node") }));
    expect(error).toMatchObject({ code: "storage", message: expect.stringContaining("in use") });
  });

  test("from a file of a newer version is refused, and the file is left alone", async () => {
    const db = new Database(file("node"));
    db.pragma("user_version = 99");
    db.close();
    const error = await refusal(start({ file: file("node") }));
    expect(error).toMatchObject({ code: "storage", message: expect.stringContaining("version 99") });
    expect(new Database(file("node")).pragma("user_version", { simple: true })).toBe(99);
  });

  test("from files of the first version goes on where it was", async () => {
    const first = new SimulatedChain({ file: file("chain") });
    first.mine(3);
    const { nodeId } = await (await start({ file: file("node"), chain: first })).info();
    await nodes.pop()?.close();
    first.close();
    for (const name of ["node", "chain"]) {
      const db = new Database(file(name));
      db.exec("drop index if exists payments_started; pragma application_id = 0; pragma user_version = 1");
      db.close();
    }
    const second = new SimulatedChain({ file: file("chain") });
    expect(second.tip().height).toBe(3);
    expect((await (await start({ file: file("node"), chain: second })).info()).nodeId).toEqual(nodeId);
    await nodes.pop()?.close();
    second.close();
    expect(
      ["node", "chain"].map((name) => {
        const db = new Database(file(name), { readonly: true });
        const marks = [
          db.pragma("application_id", { simple: true }),
          db.pragma("user_version", { simple: true }),
        ];
        db.close();
        return marks;
      }),
    ).toEqual([
      [0x63714e44, 2],
      [0x63714348, 2],
    ]);
  });

  test("on the file of another kind is refused, and the file is left alone", async () => {
    new SimulatedChain({ file: file("chain") }).close();
    const before = readFileSync(file("chain"));
    expect(await refusal(start({ file: file("chain") }))).toMatchObject({
      code: "storage",
      message: expect.stringContaining("a database of another program"),
    });
    expect(readFileSync(file("chain"))).toEqual(before);
  });

  test("from a file that is something else is refused", async () => {
    writeFileSync(file("node"), "no database, but long enough to be read ".repeat(100));
    expect(await refusal(start({ file: file("node") }))).toMatchObject({ code: "storage" });
  });

  test("in a folder that cannot be made is refused", async () => {
    writeFileSync(join(directory, "plain"), "");
    expect(await refusal(start({ file: join(directory, "plain", "node.db") }))).toMatchObject({
      code: "storage",
    });
  });

  test("on a port that is taken is refused, and can be tried again", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || !address) throw new Error("no address");
    const listen = { port: address.port };
    expect(await refusal(start({ file: file("node"), listen }))).toMatchObject({ code: "unreachable" });
    await new Promise((resolve) => server.close(resolve));
    const { addresses } = await (await start({ file: file("node"), listen })).info();
    expect(addresses).toEqual([`127.0.0.1:${address.port}`]);
  });

  test("takes another port when the last one is taken, and stays there", async () => {
    const first = await start({ file: file("node") });
    const [before] = (await first.info()).addresses;
    await first.close();
    const server = createServer();
    const port = Number.parseInt((before ?? "").split(":")[1] ?? "", 10);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const second = await start({ file: file("node") });
    const { addresses } = await second.info();
    expect(addresses).not.toEqual([before]);
    await second.close();
    await new Promise((resolve) => server.close(resolve));
    expect((await (await start({ file: file("node") })).info()).addresses).toEqual(addresses);
  });

  test("on another chain than the node's own is refused", async () => {
    const node = await start({ file: file("node") });
    chain.mine(3);
    await node.close();
    const other = new SimulatedChain({ now: () => 0 });
    other.mine(10);
    const error = await refusal(start({ file: file("node"), chain: other }));
    expect(error).toMatchObject({
      code: "storage",
      message: expect.stringContaining("another chain"),
    });
    other.close();
    expect((await (await start({ file: file("node") })).info()).blockHeight).toBe(chain.tip().height);
  });

  test("on a chain that others make opens no channel itself, and says who can", async () => {
    const others: Chain = {
      tip: () => chain.tip(),
      block: (height) => chain.block(height),
      transactions: (height) => chain.transactions(height),
      submit: (raw) => chain.submit(raw),
      onBlock: (listener) => chain.onBlock(listener),
    };
    const node = await start({ chain: others });
    const error = await refusal(
      node.openChannel({ peer: (await node.info()).nodeId, capacity: sat(100_000) }),
    );
    expect(error).toMatchObject({ code: "bad-request", hint: "Let the other node open it." });
    expect((await node.info()).blockHeight).toBe(chain.tip().height);
  });

  test("makes files that only their owner can read", async () => {
    await start({ file: file("node") });
    for (const name of readdirSync(directory))
      expect([name, statSync(join(directory, name)).mode & 0o777]).toEqual([name, 0o600]);
  });
});

test("a node with peers and payments says nothing on the console, and its process ends once it is closed", async () => {
  const program = await buildProgram("test/lightning/quiet-node-program.ts");
  expect(await runToEnd(program)).toEqual({ code: 0, out: "paid\n", errors: "" });
});

test("a decision that fails stops the node before anything leaves it, and the payment is decided after a restart", async () => {
  let broken = true;
  const asked: string[] = [];
  const deputy = () => {
    asked.push(broken ? "broken" : "whole");
    if (broken) throw new Error("the disk is gone");
    return undefined;
  };
  const network = await startLittleNetwork({ directory, merchant: { deputy } });
  const terminal = { name: "kiosk", keyId: new Uint8Array(4), terminalKey: new Uint8Array(32) };
  const { invoice } = makeDeputyInvoice(network.merchant.deputyProfile(terminal), {
    amount: sat(1),
    description: "",
  });
  const waiting = network.payer.pay({ invoice, maxFee: msat(0n) });
  await expect
    .poll(() => refusal(network.merchant.info()))
    .toMatchObject({ code: "closed", message: expect.stringContaining("stopped") });
  broken = false;
  const merchant = await LdkNode.start({
    network: "bcrt",
    chain: network.chain,
    file: file("merchant"),
    deputy,
  });
  expect((await waiting).state).toBe("failed");
  expect(asked).toEqual(["broken", "whole"]);
  await merchant.close();
  await network.close();
});

describe("when a peer stays away", () => {
  const AMOUNT = sat(50_000);

  /** Payer and merchant over a link, and a payment that is cut off when `cut` resolves. */
  async function cutOff(cut: (link: TcpLink, merchant: LdkNode) => Promise<void>) {
    const [payer, merchant] = [await start(), await start()];
    const { nodeId, addresses } = await merchant.info();
    const link = await tcpLink(() => Number.parseInt((addresses[0] ?? "").split(":")[1] ?? "", 10));
    await payer.connect({ nodeId, host: "127.0.0.1", port: link.port });
    await payer.openChannel({ peer: nodeId, capacity: sat(1_000_000) });
    const { invoice, paymentHash } = await merchant.createInvoice({
      amount: AMOUNT,
      description: "beer",
      expirySeconds: 600,
    });
    const ready = cut(link, merchant);
    const paying = payer.pay({ invoice, maxFee: msat(0n) });
    await expect.poll(async () => (await payer.lookupPayment(paymentHash)).state).toBe("unknown");
    await ready;
    await link.close();
    return { payer, merchant, paymentHash, paying, nodeId };
  }

  /** Blocks, with time for the nodes to act on them. */
  async function mine(blocks: number): Promise<void> {
    for (let mined = 0; mined < blocks; mined += 5) {
      chain.mine(5);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  test("before the payment got through, it fails for certain on the simulated chain", async () => {
    const { payer, paying, nodeId, merchant, paymentHash } = await cutOff(async (link) => link.freeze());
    await mine(300);
    expect((await paying).state).toBe("failed");
    expect(payer.hasChannel(nodeId)).toBe(false);
    expect(await merchant.lookupInvoice(paymentHash)).toEqual({ state: "open" });
  });

  test("after the merchant has claimed, the payer learns the preimage from the simulated chain", async () => {
    const { paying, merchant, paymentHash } = await cutOff(
      (link, node) =>
        new Promise((resolve) => {
          // What the node wrote to its socket has not been relayed yet when its news come.
          node.onInvoiceSettled(() => {
            link.freeze();
            resolve();
          });
        }),
    );
    const settled = await merchant.lookupInvoice(paymentHash);
    expect(settled).toMatchObject({ state: "settled", received: AMOUNT });
    await mine(300);
    expect(await paying).toMatchObject({
      state: "settled",
      preimage: settled.state === "settled" ? settled.preimage : undefined,
    });
  });
});
