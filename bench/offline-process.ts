import { SaleStore } from "../host/terminal/sale-store.js";

/** Opens a file of sales as a terminal does, uses it as one, and says how much memory the process has, in bytes. */
const store = new SaleStore(process.argv[2] ?? "");
const cardId = new Uint8Array(8);
for (let i = 0; i < 20; i++) {
  store.accepted.held(cardId);
  store.accepted.due(2_000_000_000, 128);
  store.accepted.page(i * 500, 500);
}
process.send?.({ rss: process.memoryUsage().rss, open: store.accepted.open().sales });
store.close();
