import { msat } from "../../common/index.js";
import { PaidFile, SaleFile } from "../../lightning/dpp/index.js";

/**
 * A process that is killed: it opens the file of sales (or of paid invoices) and works until then, saying on its
 * standard output what is durable. Arguments: `sales` or `paid`, the file, first number.
 */
const [kind, path = "", first = "0"] = process.argv.slice(-3);

const bytes = (number: number, fill: number): Uint8Array => {
  const out = new Uint8Array(32).fill(fill);
  new DataView(out.buffer).setUint32(0, number);
  return out;
};
const say = (text: string) => process.stdout.write(`${text}\n`);

function sell(): void {
  const store = new SaleFile(path);
  say("open");
  for (let number = Number(first); ; number++) {
    const paymentHash = bytes(number, 1);
    store.add({
      paymentHash,
      invoice: `invoice ${number}`,
      amount: undefined,
      description: "",
      createdAt: number,
      expiresAt: number + 600,
    });
    say(`added ${number}`);
    if (number % 2 === 0) continue;
    store.close(paymentHash, "paid", number);
    say(`paid ${number}`);
  }
}

function take(): void {
  const store = new PaidFile(path);
  say("open");
  for (let number = Number(first); ; number++) {
    store.record({
      paymentHash: bytes(number, 1),
      preimage: bytes(number, 2),
      htlcs: [`${number}`],
      received: msat(BigInt(number)),
      paidAt: number,
      expiresAt: number,
    });
    say(`added ${number}`);
  }
}

if (kind === "sales") sell();
else take();
