import { tell } from "../../cli/node/day-operations.js";
import { toJson } from "../../cli/output.js";
import type { Sale } from "../../host/terminal/sale.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import type { EventKind, Hooks } from "../webhooks/hooks.js";

/** What has become of a sale, as webhooks hear of it. */
function kindsOf({ state, cancelReason, refund }: Sale): EventKind[] {
  const isRefused = state === "refused" || (state === "cancelled" && cancelReason === "rejected");
  return [
    ...(state === "paid" ? ["sale.paid" as const] : []),
    ...(isRefused ? ["sale.refused" as const] : []),
    ...(refund?.state === "paid" ? ["sale.refunded" as const] : []),
  ];
}

/**
 * Keeps an event for everything that becomes of sales: as it happens, and at the start for what happened while nobody
 * listened, or when a process was killed before it had kept it. Sales that were there before the first start are not told.
 * @param now Unix milliseconds
 * @returns ends that
 */
export function keepSaleEvents(
  store: SaleStore,
  hooks: Hooks,
  onNew: () => void,
  now = Date.now,
): () => void {
  const keep = (sale: Sale): void => {
    const at = Math.floor(now() / 1000);
    let isNew = false;
    for (const event of kindsOf(sale))
      isNew =
        hooks.tell(`sale ${sale.number}`, event, at, (id) => toJson({ id, event, at, sale: tell(sale) })) ||
        isNew;
    if (isNew) onNew();
  };
  const first = hooks.mark("sales before", () => store.lastNumber());
  for (const sale of store.after(first)) keep(sale);
  return store.observe((sale) => {
    if (sale.number > first) keep(sale);
  });
}
