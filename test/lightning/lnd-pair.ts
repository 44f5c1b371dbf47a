import { join } from "node:path";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { newFolder } from "../../testing/hooks.js";
import { Btcd } from "../../testing/lnd/btcd.js";
import { openChannel } from "../../testing/lnd/channels.js";
import { Lnd } from "../../testing/lnd/lnd.js";
import { eventually } from "../../testing/lnd/process.js";
import type { ConnectedNodes } from "./node-contract.js";
import { tcpLink } from "./tcp-link.js";

type Which = "payer" | "merchant";

/** Two adapters over two lnd of their own with a channel. A node that is closed takes its lnd with it. */
export async function startLndPair(): Promise<ConnectedNodes> {
  const directory = newFolder();
  const btcd = await Btcd.start(join(directory, "btcd"));
  const ports: Record<Which, number> = { payer: 0, merchant: 0 };
  // Each knows the other by the port of a relay alone, so that a frozen link has no way around.
  const links = {
    payer: await tcpLink(() => ports.payer),
    merchant: await tcpLink(() => ports.merchant),
  };
  const launch = async (alias: Which): Promise<Lnd> => {
    const announcedPort = links[alias].port;
    const flags = ["--debuglevel=info,PEER=debug"];
    const isMiner = alias === "payer";
    const lnd = await Lnd.start({
      directory: join(directory, alias),
      btcd,
      alias,
      isMiner,
      announcedPort,
      flags,
    });
    ports[alias] = lnd.port.peers;
    return lnd;
  };
  const [payer, merchant] = await Promise.all([launch("payer"), launch("merchant")]);
  const lnds = { payer, merchant };
  await openChannel(btcd, payer, merchant, { sat: 8_000_000, pushSat: 4_000_000 });
  const attach = async (which: Which): Promise<LndNode> => {
    const lnd = lnds[which];
    const node = await LndNode.start({
      ...lnd.access,
      network: "bcrt",
      record: join(directory, `${which}.db`),
    });
    const close = node.close.bind(node);
    let closing: Promise<void> | undefined;
    node.close = () => {
      closing ??= close().then(() => lnd.stop());
      return closing;
    };
    return node;
  };
  const nodes = { payer: await attach("payer"), merchant: await attach("merchant") };
  const channels = async (which: Which) =>
    (await lnds[which].get<{ channels: { active: boolean }[] }>("/v1/channels")).channels;
  /** Length of the payer's log then. */
  let frozenAt = 0;
  return {
    ...nodes,
    freeze() {
      frozenAt = lnds.payer.log().length;
      for (const link of Object.values(links)) link.freeze();
    },
    heal: () => Object.values(links).forEach((link) => void link.heal()),
    async ready() {
      await eventually("the channel is usable at both ends", async () => {
        const both = await Promise.all([channels("payer"), channels("merchant")]).catch(() => []);
        return both.length === 2 && both.flat().every(({ active }) => active);
      });
    },
    async inFlight() {
      // Before the HTLC is signed for, lnd would forget to send it (lnd's issue 9340), and no list shows it earlier.
      const sent = /Sending UpdateAddHTLC.*Sending CommitSig/s;
      await eventually("the HTLC is signed for", () => sent.test(lnds.payer.log().slice(frozenAt)));
    },
    async restart(which) {
      await nodes[which].close();
      await lnds[which].launch();
      nodes[which] = await attach(which);
      return nodes[which];
    },
    async close() {
      await Promise.all([nodes.payer.close(), nodes.merchant.close()]);
      await btcd.stop();
      await Promise.all(Object.values(links).map((link) => link.close()));
    },
  };
}
