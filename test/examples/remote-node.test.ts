import { statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sat } from "../../common/msat.js";
import { RemoteNode } from "../../examples/remote-node/remote-node.js";
import { type ServedNode, serveNode } from "../../examples/remote-node/serve-node.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { newFolder } from "../../testing/hooks.js";
import { type ConnectedNodes, nodeContract } from "../lightning/node-contract.js";
import { startLdkPair } from "../lightning/nodes-ldk-pair.js";

const folder = newFolder();
const socketOf = (name: string): string => join(folder, `${name}.sock`);

async function start(): Promise<ConnectedNodes> {
  const pair = { ...(await startLdkPair()) };
  const served: Partial<Record<"payer" | "merchant", ServedNode>> = {};
  const serve = async (name: "payer" | "merchant") => {
    served[name] = await serveNode(pair[name], socketOf(name));
    const node = await RemoteNode.connect(socketOf(name));
    const end = node.close.bind(node);
    // The contract is about nodes that stop when they are closed.
    node.close = async () => {
      await end();
      await pair[name].close();
    };
    return node;
  };
  const remote = { payer: await serve("payer"), merchant: await serve("merchant") };
  return {
    ...remote,
    freeze: pair.freeze,
    heal: pair.heal,
    ready: pair.ready,
    async restart(which) {
      // The node answers who waits before its socket goes.
      pair[which] = await pair.restart(which);
      await served[which]?.close();
      remote[which] = await serve(which);
      return remote[which];
    },
    async close() {
      await Promise.all([remote.payer.close(), remote.merchant.close()]);
      await Promise.all([served.payer?.close(), served.merchant?.close()]);
      await pair.close();
    },
  };
}

nodeContract("a node in another process", start);

describe("a node in another process", () => {
  it("is reached by its owner alone, and is left open by those who used it", async () => {
    const network = await startLittleNetwork();
    const path = socketOf("alone");
    const served = await serveNode(network.merchant, path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const [one, other] = [await RemoteNode.connect(path), await RemoteNode.connect(path)];
    await one.close();
    await expect(one.info()).rejects.toMatchObject({ code: "closed" });
    expect((await other.info()).nodeId).toEqual((await network.merchant.info()).nodeId);
    await other.close();
    await served.close();
    await network.close();
  });

  it("rejects what was asked for when the connection is lost, and says where nobody serves a node", async () => {
    const network = await startLittleNetwork();
    const path = socketOf("lost");
    const served = await serveNode(network.payer, path);
    const remote = await RemoteNode.connect(path);
    const open = await network.merchant.createInvoice({
      amount: sat(1),
      description: "",
      expirySeconds: 60,
    });
    const asked = [remote.pay({ invoice: open.invoice, maxFee: sat(1) }), remote.info()].map((call) =>
      call.then(
        () => "answered",
        (error) => error.code,
      ),
    );
    await served.close();
    for (const end of await Promise.all(asked)) expect(["answered", "unreachable"]).toContain(end);
    await expect(remote.info()).rejects.toMatchObject({ code: "closed" });
    // The node knows the payment, with or without an answer to the payer.
    expect(["settled", "unknown", "not-found"]).toContain(
      (await network.payer.lookupPayment(open.paymentHash)).state,
    );
    await expect(RemoteNode.connect(path)).rejects.toMatchObject({
      code: "unreachable",
      hint: expect.stringContaining("Start the process"),
    });
    await network.close();
  });

  it.each([
    ["no JSON", "{\n"],
    ["no bytes", '{"id":1,"method":"cancelInvoice","args":[{"hex":"0"}]}\n'],
    ["a line without end", "x".repeat((1 << 20) + 1)],
  ])("hangs up on %s, and serves the next", async (_, text) => {
    const network = await startLittleNetwork();
    const path = socketOf("rubbish");
    const served = await serveNode(network.payer, path);
    const socket = connect(path);
    await new Promise((resolve) => {
      socket.on("error", () => socket.destroy()).once("close", resolve);
      socket.write(text);
    });
    const remote = await RemoteNode.connect(path);
    expect((await remote.info()).network).toBe("bcrt");
    await remote.close();
    await served.close();
    await network.close();
  });

  it("does nothing but what a node can do", async () => {
    const network = await startLittleNetwork();
    const path = socketOf("other");
    const served = await serveNode(network.payer, path);
    const socket = connect(path).setEncoding("utf8");
    const reply = new Promise<string>((resolve) => socket.once("data", (text) => resolve(String(text))));
    socket.write('{"id":7,"method":"close","args":[]}\n');
    expect(JSON.parse(await reply)).toEqual({
      id: 7,
      error: { code: "bad-request", message: "unknown request" },
    });
    socket.destroy();
    expect((await network.payer.info()).network).toBe("bcrt");
    await served.close();
    await network.close();
  });
});
