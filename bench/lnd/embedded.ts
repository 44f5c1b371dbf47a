import { sat } from "../../common/index.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";

const AMOUNT = sat(100);
/** Below what a channel takes at once. */
const AT_ONCE = 32;
const WARM_UP = 64;
const PAYMENTS = 640;

/** Payments a second of the embedded node, {@link AT_ONCE} at a time, to another one in the same process. */
export async function embeddedRate(): Promise<number> {
  const { merchant, payer, close } = await startLittleNetwork();
  try {
    const invoice = async () =>
      (await merchant.createInvoice({ amount: AMOUNT, description: "bench", expirySeconds: 3600 })).invoice;
    const pay = async (count: number): Promise<void> => {
      const invoices = await Promise.all(Array.from({ length: count }, invoice));
      const work = async () => {
        for (let next = invoices.pop(); next !== undefined; next = invoices.pop()) {
          const { state } = await payer.pay({ invoice: next, maxFee: sat(1) });
          if (state !== "settled") throw new Error(`a payment of the embedded node is ${state}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    };
    await pay(WARM_UP);
    const started = performance.now();
    await pay(PAYMENTS);
    return PAYMENTS / ((performance.now() - started) / 1000);
  } finally {
    await close();
  }
}
