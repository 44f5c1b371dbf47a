export { remaining } from "./accounts.js";
export {
  type CardPage,
  findCardPage,
  isOpenPage,
  revokeCardPage,
  setCardPage,
} from "./card-pages.js";
export {
  beginClosing,
  closingPayouts,
  closingSince,
  endClosing,
  type Payout,
  payOutInClosing,
} from "./closing.js";
export { LedgerError, type LedgerErrorCode } from "./errors.js";
export { faceRoute, facesOf } from "./faces.js";
export { type VoidedGap, voidDueGaps } from "./gaps.js";
export type { CardLimits, LimitsChange } from "./limits.js";
export { addNode, retireNode } from "./node-table.js";
export { inFlightByNode, type NodeStanding, nodeStandings, type PaymentSum } from "./nodes.js";
export { cashOutCard, findTopUp, fundCard, replaceCard, reversible, type TopUp } from "./operations.js";
export { checkReference, type Order, type OrderDone, placeOrder, requestOf } from "./orders.js";
export {
  clearPageTries,
  countPageTry,
  lockAfter,
  type PageTry,
  type PageVisitor,
  UnknownTries,
  type VisitorTries,
} from "./page-tries.js";
export {
  activateCard,
  type CardEntry,
  expectNode,
  listCards,
  type NewCard,
  registerCard,
  setPolicy,
  showCard,
} from "./registry.js";
export { blockCard, retireCard, setLimits, unblockCard } from "./states.js";
export { listUnmatched, type UnmatchedPayment, writeOff } from "./unmatched.js";
export { type LedgerReport, type Violation, verifyLedger } from "./verify-ledger.js";
