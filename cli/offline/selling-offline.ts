import { ChequecardError, equalBytes, pause } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { Forwarder, OfflineDesk, Outages, type SaleStore } from "../../host/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { dial } from "../../lightning/api/dial.js";
import type { PaymentSender } from "../../lightning/api/index.js";
import { type DeputyKeys, deputyInvoiceState, makeDeputyInvoice } from "../../lightning/dpp/index.js";
import type { NodeUri } from "../../lightning/node-uri.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { withDeputies } from "../../lightning/nodes/with-deputies.js";
import { UntrustedUriError } from "../../lightning/untrusted-uri-error.js";
import type { CommandContext } from "../command-context.js";
import type { OfflineSettings } from "../terminal-settings.js";
import {
  expectTerminalKey,
  hasDeputyProfile,
  PackShelf,
  readProfile,
  readTerminalKey,
} from "./terminal-folder.js";

/** Milliseconds between two attempts to reach what is away. */
const PROBE_MS = 5_000;

/** What makes a terminal sell without a connection, for the length of a session. */
export interface SellingOffline {
  readonly desk: OfflineDesk;
  /** Forwards and watches in the background until it is closed. */
  start(sender: PaymentSender): void;
  close(): Promise<void>;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A deputy's invoices of this terminal count as the node's own where it has accepted them. */
export const tillNode = (node: LightningNode, store: SaleStore, folder: string): LightningNode => {
  const profile = readProfile(folder);
  if (!profile) return node;
  const keys: DeputyKeys = {
    terminalKey: (keyId) => (equalBytes(keyId, profile.keyId) ? profile.terminalKey : undefined),
  };
  return withDeputies(node, (paymentHash) => {
    const sale = store.accepted.ofInvoice(paymentHash);
    return sale && deputyInvoiceState(keys, sale.invoice, seconds());
  });
};

/**
 * Undefined for a terminal without a key, which was never meant to accept offline.
 * @throws InputError, PackError
 */
export function sellingOffline(
  context: CommandContext,
  folder: string,
  { node, store, settings }: { node: LightningNode; store: SaleStore; settings: OfflineSettings },
): SellingOffline | undefined {
  const profile = readProfile(folder);
  if (!readTerminalKey(folder) && !hasDeputyProfile(folder)) return undefined;
  const shelf = new PackShelf(folder, expectTerminalKey(folder));
  shelf.packs();
  const outages = new Outages(() => {
    const { sales, total } = store.accepted.open();
    const held = sales === 0 ? "" : ` ${SENTENCES.offline.held(sales, shownMsat(total))}`;
    context.print(`${outages.none ? SENTENCES.offline.online : SENTENCES.offline.offline}${held}`);
  });
  const desk = new OfflineDesk({
    packs: () => shelf.packs(),
    limits: settings.limits,
    store,
    outages,
    ...(profile ? { deputyInvoice: (request) => makeDeputyInvoice(profile, request) } : {}),
  });
  const end = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  return {
    desk,
    start(sender) {
      const log = acceptedLog(store, () => nodesOf(shelf));
      const forwarder = new Forwarder({
        sender,
        log,
        ...(settings.forwardRate === undefined ? {} : { maxPerSecond: settings.forwardRate }),
        onResult: (_, result) => {
          if (result !== "paid" && result !== "refused") return;
          const { sales, total } = store.accepted.open();
          context.note(SENTENCES.offline.forwarded[result](sales, shownMsat(total)));
        },
      });
      const back = () => {
        store.accepted.dueNow(seconds());
        forwarder.wake();
      };
      // A terminal without a node has nothing to forward with, nor to find again.
      if (hasDeputyProfile(folder) && profile && isAbsent(node)) return;
      running = Promise.all([forwarder.run(end.signal), watch(node, outages, back, end.signal)]);
    },
    async close() {
      end.abort();
      await running;
    },
  };
}

/** Nodes that the packs name now. What is accepted is forwarded also when a pack cannot be read any more. */
function nodesOf(shelf: PackShelf): readonly NodeUri[] {
  try {
    return shelf.packs().flatMap(({ nodes }) => nodes);
  } catch (error) {
    if (error instanceof ChequecardError) return [];
    throw error;
  }
}

const isAbsent = (node: LightningNode): boolean => "isAbsent" in node;

/** Looks every few seconds for what is away, while anything is. */
async function watch(
  node: LightningNode,
  outages: Outages,
  back: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(PROBE_MS, signal);
    if (outages.none || signal.aborted) continue;
    try {
      const { network } = await node.info();
      outages.setOwnNode(false);
      for (const uri of outages.payers())
        if (await canDial(() => dial(node, uri, { network }))) outages.setPayer(uri, false);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
    if (outages.none) back();
  }
}

async function canDial(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (error instanceof NodeError || error instanceof UntrustedUriError) return false;
    throw error;
  }
}
