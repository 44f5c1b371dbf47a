import { join } from "node:path";
import { createEmbeddedNode } from "../../cli/embedded-node.js";
import { cashOutCard } from "../../issuer/ledger/index.js";
import { LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import { type CardLimits, createCardFile } from "../../simulator/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { type IssuedCard, testIssuer } from "../../testing/issuer/desk.js";
import { uriOf } from "../../testing/merchant.js";
import { payerOfFile } from "../../testing/nodes/payer-of-file.js";
import { certificateBody } from "../../testing/offline/certified-card.js";

/** A card in a file of its own. */
export interface FileCard extends IssuedCard {
  readonly file: string;
}

/**
 * A merchant's node as a folder, which the command line runs, with a channel to a payer's node here and its issuer;
 * both on one file of a simulated chain.
 */
export async function openCommandLineShop(folder: string) {
  const chain = new SimulatedChain({ file: join(folder, "chain.db"), pollMs: 10 });
  const shop = join(folder, "shop");
  createEmbeddedNode(shop, { alias: "bar" });
  const aliases = { payer: "festival", merchant: "bar" };
  const payerFile = join(folder, "payer.db");
  let payer = await payerOfFile(chain, join(shop, "node.db"), aliases, payerFile);
  const nodeUri = await uriOf(payer);
  const newCard = (name: string, policy: unknown = {}, limits: Partial<CardLimits> = {}): FileCard => {
    const cardId = Uint8Array.from(Buffer.from(name.padEnd(8).slice(0, 8)));
    const card = testCard({
      ...{ nodeUri, cardId, limits },
      certificate: (of) => certificateBody(of, { validUntil: Math.floor(Date.now() / 1000) + 86_400 }),
    });
    card.reader.remove();
    const file = join(folder, `${name}.json`);
    createCardFile(file, card.card);
    return { card, policy, file };
  };
  const cards = {
    guest: newCard("guest"),
    visitor: newCard("visitor"),
    limited: newCard("limited", { maxPer24h: "1000sat" }),
    silent: newCard("silent"),
    traveller: newCard("traveller"),
    told: newCard("told", { tellsBalance: true }),
  };
  let issuer: Awaited<ReturnType<typeof testIssuer>> | undefined = await testIssuer(
    payer,
    Object.values(cards),
  );
  return {
    folder: shop,
    chain: join(folder, "chain.db"),
    get payer() {
      return payer;
    },
    cards,
    account: (name: keyof typeof cards) => issuer?.account(cards[name].card),
    async cashOut(name: keyof typeof cards) {
      if (issuer) await cashOutCard(issuer.store, cards[name].card.record.cardId, "", Date.now());
    },
    /** The payer's node runs on, and does not answer. */
    async silence() {
      await issuer?.close();
      issuer = undefined;
    },
    async speak() {
      issuer ??= await testIssuer(payer, Object.values(cards));
    },
    /** The payer's node ends: nobody reaches it. */
    async leave() {
      await issuer?.close();
      issuer = undefined;
      await payer.close();
    },
    async comeBack() {
      payer = await LdkNode.start({ network: "bcrt", chain, alias: aliases.payer, file: payerFile });
      issuer = await testIssuer(payer, Object.values(cards));
    },
    async close() {
      await issuer?.close();
      await payer.close();
      chain.close();
    },
  };
}
