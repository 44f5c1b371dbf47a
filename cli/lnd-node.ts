import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { bytesToHex, formatMsat, systemReason, writeDurableFile } from "../common/index.js";
import { PaidFile } from "../lightning/dpp/index.js";
import { type LndConfig, MAINNET_MAX_PAYMENT } from "../lightning/nodes/lnd/config.js";
import { LndNode } from "../lightning/nodes/lnd/node.js";
import { InputError } from "./error-report.js";
import { serveControl } from "./node/control-server.js";
import { DeputyTerminals } from "./node/deputy-terminals.js";
import { lockNode } from "./node/node-lock.js";
import type { OpenSales } from "./node/operation.js";
import { runOperation } from "./node/operations.js";
import { ShopForwarding } from "./offline/shop-forwarding.js";
import type { OpenNode, OpenNodeOptions } from "./opened-node.js";

/** Remembers in a folder that real money may move by its node. */
const agreementPath = (folder: string): string => join(folder, "real-money.json");

/** The question that a first start on mainnet asks. */
const question = (config: LndConfig, address: string): string =>
  `The lnd at ${address} is on bitcoin mainnet: this will pay real money, up to ${formatMsat(config.maxPayment ?? MAINNET_MAX_PAYMENT)} a payment. Go on?`;

/**
 * Holds that somebody has agreed to real money: in the configuration, at an earlier start, or now.
 * @throws InputError
 */
async function expectAgreement(
  folder: string,
  config: LndConfig,
  node: LndNode,
  agree: OpenNodeOptions["agree"],
): Promise<void> {
  const path = agreementPath(folder);
  if (node.facts.network !== "bc" || config.realMoney || existsSync(path)) return;
  const hint =
    "Set realMoney: true beside type: lnd once this is meant, or start it in a terminal, which asks.";
  if (!agree) throw new InputError(`lnd at ${config.address}: this would move real money`, { hint });
  if (!(await agree(question(config, config.address))))
    throw new InputError("real money was not meant; nothing was started", { hint });
  const agreement = { nodeId: bytesToHex(node.facts.nodeId), agreedAt: new Date().toISOString() };
  writeDurableFile(path, `${JSON.stringify(agreement, null, 2)}\n`);
}

/**
 * Connects to an lnd on behalf of a folder, which keeps what must not be lost beside it (the record of settled payments,
 * offline terminals and what was paid to them), and serves the requests of other commands on its control channel. lnd itself is not touched.
 * @throws InputError; NodeError; NodeInUseError when another process works for this folder
 */
export async function openLndNode(
  folder: string,
  config: LndConfig,
  { roles, log, agree }: OpenNodeOptions,
): Promise<OpenNode> {
  const absolute = resolve(folder);
  try {
    mkdirSync(absolute, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InputError(`${folder}: the folder cannot be made (${systemReason(cause)})`, { cause });
  }
  const closing: (() => unknown)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const lock = lockNode(absolute);
    closing.push(() => lock.release());
    const terminals = new DeputyTerminals(absolute);
    const { deputy, ...place } = config;
    const paid = deputy ? new PaidFile(join(absolute, "deputy-paid.db")) : undefined;
    closing.push(() => paid?.end());
    const node = await LndNode.start({
      ...place,
      roles,
      ...(paid && { deputy: { deputyKey: terminals.deputyKey(), keys: terminals.keys, paid } }),
      record: join(absolute, "lnd-payments.db"),
      ...(log === undefined ? {} : { log }),
    });
    closing.push(() => node.close());
    await expectAgreement(absolute, config, node, agree);
    const forwarding = new ShopForwarding(absolute, node, terminals.keys);
    closing.push(() => forwarding.close());
    await forwarding.resume();
    let sales: OpenSales | undefined;
    const run = (request: unknown) => runOperation({ node, terminals, sales, forwarding }, request);
    const control = await serveControl(absolute, run);
    closing.push(() => control.close());
    const lend = (open: OpenSales | undefined) => {
      sales = open;
    };
    return { node, run, lend, close };
  } catch (error) {
    await close();
    throw error;
  }
}
