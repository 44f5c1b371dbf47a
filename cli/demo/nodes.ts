import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  type DeputyKeys,
  type DeputyProfile,
  DeputyRecipient,
  deputyKeys,
  deriveDeputyKey,
  deriveTerminalKey,
  PaidFile,
  recomputeModern,
} from "../../lightning/dpp/index.js";
import { NETWORK_NAMES } from "../../lightning/network.js";
import { deputyDecision, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import type { LndConfig } from "../../lightning/nodes/lnd/config.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { InputError } from "../error-report.js";
import type { CommandNode } from "../node/operation.js";
import { lndOfFolder } from "../terminal-settings.js";

/** The two Lightning nodes of the demo, with a channel between them. */
export interface DemoNodes {
  readonly payer: LightningNode;
  readonly merchant: CommandNode;
  /** What they are, as a sentence. */
  readonly about: string;
  /** Keys of the merchant's terminals without a connection. */
  readonly deputies: DeputyKeys;
  /** What such a terminal is given. */
  deputyProfile(terminal: DemoTerminal): Promise<DeputyProfile>;
  close(): Promise<void>;
}

/** Folders whose terminal.yaml names an lnd each. */
export interface DemoLnds {
  readonly payer: string;
  readonly merchant: string;
}

/** Terminals of the demo that make invoices without a node, with their key ids. */
const TERMINALS = {
  "beer tap": Uint8Array.of(0, 0, 0, 1),
  stall: Uint8Array.of(0, 0, 0, 2),
} as const;
type DemoTerminal = keyof typeof TERMINALS;
/** Milliseconds for the channels to be usable. */
const READY_MS = 30_000;

/** Starts two embedded nodes, or connects to two lnd. @throws InputError; NodeError */
export async function demoNodes(folder: string, lnds: DemoLnds | undefined): Promise<DemoNodes> {
  const master = Uint8Array.from(randomBytes(32));
  return lnds ? await lndNodes(folder, lnds, master) : await embeddedNodes(folder, master);
}

const keysOf = (master: Uint8Array): DeputyKeys => deputyKeys(master, Object.values(TERMINALS));

const terminalOf = (master: Uint8Array, name: DemoTerminal) => ({
  name,
  keyId: TERMINALS[name],
  terminalKey: deriveTerminalKey(master, TERMINALS[name]),
});

async function embeddedNodes(folder: string, master: Uint8Array): Promise<DemoNodes> {
  const deputies = keysOf(master);
  const recipient = new DeputyRecipient({ recompute: recomputeModern(deputies) });
  const network = await startLittleNetwork({
    directory: folder,
    merchant: { deputy: deputyDecision(recipient), alias: "bar" },
    payer: { alias: "festival" },
  });
  const { payer, merchant } = network;
  return {
    ...{ payer, merchant, deputies },
    about: "Two real Lightning nodes, on a simulated chain: real protocol, no real money.",
    deputyProfile: async (name) => merchant.deputyProfile(terminalOf(master, name)),
    close: () => network.close(),
  };
}

/** The lnd of a folder; only on regtest, whatever its file says. @throws InputError */
function lndOf(option: string, folder: string): Omit<LndConfig, "deputy"> {
  const lnd = lndOfFolder(folder);
  if (!lnd)
    throw new InputError(`--${option}: ${folder} names no lnd`, {
      hint: "Its terminal.yaml needs node: { type: lnd, address, certificate, macaroon }; see docs/nodes.md.",
    });
  if (lnd.network !== undefined && lnd.network !== "bcrt")
    throw new InputError(
      `--${option}: the demo plays on regtest only, and ${folder} names an lnd on ${NETWORK_NAMES[lnd.network]}`,
    );
  const { deputy: _, ...place } = lnd;
  return { ...place, network: "bcrt" };
}

async function lndNodes(folder: string, lnds: DemoLnds, master: Uint8Array): Promise<DemoNodes> {
  const places = [lndOf("payer", lnds.payer), lndOf("merchant", lnds.merchant)] as const;
  const deputies = keysOf(master);
  // Loaded only where there is an lnd.
  const { LndNode } = await import("../../lightning/nodes/lnd/node.js");
  const paid = new PaidFile(join(folder, "deputy-paid.db"));
  const closing: (() => unknown)[] = [() => paid.end()];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const payer = await LndNode.start({
      ...{ ...places[0], roles: ["issuer"] },
      record: join(folder, "payments.db"),
    });
    closing.push(() => payer.close());
    const merchant = await LndNode.start({
      ...{ ...places[1], roles: ["merchant"] },
      deputy: { deputyKey: deriveDeputyKey(master), keys: deputies, paid },
    });
    closing.push(() => merchant.close());
    await Promise.all([payer, merchant].map((node) => node.channelsReady(READY_MS)));
    const versions = [...new Set([payer, merchant].map(({ facts }) => facts.version))].join(" and ");
    return {
      ...{ payer, merchant, deputies, close },
      about: `Two lnd (${versions}) with a channel between them, on regtest: no real money.`,
      deputyProfile: (name) => merchant.deputyProfile(terminalOf(master, name)),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
