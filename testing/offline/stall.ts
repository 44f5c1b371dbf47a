import type { CardConnection, Reader } from "../../apdu/index.js";
import { concatBytes, hexToBytes } from "../../common/index.js";
import { OfflineDesk, Outages, SaleStore, Terminal } from "../../host/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { ForwardedFile } from "../../host/terminal/forwarded-file.js";
import { Forwarder } from "../../host/terminal/forwarder.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import {
  type DeputyKeys,
  type DeputyProfile,
  deputyInvoiceState,
  makeDeputyInvoice,
} from "../../lightning/dpp/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { withDeputies } from "../../lightning/nodes/with-deputies.js";
import { type BundledSale, readBundle, writeBundle } from "../../offline/bundle.js";
import type { AcceptancePack, FloorLimits } from "../../offline/pack.js";
import type { testCard } from "../cards/test-card.js";
import { NO_FLOOR, sealedCertificate } from "./certified-card.js";

const unreachable = () => new NodeError("unreachable", "there is no network here");
const MADE_AT = 1_800_000_000;

/** A node behind a line that can be cut: then every call fails, and what the node says is not heard. */
export function cuttable(node: LightningNode, line: { isCut: boolean }): LightningNode {
  const guard =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      line.isCut ? Promise.reject(unreachable()) : call(...args);
  return {
    info: () => node.info(),
    createInvoice: guard((request) => node.createInvoice(request)),
    cancelInvoice: guard((hash) => node.cancelInvoice(hash)),
    lookupInvoice: guard((hash) => node.lookupInvoice(hash)),
    pay: guard((request) => node.pay(request)),
    lookupPayment: guard((hash) => node.lookupPayment(hash)),
    listPayments: guard((query) => node.listPayments(query)),
    connect: guard((address, options) => node.connect(address, options)),
    sendMessage: guard((peer, type, payload) => node.sendMessage(peer, type, payload)),
    onMessage: (handler) => node.onMessage((message) => void (line.isCut || handler(message))),
    onDisconnected: (handler) => node.onDisconnected(handler),
    onInvoiceSettled: (handler) => node.onInvoiceSettled((paid) => void (line.isCut || handler(paid))),
    close: async () => undefined,
  };
}

/** The same with a line to other nodes alone: the own node answers, nobody else is reached. */
export function islandOf(node: LightningNode, line: { isCut: boolean }): LightningNode {
  const behind = cuttable(node, line);
  return {
    ...cuttable(node, { isCut: false }),
    connect: behind.connect,
    sendMessage: behind.sendMessage,
    onMessage: behind.onMessage,
  };
}

/** A reader that answers for a card without a certificate, under another IV at each read. */
export function certified(
  card: ReturnType<typeof testCard>,
  certificate: () => Uint8Array | undefined = () =>
    sealedCertificate(card, { validUntil: Math.floor(Date.now() / 1000) + 86_400 }),
): Reader {
  const answer = (command: Uint8Array): Uint8Array | undefined => {
    const isAsked = command[1] === 0xca && command[2] === 0x00 && command[3] === 0xc2;
    if (!isAsked) return undefined;
    const sealed = certificate();
    return sealed ? concatBytes(hexToBytes("c28195"), sealed, hexToBytes("9000")) : hexToBytes("6a88");
  };
  return {
    name: card.reader.name,
    async waitForCard(signal): Promise<CardConnection> {
      const connection = await card.reader.waitForCard(signal);
      return {
        atr: connection.atr,
        transmit: async (command) => answer(command) ?? (await connection.transmit(command)),
        close: () => connection.close(),
      };
    },
    waitForRemoval: (signal) => card.reader.waitForRemoval(signal),
  };
}

/** A terminal that may accept offline. */
export interface StallOptions {
  readonly node: LightningNode;
  readonly reader: Reader;
  readonly packs: readonly AcceptancePack[];
  readonly sales?: string;
  readonly limits?: Partial<FloorLimits>;
  readonly profile?: DeputyProfile;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** A stall: terminal, its file of sales, its desk and its forwarder. */
export async function stall(options: StallOptions) {
  const { reader, packs, sales = ":memory:", profile, now = Date.now } = options;
  const store = new SaleStore(sales);
  // What its deputy asks for counts as the node's own once it is accepted, as at a till.
  const keys: DeputyKeys = { terminalKey: () => profile?.terminalKey };
  const node = withDeputies(options.node, (paymentHash) => {
    const sale = profile && store.accepted.ofInvoice(paymentHash);
    return sale && deputyInvoiceState(keys, sale.invoice, Math.floor(now() / 1000));
  });
  const outages = new Outages();
  const offline = new OfflineDesk({
    packs: () => packs,
    limits: { ...NO_FLOOR, ...options.limits },
    store,
    outages,
    now,
    ...(profile ? { deputyInvoice: (request) => makeDeputyInvoice(profile, request) } : {}),
  });
  const sender = await openPaymentSender(node, store, { answerTimeoutMs: 5_000 });
  const terminal = new Terminal({
    node,
    sender,
    store,
    reader,
    offline,
    now,
    retryPauseMs: 20,
    offlineAfterMs: 500,
  });
  const forwarder = new Forwarder({ sender, log: acceptedLog(store), now });
  return {
    store,
    outages,
    offline,
    terminal,
    forwarder,
    /** What it would write for a person to carry. */
    bundle(by: DeputyProfile): Uint8Array {
      const carried: BundledSale[] = store.accepted
        .page(0, 1000)
        .map(({ number, acceptedAt = 0, token, nodeUri = "", invoice }) => ({
          ...{ number, acceptedAt, nodeUri, invoice },
          token: token ?? new Uint8Array(149),
        }));
      const { network, keyId, terminalKey } = by;
      const head = { network, keyId, fileId: store.accepted.id(), madeAt: MADE_AT };
      return writeBundle(head, carried, terminalKey);
    },
    close() {
      sender.close();
      store.close();
    },
  };
}

/** What differs from a shop that keeps its forwarded sales in memory. */
interface ShopOptions {
  /** Of the forwarded sales. */
  readonly file?: string;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly answerTimeoutMs?: number;
}

/** The shop, to which bundles are carried. */
export async function shopOf(
  node: LightningNode,
  keys: DeputyKeys,
  { file = ":memory:", now = Date.now, answerTimeoutMs = 10_000 }: ShopOptions = {},
) {
  const forwarded = new ForwardedFile(file);
  const known = withDeputies(node, (hash) => {
    const sale = forwarded.find(hash);
    return sale && deputyInvoiceState(keys, sale.invoice, Math.floor(now() / 1000));
  });
  const sender = await openPaymentSender(known, forwarded, { answerTimeoutMs });
  const forwarder = new Forwarder({ sender, log: forwarded, now });
  const { network } = await node.info();
  return {
    forwarded,
    forwarder,
    take(bundle: Uint8Array) {
      const { head, sales } = readBundle(bundle, network, (keyId) => keys.terminalKey(keyId));
      return { ...forwarded.import(head, sales), head };
    },
    close() {
      sender.close();
      forwarded.close();
    },
  };
}
