import { afterAll, beforeAll, expect, it } from "vitest";
import { hexToBytes } from "../../common/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import type { Lnd } from "../../testing/lnd/lnd.js";
import { type LndNetwork, startLndNetwork } from "../../testing/lnd/network.js";
import { type OnionProxy, onionProxy } from "../../testing/lnd/onion-proxy.js";

/** Of version 3. The proxy that stands in for Tor knows where it is; Tor itself is not run here. */
const HOST = `${"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd"}.onion`;
const PORT = 9735;

let network: LndNetwork;
let festival: Lnd;
let bar: Lnd;
let proxy: OnionProxy;
beforeAll(async () => {
  network = await startLndNetwork([{ alias: "festival" }, { alias: "bar" }]);
  const [first, second] = network.nodes;
  if (!first || !second) throw new Error("the network is not whole");
  [festival, bar] = [first, second];
  proxy = await onionProxy(`${HOST}:${PORT}`, festival.port.peers);
});
afterAll(async () => {
  await network.stop();
  await proxy.close();
});

const onion = () => ({ nodeId: hexToBytes(festival.nodeId), host: HOST, port: PORT });
const open = (lnd: Lnd) => LndNode.start({ ...lnd.access, network: "bcrt" });

it("lnd without Tor cannot reach an onion address, and the sentence says what to set", async () => {
  const till = await open(bar);
  await expect(till.connect(onion())).rejects.toMatchObject({
    code: "unreachable",
    message: "lnd does not use Tor, so it cannot reach an onion address",
    hint: expect.stringContaining("tor.active=true"),
  });
  await till.close();
});

it("lnd with Tor dials the onion address that a card names, and messages cross", async () => {
  await bar.stop();
  await bar.launch({ flags: ["--tor.active", `--tor.socks=127.0.0.1:${proxy.port}`] });
  const [till, issuer] = [await open(bar), await open(festival)];
  const heard: number[] = [];
  issuer.onMessage(({ payload }) => heard.push(payload[0] ?? 0));
  await till.connect(onion());
  expect(proxy.asked).toContain(`${HOST}:${PORT}`);
  await till.sendMessage(onion().nodeId, 45_001, Uint8Array.of(7));
  await expect.poll(() => heard).toEqual([7]);
  await Promise.all([till.close(), issuer.close()]);
});
