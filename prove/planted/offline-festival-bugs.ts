import { bug, bugsOf, type PlantedBug } from "./bug.js";

const festival = { campaign: "offline-festival" } as const;

/** In what terminals, shop and issuer do together while the network comes and goes: no test of one part sees them. */
export const OFFLINE_FESTIVAL_BUGS: readonly PlantedBug[] = bugsOf("both sides offline", [
  bug(
    "a sale for which the payer is away asks by an invoice that the issuer refuses",
    [festival],
    [
      "host/terminal/sale-invoice.ts",
      "const deputys = offline?.deputyInvoice({ amount, description });",
      'const deputys = undefined as ReturnType<OfflineDesk["deputyInvoice"]>;',
    ],
  ),
  bug(
    "a sale that was forwarded in vain counts no more for its card",
    [festival],
    [
      "host/terminal/accepted-sales.ts",
      "this.#sums(\"state = 'accepted' and card_id = ?\"",
      "this.#sums(\"state = 'accepted' and tries = 0 and card_id = ?\"",
    ],
  ),
  bug(
    "a sale that was forwarded in vain counts no more for its terminal",
    [festival],
    [
      "host/terminal/accepted-sales.ts",
      "const [sum] = this.#sums(\"state = 'accepted'\", []);",
      "const [sum] = this.#sums(\"state = 'accepted' and tries = 0\", []);",
    ],
  ),
  bug(
    "a card signs for a deputy whose sale is not accepted since the connection is back",
    [festival],
    ["host/terminal/taking.ts", ' || store.get(sale.number).invoiceOf === "deputy";', ";"],
  ),
]);
