import type { ReportedSale } from "../../host/terminal/receipt.js";
import { SaleStore } from "../../host/terminal/sale-store.js";
import { askRunning } from "./ask-node.js";
import { type DayAnswer, type DayRequest, runDay, toldSale } from "./day-operations.js";
import type { Till } from "./till.js";

/** Opens the file of sales for a moment: no process sells with it. */
function withStore<T>(path: string, use: (store: SaleStore) => T): T {
  const store = new SaleStore(path);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** The sales created in [from, to), Unix seconds, also while a till sells. @throws SaleError; NodeError */
export async function salesAtTill(
  { node: folder, sales }: Till,
  { from, to }: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<readonly ReportedSale[]> {
  const found: ReportedSale[] = [];
  for (;;) {
    const after = found.at(-1)?.number ?? 0;
    const served = await askRunning(folder, "sales-page", { sales, from, to, after }, signal);
    if (!served?.isHere) return withStore(sales, (store) => store.between(from, to));
    found.push(...served.sales.map(toldSale));
    if (!served.more) return found;
  }
}

/** One sale, also while a till sells. @throws SaleError; NodeError */
export async function saleAtTill(
  { node: folder, sales }: Till,
  number: number,
  signal: AbortSignal,
): Promise<ReportedSale> {
  const served = await askRunning(folder, "sales-one", { sales, number }, signal);
  return served?.isHere ? toldSale(served.sale) : withStore(sales, (store) => store.get(number));
}

/** Closes or shows a day, also while a till sells. @throws InputError; SaleError; NodeError */
export async function dayAtTill(
  { node: folder, sales }: Till,
  request: DayRequest,
  signal: AbortSignal,
): Promise<DayAnswer> {
  const served = await askRunning(folder, "sales-day", { sales, ...request }, signal);
  if (served?.isHere) return served;
  return withStore(sales, (store) => runDay(store, request, Math.floor(Date.now() / 1000)));
}
