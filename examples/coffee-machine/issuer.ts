import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { bytesToHex, type Msat, sat } from "chequecard/common";
import {
  Authorizer,
  activateCard,
  authorizerConfigSchema,
  bindStore,
  issuerPorts,
  openSqlite,
  PaymentReceiver,
  parsePolicy,
  registerCard,
} from "chequecard/issuer";
import { KeyFile } from "chequecard/keys";
import type { LightningNode } from "chequecard/node";
import { provisionCard, type SimulatedCard } from "chequecard/simulator";

/** An issuer beside its node, in one process. */
export interface Issuer {
  /** Makes a simulated card with this much on it. */
  issue(credit: Msat): Promise<SimulatedCard>;
  close(): Promise<void>;
}

/** Opens an issuer whose keys and ledger lie in an empty folder. */
export async function openIssuer(node: LightningNode, folder: string): Promise<Issuer> {
  const { nodeId, network, addresses } = await node.info();
  const keys = await KeyFile.create(join(folder, "issuer.keys"), randomBytes(24), "cards of the example");
  const store = await openSqlite({ path: join(folder, "ledger.db") });
  await bindStore(store, { network, nodeId });
  const authorizer = new Authorizer(
    issuerPorts({ store, node, network, nodeId, keys }),
    authorizerConfigSchema.parse({}),
  );
  const receiver = new PaymentReceiver(node, authorizer);
  return {
    async issue(credit) {
      const [set] = keys.keySets();
      const sealKey = set && keys.sealKey(set.id);
      if (!set || !sealKey) throw new Error("a new key file has a key set");
      const cardId = randomBytes(8);
      const limits = {
        maxPerTransaction: sat(5_000),
        pinThreshold: sat(5_000),
        noPinBudget: credit,
        maxTransactions: 1_000,
      };
      const { card, publicKey } = provisionCard({
        cardId,
        keySetId: set.id,
        sealKey,
        issuerPublicKey: set.issuerPublicKey,
        nodeUri: `${bytesToHex(nodeId)}@${addresses[0]}`,
        limits: { ...limits, credit },
      });
      const label = bytesToHex(cardId);
      await registerCard(
        store,
        { cardId, publicKey, keySetId: set.id, label, credit, limits, policy: parsePolicy({}) },
        Date.now(),
      );
      await activateCard(store, cardId);
      return card;
    },
    async close() {
      receiver.close();
      await authorizer.close();
      await store.close();
      keys.close();
    },
  };
}
