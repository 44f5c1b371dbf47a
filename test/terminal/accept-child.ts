import { SaleStore } from "../../host/terminal/sale-store.js";

/** Accepts sales in the file of its last argument until one fails, and prints how many it said were accepted, and why it ended. */
const store = new SaleStore(process.argv.at(-1) ?? "");
let accepted = 0;
let problem = "none";
try {
  for (let i = 1; i < 1_000_000; i++) {
    const paymentHash = new Uint8Array(32);
    new DataView(paymentHash.buffer).setUint32(0, i);
    const { number, amount } = store.create({
      ...{ amount: 1000n as never, description: "beer", fiat: undefined, invoice: `lnbcrt${i}`, paymentHash },
      ...{ createdAt: 1, expiresAt: 601 },
    });
    store.accepted.accept(
      number,
      {
        cardId: new Uint8Array(8),
        keySetId: new Uint8Array(4),
        counter: i,
        amount,
        total: BigInt(1000 * i) as never,
        pinVerified: false,
      },
      { token: new Uint8Array(149), nodeUri: "n", issuer: new Uint8Array(33), acceptedAt: 1 },
    );
    console.log(++accepted);
  }
} catch (error) {
  problem = error instanceof Error ? error.message : "unknown";
}
console.log(JSON.stringify({ accepted, problem }));
