export type { FeatureBits } from "../features.js";
export { isNetwork, NETWORK_NAMES, type Network } from "../network.js";
export { canonicalInvoice, invoiceHash, MAX_INVOICE_LENGTH } from "./canonical.js";
export {
  checkInvoice,
  InvoiceError,
  type InvoiceErrorCode,
  type InvoiceExpectations,
  invoiceProblem,
  type Profile,
} from "./check.js";
export { decodeInvoice, payeeOf } from "./decode.js";
export {
  DEFAULT_INVOICE_FEATURES,
  encodeInvoice,
  type InvoiceContent,
  invoiceFields,
  signInvoice,
} from "./encode.js";
export { checkedInvoice, DEFAULT_EXPIRY_SECONDS, DEFAULT_MIN_FINAL_CLTV, parseInvoice } from "./parse.js";
export { invoiceOf } from "./pasted.js";
export { formatPrefix, parsePrefix } from "./prefix.js";
export {
  type Fallback,
  type Invoice,
  type InvoiceSignature,
  type RouteHop,
  TAG,
  type TaggedField,
  type UncheckedInvoice,
  type UnsignedInvoice,
} from "./types.js";
