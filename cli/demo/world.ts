import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, printAmount, sat } from "../../common/index.js";
import { SaleStore, Terminal } from "../../host/index.js";
import {
  Authorizer,
  authorizerConfigSchema,
  issuerPorts,
  RefundDesk,
} from "../../issuer/authorizer/index.js";
import { offlineConfigSchema } from "../../issuer/authorizer/offline-config.js";
import type { ServiceConfig } from "../../issuer/service/index.js";
import { bindStore, openSqlite, type Store } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import { openPaymentSender, PaymentReceiver } from "../../lightning/api/index.js";
import { InputError } from "../error-report.js";
import type { Counter } from "./counter.js";
import { type DemoLnds, type DemoNodes, demoNodes } from "./nodes.js";

/** Key version of the static keys that the demo's blank card comes with. */
export const FACTORY_VERSION = 255;

/** Everything that a real installation has, in a temporary folder, without the card. */
export interface World {
  readonly folder: string;
  readonly nodes: DemoNodes;
  readonly payerUri: string;
  readonly keys: KeyFile;
  /** The static keys of blank cards, as their maker delivers them. */
  readonly factoryKey: Uint8Array;
  readonly store: Store;
  /** Of the issuer's service. */
  readonly config: Pick<ServiceConfig, "authorizer" | "offline" | "network">;
  readonly sales: SaleStore;
  readonly terminal: Terminal;
  close(): Promise<void>;
}

/**
 * Two Lightning nodes, the issuer's keys, ledger and authorizer beside the payer's, and a terminal at the merchant's.
 * @param lnds instead of embedded nodes
 * @throws InputError; NodeError
 */
export async function buildWorld(counter: Counter, lnds: DemoLnds | undefined): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-demo-"));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const nodes = await demoNodes(folder, lnds);
    closing.push(() => nodes.close());
    const { payer, merchant } = nodes;
    const { nodeId, addresses } = await payer.info();
    if (addresses[0] === undefined)
      throw new InputError("--payer: lnd announces no address that a card could name", {
        hint: "Start it with externalip, such as --externalip=127.0.0.1:9735.",
      });
    const factoryKey = Uint8Array.from(randomBytes(16));
    const keys = await KeyFile.create(
      join(folder, "issuer.keys"),
      Uint8Array.from(randomBytes(24)),
      "festival",
    );
    closing.push(() => keys.close());
    await keys.addMasterKey({ version: FACTORY_VERSION, key: factoryKey, diversification: "none" });
    const store = await openSqlite({ path: join(folder, "ledger.db") });
    closing.push(() => store.close());
    await bindStore(store, { network: "bcrt", nodeId });
    const offline = offlineConfigSchema.parse({ floorLimits: { perSale: printAmount(FLOOR_PER_SALE) } });
    const config: World["config"] = {
      network: "bcrt",
      authorizer: authorizerConfigSchema.parse({ presentationAgeMs: PRESENTATION_AGE_MS }),
      offline,
    };
    const ports = issuerPorts({ store, node: payer, network: "bcrt", nodeId, keys });
    const authorizer = new Authorizer(ports, { ...config.authorizer, offline });
    const refunds = new RefundDesk({ store, node: payer, nodeId, clock: ports.clock, log: ports.log });
    const receiver = new PaymentReceiver(payer, authorizer, { refunds });
    closing.push(
      () => authorizer.close(),
      () => refunds.close(),
      () => receiver.close(),
    );
    const sales = new SaleStore(join(folder, "sales.db"));
    closing.push(() => sales.close());
    const sender = await openPaymentSender(merchant, sales);
    closing.push(() => sender.close());
    return {
      folder,
      nodes,
      payerUri: `${bytesToHex(nodeId)}@${addresses[0]}`,
      keys,
      factoryKey,
      store,
      config,
      sales,
      terminal: new Terminal({ node: merchant, sender, store: sales, reader: counter.reader }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Most for one sale that a stall accepts without a connection. */
export const FLOOR_PER_SALE = sat(8_000);
/** Longer than any stall has time to forward: 4 days. */
const PRESENTATION_AGE_MS = 4 * 86_400_000;

/** What the demo's card may do. */
export const CARD = {
  credit: sat(20_000),
  maxPerTransaction: sat(12_000),
  pinThreshold: sat(5_000),
  noPinBudget: sat(10_000),
  /** Known to the issuer only: the card cannot tell the time. */
  maxPerDay: sat(30_000),
} as const;
