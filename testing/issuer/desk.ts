import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { secp256k1 } from "../../common/index.js";
import {
  Authorizer,
  type AuthorizerConfig,
  authorizerConfigSchema,
  issuerPorts,
  RefundDesk,
} from "../../issuer/authorizer/index.js";
import { type OfflineOptions, offlineConfigSchema } from "../../issuer/authorizer/offline-config.js";
import { showCard, verifyLedger } from "../../issuer/ledger/index.js";
import { Reconciler } from "../../issuer/reconciler/index.js";
import { bindStore, openSqlite } from "../../issuer/store/index.js";
import { PaymentReceiver } from "../../lightning/api/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { FESTIVAL_LIMITS, type testCard } from "../cards/test-card.js";
import { MEMORY } from "../memory.js";
import { issueCard } from "./issue-card.js";

export type TestCard = ReturnType<typeof testCard>;

/** Settings of the authorizer that are not the defaults. */
type IssuerOptions = Omit<Partial<AuthorizerConfig>, "offline"> & { readonly offline?: OfflineOptions };

/** Rates that no test comes near. */
export const NO_RATES: IssuerOptions = {
  peerRate: { perSecond: 1e6, burst: 1e6 },
  cardRate: { perSecond: 1e6, burst: 1e6 },
};

/** A card with what its issuer allows it. */
export interface IssuedCard {
  readonly card: TestCard;
  readonly policy?: unknown;
  /** What it was made with, unless the festival's limits. */
  readonly limits?: typeof FESTIVAL_LIMITS;
}

/** The whole issuer service beside a node: ledger, authorizer, and the receiver of peer messages. */
export async function testIssuer(
  node: LightningNode,
  cards: readonly IssuedCard[],
  { offline, ...config }: IssuerOptions = {},
) {
  const { nodeId, network } = await node.info();
  const folder = mkdtempSync(join(MEMORY, "chequecard-desk-"));
  const store = await openSqlite({ path: join(folder, "ledger.db") });
  await bindStore(store, { network, nodeId });
  const known = cards.map(({ card }) => card);
  for (const { card, policy, limits = FESTIVAL_LIMITS } of cards)
    await issueCard(store, { ...card.record, limits, policy });
  const ports = issuerPorts({
    store,
    node,
    network,
    nodeId,
    keys: {
      sealKey: (id) => known[0]?.sealKeys(id),
      signUpdate: async (_, digest) => secp256k1.sign(digest, known[0]?.issuerSecret ?? new Uint8Array(32)),
    },
  });
  const settings = {
    ...authorizerConfigSchema.parse(config),
    ...(offline ? { offline: offlineConfigSchema.parse(offline) } : {}),
  };
  const authorizer = new Authorizer(ports, settings);
  const faults: object[] = [];
  const log = { ...ports.log, error: (fields: object) => void faults.push(fields) };
  const refunds = new RefundDesk({ ...ports, node, log, onStep: () => {} });
  const receiver = new PaymentReceiver(node, authorizer, { refunds, ratePerPeer: settings.peerRate });
  return {
    authorizer,
    reconciler: new Reconciler(ports, settings, authorizer),
    refunds,
    /** Errors that the refund desk has logged. */
    faults,
    store,
    account: (card: TestCard) => store.read((db) => showCard(db, card.record.cardId)),
    violations: async () => (await verifyLedger(store)).violations,
    async close() {
      await receiver.close();
      await refunds.close();
      await authorizer.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
