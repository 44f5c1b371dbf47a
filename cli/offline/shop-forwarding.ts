import { existsSync } from "node:fs";
import { join } from "node:path";
import { FileError, type Msat, readBoundedFile, sumMsat, writeDurableFile } from "../../common/index.js";
import { ForwardedFile, type Imported } from "../../host/terminal/forwarded-file.js";
import { Forwarder } from "../../host/terminal/forwarder.js";
import { openPaymentSender, type PaymentSender } from "../../lightning/api/index.js";
import { type DeputyKeys, deputyInvoiceState } from "../../lightning/dpp/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { withDeputies } from "../../lightning/nodes/with-deputies.js";
import { readBundle } from "../../offline/bundle.js";
import { type SaleResult, writeResults } from "../../offline/results.js";
import { BundleError, type ListHead, MAX_LIST_LENGTH } from "../../offline/sealed-list.js";
import { InputError } from "../error-report.js";

/** Whose sales: key id and file of sales of a terminal. */
export type Origin = Pick<ListHead, "keyId" | "fileId">;

/** How the sales of one terminal stand at the shop. */
export interface ForwardTotals {
  readonly paid: number;
  readonly received: Msat;
  readonly refused: number;
  readonly open: number;
  /** Whether an attempt is due or in flight now. */
  readonly busy: boolean;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

/**
 * Forwards what terminals of a node have accepted and people have carried here, in the background, for as long as the process
 * runs the node; what was left open goes on at its next start.
 */
export class ShopForwarding {
  readonly #path: string;
  readonly #node: LightningNode;
  readonly #keys: DeputyKeys;
  readonly #end = new AbortController();
  #open:
    | { readonly file: ForwardedFile; readonly forwarder: Forwarder; readonly sender: PaymentSender }
    | undefined;
  #running: Promise<void> | undefined;

  constructor(folder: string, node: LightningNode, keys: DeputyKeys) {
    this.#path = join(folder, "forwarded.db");
    this.#node = node;
    this.#keys = keys;
  }

  /** Goes on with what an earlier process left. @throws SaleError, NodeError */
  async resume(): Promise<void> {
    if (existsSync(this.#path)) await this.#opened();
  }

  /**
   * Takes the sales of a bundle, those that it has not yet, and forwards them.
   * @throws BundleError, ParseError: nothing is taken then; SaleError, NodeError
   */
  async take(bundle: string): Promise<Imported & { readonly origin: Origin }> {
    const bytes = readCarried(bundle, "bundle");
    const { network } = await this.#node.info();
    const { head, sales } = readBundle(bytes, network, (keyId) => this.#keys.terminalKey(keyId));
    const { file, forwarder } = await this.#opened();
    const imported = file.import(head, sales);
    forwarder.wake();
    return { ...imported, origin: head };
  }

  /** @throws SaleError */
  async totals(origin: Origin): Promise<ForwardTotals> {
    const { file } = await this.#opened();
    const results = file.results(origin);
    const count = (state: SaleResult["state"]) => results.filter((one) => one.state === state).length;
    return {
      paid: count("paid"),
      received: sumMsat(results.flatMap((one) => (one.state === "paid" ? [one.received] : []))),
      refused: count("refused"),
      open: count("open"),
      busy: file.due(seconds(), 1).length > 0,
    };
  }

  /** Writes what became of a terminal's sales, for a person to carry back. @throws FileError, SaleError */
  async writeResults(origin: Origin, out: string): Promise<number> {
    const { file } = await this.#opened();
    const key = this.#keys.terminalKey(origin.keyId);
    if (!key) throw new InputError("the terminal was revoked meanwhile; no results are written for it");
    const results = file.results(origin);
    const { network } = await this.#node.info();
    writeDurableFile(out, writeResults({ ...origin, network, madeAt: seconds() }, results, key));
    return results.length;
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#open?.sender.close();
    await this.#running;
    this.#open?.file.close();
  }

  async #opened() {
    if (this.#open) return this.#open;
    const file = new ForwardedFile(this.#path);
    const node = withDeputies(this.#node, (paymentHash) => {
      const sale = file.find(paymentHash);
      return sale && deputyInvoiceState(this.#keys, sale.invoice, seconds());
    });
    const sender = await openPaymentSender(node, file);
    const forwarder = new Forwarder({ sender, log: file });
    this.#open = { file, forwarder, sender };
    this.#running = forwarder.run(this.#end.signal);
    return this.#open;
  }
}

/** A file that a person carried, of bounded size. @throws BundleError for one that is too large; FileError */
export function readCarried(path: string, name: string): Uint8Array {
  try {
    return readBoundedFile(path, MAX_LIST_LENGTH);
  } catch (cause) {
    if (!(cause instanceof FileError) || cause.cause !== undefined) throw cause;
    throw new BundleError("not-a-bundle", `This is not a ${name}: ${cause.message}.`, { cause });
  }
}
