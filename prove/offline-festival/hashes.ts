import { bytesToHex } from "../../common/index.js";
import { parseInvoice } from "../../lightning/bolt11/parse.js";

/** Payment hash of an invoice, hex. */
export const invoicePaymentHash = (invoice: string): string => bytesToHex(parseInvoice(invoice).paymentHash);
