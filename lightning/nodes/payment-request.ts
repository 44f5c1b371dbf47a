import { ParseError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import { decodeInvoice, type Invoice } from "../bolt11/index.js";
import { NETWORK_NAMES, type Network } from "../network.js";
import { NodeError } from "./errors.js";
import type { PaymentRequest } from "./port.js";

/** Two weeks of blocks: more than any node forwards. */
const MAX_CLTV = 2016;

/**
 * What a payment request asks for, checked before a node is asked.
 * @param network of the node
 * @throws NodeError `bad-invoice`, `network`, `bad-request`
 */
export function readRequest(
  request: PaymentRequest,
  network: Network,
): { readonly invoice: Invoice; readonly amount: Msat } {
  const { maxCltv } = request;
  if (maxCltv !== undefined && !(Number.isInteger(maxCltv) && maxCltv > 0 && maxCltv <= MAX_CLTV))
    throw new NodeError("bad-request", `maxCltv: need an integer from 1 to ${MAX_CLTV}, have ${maxCltv}`);
  const { decoded } = request;
  const invoice = decoded?.text === request.invoice ? decoded : readInvoice(request.invoice);
  if (invoice.network !== network)
    throw new NodeError(
      "network",
      `the invoice is for the network ${invoice.network}, this node is on ${NETWORK_NAMES[network]}`,
    );
  return { invoice, amount: amountOf(invoice, request.amount) };
}

function readInvoice(text: string): Invoice {
  try {
    return decodeInvoice(text);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new NodeError("bad-invoice", cause.message, { cause });
  }
}

function amountOf(invoice: Invoice, chosen: Msat | undefined): Msat {
  if (invoice.amount !== undefined) {
    if (chosen === undefined) return invoice.amount;
    throw new NodeError("bad-request", "the invoice has an amount; none may be chosen");
  }
  if (chosen !== undefined && chosen > 0n) return chosen;
  throw new NodeError("bad-request", "the invoice has no amount; one must be chosen");
}
