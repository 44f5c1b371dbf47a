import { type Msat, msat, writeDurableFile } from "../../common/index.js";
import { isFinal, type Sale, type SaleStore } from "../../host/index.js";
import { type BundledSale, MAX_BUNDLED_SALES, writeBundle } from "../../offline/bundle.js";
import { readResults, type SaleResult } from "../../offline/results.js";
import { InputError } from "../error-report.js";
import { readCarried } from "./shop-forwarding.js";
import { readProfile } from "./terminal-folder.js";

const PAGE = 500;

/** What a terminal writes for a person to carry, or reads back. */
export interface Carried {
  readonly sales: number;
  readonly total: Msat;
}

function profileOf(folder: string) {
  const profile = readProfile(folder);
  if (profile) return profile;
  throw new InputError(
    `${folder}: no deputy-profile.json there, so nothing can be carried for this terminal`,
    {
      hint: `Its own node forwards. For bundles make a profile at the shop: chequecard deputy profile --node SHOP --name NAME --out ${folder}/deputy-profile.json`,
    },
  );
}

/**
 * Writes what is accepted and neither paid nor refused. Sales stay as they are: a bundle may be written and carried any
 * number of times.
 * @throws InputError, FileError, SaleError
 */
export function exportBundle(store: SaleStore, folder: string, out: string): Carried {
  const { keyId, terminalKey, network } = profileOf(folder);
  const sales: BundledSale[] = [];
  let total = 0n;
  for (let after = 0; sales.length < MAX_BUNDLED_SALES; ) {
    const page = store.accepted.page(after, PAGE);
    if (page.length === 0) break;
    for (const { number, acceptedAt = 0, token, nodeUri, invoice, amount } of page) {
      if (!token || nodeUri === undefined || sales.length >= MAX_BUNDLED_SALES) continue;
      sales.push({ number, acceptedAt, token, nodeUri, invoice });
      total += amount;
    }
    after = page.at(-1)?.number ?? Number.MAX_SAFE_INTEGER;
  }
  const head = { network, keyId, fileId: store.accepted.id(), madeAt: Math.floor(Date.now() / 1000) };
  writeDurableFile(out, writeBundle(head, sales, terminalKey));
  return { sales: sales.length, total: msat(total) };
}

/** What a file of results changed. */
export interface TakenResults {
  readonly paid: number;
  readonly refused: number;
  /** Still open at the shop. */
  readonly open: number;
  /** That the terminal knew already. */
  readonly known: number;
}

/**
 * Takes what became of carried sales. Older results than the terminal has change nothing.
 * @throws BundleError, InputError, SaleError: nothing is changed then
 */
export function takeResults(store: SaleStore, folder: string, file: string): TakenResults {
  const { keyId, terminalKey, network } = profileOf(folder);
  const results = readResults(readCarried(file, "file of results"), network, {
    keyId,
    terminalKey,
    fileId: store.accepted.id(),
  });
  const taken = { paid: 0, refused: 0, open: 0, known: 0 };
  for (const result of results) {
    const sale = store.accepted.ofInvoice(result.paymentHash);
    if (!sale) continue;
    taken[takeOne(store, sale, result)]++;
  }
  return taken;
}

function takeOne(store: SaleStore, sale: Sale, result: SaleResult): keyof TakenResults {
  if (sale.state === "paid" || (isFinal(sale) && result.state !== "paid")) return "known";
  if (result.state === "paid") store.paid(sale.number, result.received, result.paidAt);
  else if (result.state === "refused") store.refused(sale.number, result.reason);
  return result.state;
}
