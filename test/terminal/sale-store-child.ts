import { msat } from "../../common/index.js";
import { SaleStore } from "../../host/terminal/index.js";

/**
 * Sells without end until it is killed, and says on its standard output what is durable.
 * Arguments: the file, the first serial number.
 */
const [path = "", first = "0"] = process.argv.slice(-2);

const store = new SaleStore(path);
const say = (text: string) => new Promise<void>((done) => process.stdout.write(`${text}\n`, () => done()));
for (let serial = Number(first); ; serial++) {
  const paymentHash = new Uint8Array(32);
  new DataView(paymentHash.buffer).setUint32(0, serial);
  const { number } = store.create({
    amount: msat(1000n),
    description: "beer",
    fiat: undefined,
    invoice: `lnbcrt${serial}`,
    paymentHash,
    createdAt: serial,
    expiresAt: serial + 600,
  });
  await say(`open ${number}`);
  store.authorized(number, new Uint8Array(149).fill(serial), `node ${serial}`);
  await say(`authorized ${number}`);
  if (number % 2 === 0) store.paid(number, msat(1000n), serial);
  else {
    store.cancelling(number, "merchant");
    await say(`cancelling ${number}`);
    store.cancelled(number);
  }
  await say(`${number % 2 === 0 ? "paid" : "cancelled"} ${number}`);
}
