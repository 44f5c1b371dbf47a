import { bytesToHex } from "../../common/index.js";
import { cardName } from "../ledger/accounts.js";
import { bookUnmatched, type PaidByNode } from "../ledger/unmatched.js";
import type { IssuerPorts } from "./ports.js";

/**
 * Books payments of the node that no authorization accounts for, and calls for somebody once for each.
 * @returns how many there were that had not been seen before
 * @throws StoreError
 */
export async function alertUnmatched(
  { store, log, clock }: Pick<IssuerPorts, "store" | "log" | "clock">,
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
