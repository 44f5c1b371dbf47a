/**
 * What most people need: amounts, a card on a reader, a terminal that sells, the check of a token. The sub-paths have
 * the rest: `chequecard/terminal`, `/issuer`, `/node`, `/simulator`, `/apdu`, `/common` and more.
 */
export { ChequecardError } from "../common/errors.js";
export { formatMsat, type Msat, msat, parseAmount, sat } from "../common/msat.js";
export { withCard } from "../host/card-session.js";
export { openReaders, type PcscOptions, type PcscReaders } from "../host/pcsc/readers.js";
export { type OtherParts, type PhonePart, type TapOptions, type TapRequest, tap } from "../host/tap.js";
export { SaleStore } from "../host/terminal/sale-store.js";
export { Terminal } from "../host/terminal/terminal.js";
export { checkerOf } from "../issuer/authorizer/signatures/checker.js";
export { verifyToken } from "../issuer/verify.js";
export { openPaymentSender } from "../lightning/api/sender.js";
export { decodeInvoice } from "../lightning/bolt11/decode.js";
