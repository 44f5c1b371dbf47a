import type { Msat } from "../common/index.js";
import type { Terminal } from "../host/index.js";

/** Milliseconds from the moment at which a card can be laid down until the sale is paid. */
export async function timedTap(terminal: Terminal, amount: Msat): Promise<number> {
  let started = 0;
  const { state } = await terminal.charge(
    { amount, description: "bench" },
    {
      onOpen: () => {
        started = performance.now();
      },
    },
  );
  const time = performance.now() - started;
  if (state !== "paid") throw new Error(`the sale is ${state}`);
  return time;
}
