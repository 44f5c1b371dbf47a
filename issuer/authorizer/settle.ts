import { bytesToHex } from "../../common/bytes.js";
import { cardName } from "../ledger/accounts.js";
import { bookUnmatched, type PaidByNode } from "../ledger/book-unmatched.js";
import type { Settlement } from "../ledger/resolve.js";
import { nodeKey } from "../store/values.js";
import type { LedgerWriter } from "./ledger-writer.js";
import type { IssuerPorts } from "./ports.js";

type Ports = Pick<IssuerPorts, "store" | "log" | "clock" | "nodeId">;

/**
 * Books a payment that went through. Where it was not reserved any more, another process has settled it; or the counter
 * is void, or gone from the ledger: then the payment is unmatched.
 * @throws StoreError
 */
export async function settlePaid(
  ports: Ports,
  writer: LedgerWriter,
  settlement: Omit<Settlement, "node">,
): Promise<void> {
  const booked = await writer.settle(settlement);
  if (booked) return;
  const { card, counter, ...payment } = settlement;
  const paid = { ...payment, node: nodeKey(ports.nodeId), sentAt: ports.clock(), key: { card, counter } };
  await alertUnmatched(ports, [paid]);
}

/**
 * Books payments of the node that no authorization accounts for, and calls for somebody once for each.
 * @returns how many there were that had not been seen before
 * @throws StoreError
 */
export async function alertUnmatched(
  { store, log, clock }: Ports,
  payments: readonly PaidByNode[],
): Promise<number> {
  if (payments.length === 0) return 0;
  const found = await bookUnmatched(store, payments, clock());
  for (const { paymentHash, amount, fee, key } of found)
    log.error(
      {
        event: "unmatched",
        alert: true,
        paymentHash: bytesToHex(paymentHash),
        amount: `${amount}`,
        fee: `${fee}`,
        ...(key ? { card: cardName(key.card), counter: `${key.counter}` } : {}),
      },
      'the node paid what the ledger does not account for: see "chequecard ledger unmatched"',
    );
  return found.length;
}
