export { alerts } from "./alerts.js";
export {
  type AuthorizationEntry,
  type AuthorizationFilter,
  eachAuthorization,
  listAuthorizations,
  showAuthorization,
} from "./authorizations.js";
export { blockedCards } from "./blocked.js";
export {
  type CardDetails,
  cardDetails,
  cardsCsv,
  cardsLabelled,
  eachCard,
  eachLabel,
  type LabelledCard,
  replacedAmong,
} from "./card-details.js";
export { type CardStanding, type HolderPayment, type HolderView, holderView } from "./card-page.js";
export {
  compareWithNode,
  type Difference,
  type ListedPayment,
  type LookUpPayments,
  type NodeBooks,
  type NodeComparison,
  type PaymentStanding,
  type UnknownPayment,
} from "./compare-node.js";
export { type FloatStanding, type Standing, standing } from "./float.js";
export { type HourReport, type HourRow, type HourSum, spendingByHour } from "./hours.js";
export { payoutsCsv } from "./payouts.js";
export { type Books, dayIn, type SpendingReport, spendingCsv, spendingReport } from "./spending.js";
