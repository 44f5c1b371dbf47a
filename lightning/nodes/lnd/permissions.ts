import type { LndMethod } from "./calls.js";
import { type Macaroon, readMacaroon } from "./macaroon.js";

/** What a program does with lnd. */
export type LndRole = "issuer" | "merchant" | "deputy" | "refunds";

const NODE: readonly LndMethod[] = ["lnrpc.Lightning/GetInfo", "lnrpc.Lightning/ListChannels"];
const PEERS: readonly LndMethod[] = [
  "lnrpc.Lightning/ConnectPeer",
  "lnrpc.Lightning/SendCustomMessage",
  "lnrpc.Lightning/SubscribeCustomMessages",
  "lnrpc.Lightning/SubscribePeerEvents",
];
const INVOICES: readonly LndMethod[] = [
  "lnrpc.Lightning/AddInvoice",
  "lnrpc.Lightning/ListInvoices",
  "lnrpc.Lightning/SubscribeInvoices",
  "invoicesrpc.Invoices/CancelInvoice",
  "invoicesrpc.Invoices/LookupInvoiceV2",
];
const PAYMENTS: readonly LndMethod[] = [
  "routerrpc.Router/SendPaymentV2",
  "routerrpc.Router/TrackPaymentV2",
  "routerrpc.Router/TrackPayments",
  "lnrpc.Lightning/ListPayments",
  "lnrpc.Lightning/PendingChannels",
];
const DEPUTY: readonly LndMethod[] = [
  "routerrpc.Router/HtlcInterceptor",
  "routerrpc.Router/SubscribeHtlcEvents",
  "lnrpc.Lightning/LookupHtlcResolution",
  "lnrpc.Lightning/ClosedChannels",
  "lnrpc.Lightning/GetTransactions",
];

/** Calls that each role makes. */
const CALLS: Readonly<Record<LndRole, readonly LndMethod[]>> = {
  // Refunds to cards are paid to invoices of the issuer.
  issuer: [...NODE, ...PEERS, ...PAYMENTS, ...INVOICES],
  merchant: [...NODE, ...PEERS, ...INVOICES],
  deputy: [...NODE, ...INVOICES, ...DEPUTY],
  // Of a merchant.
  refunds: [...NODE, ...PAYMENTS],
};

/** What lnd wants for each call, unless the call itself is allowed by its `uri`. */
const WANTED: Readonly<Record<LndMethod, string>> = {
  "lnrpc.State/GetState": "",
  "lnrpc.Lightning/GetInfo": "info:read",
  "lnrpc.Lightning/ListChannels": "offchain:read",
  "lnrpc.Lightning/PendingChannels": "offchain:read",
  "lnrpc.Lightning/AddInvoice": "invoices:write",
  "lnrpc.Lightning/ListInvoices": "invoices:read",
  "lnrpc.Lightning/SubscribeInvoices": "invoices:read",
  "lnrpc.Lightning/ListPayments": "offchain:read",
  "lnrpc.Lightning/ConnectPeer": "peers:write",
  "lnrpc.Lightning/SendCustomMessage": "offchain:write",
  "lnrpc.Lightning/SubscribeCustomMessages": "offchain:read",
  "lnrpc.Lightning/SubscribePeerEvents": "peers:read",
  "lnrpc.Lightning/LookupHtlcResolution": "offchain:read",
  "lnrpc.Lightning/ClosedChannels": "offchain:read",
  "lnrpc.Lightning/GetTransactions": "onchain:read",
  "invoicesrpc.Invoices/CancelInvoice": "invoices:write",
  "invoicesrpc.Invoices/LookupInvoiceV2": "invoices:write",
  "routerrpc.Router/SendPaymentV2": "offchain:write",
  "routerrpc.Router/TrackPaymentV2": "offchain:read",
  "routerrpc.Router/TrackPayments": "offchain:read",
  "routerrpc.Router/SubscribeHtlcEvents": "offchain:read",
  "routerrpc.Router/HtlcInterceptor": "offchain:write",
};

const uriOf = (method: LndMethod): string => `uri:/${method}`;

/** True when a macaroon with these permissions lets its bearer make a call. */
export const allows = ({ permissions }: Pick<Macaroon, "permissions">, method: LndMethod): boolean =>
  permissions.has(WANTED[method]) || permissions.has(uriOf(method));

/** Calls of some roles, each once. */
export const callsOf = (roles: readonly LndRole[]): readonly LndMethod[] => [
  ...new Set(roles.flatMap((role) => CALLS[role])),
];

/** Calls among these that a macaroon does not allow. @throws ParseError for what is no macaroon */
export function missingCalls(macaroon: Uint8Array, calls: readonly LndMethod[]): readonly LndMethod[] {
  const read = readMacaroon(macaroon);
  return calls.filter((method) => !allows(read, method));
}

/** Root key by which all of them can be revoked at once: lncli deletemacaroonid. */
const ROOT_KEY_ID = 45001;

/** The command that bakes a macaroon with these calls and nothing more. */
export const bakeLine = (calls: readonly LndMethod[], file: string): string =>
  `lncli bakemacaroon --root_key_id ${ROOT_KEY_ID} --save_to ${file} ${calls.map(uriOf).join(" ")}`;

/** Permissions that none of these calls needs, so that a thief could do more with the macaroon. */
export function needlessPermissions(
  { permissions }: Macaroon,
  calls: readonly LndMethod[],
): readonly string[] {
  // A permission of a whole kind allows more than the calls alone.
  const exact = new Set(calls.map(uriOf));
  return [...permissions].filter((permission) => !exact.has(permission)).sort();
}
