import type {
  AuthorizationsTable,
  EvidenceTable,
  GapsTable,
  LeasesTable,
  StatusesTable,
} from "./tables/authorizations.js";
import type { SunCardsTable, SunCodesTable } from "./tables/bolt-cards.js";
import type {
  BookingsTable,
  OperationsTable,
  OrdersTable,
  RefundsTable,
  UnmatchedTable,
} from "./tables/book.js";
import type {
  AccountsTable,
  CardPagesTable,
  CardPageTriesTable,
  CardsTable,
  LimitsTable,
  PoliciesTable,
} from "./tables/cards.js";
import type { CardFeesTable, IssuerFeesTable, TotalsTable } from "./tables/fees.js";
import type { NodesTable, NodeTotalsTable, SettingsTable } from "./tables/nodes.js";
import type { GuaranteesTable, GuaranteeTotalTable, PacksTable } from "./tables/offline.js";

export type * from "./tables/authorizations.js";
export type * from "./tables/bolt-cards.js";
export type * from "./tables/book.js";
export type * from "./tables/cards.js";
export type * from "./tables/fees.js";
export type * from "./tables/nodes.js";
export type * from "./tables/offline.js";

/**
 * The tables, the same on SQLite and PostgreSQL. Every number is a 64-bit integer and reads as a bigint:
 * amounts in millisatoshi, times in Unix milliseconds, `card` the card id as a signed integer
 * (`cardKey` in values.ts). Bytes read as Buffer.
 */
export interface Tables {
  settings: SettingsTable;
  nodes: NodesTable;
  node_totals: NodeTotalsTable;
  policies: PoliciesTable;
  cards: CardsTable;
  accounts: AccountsTable;
  limits: LimitsTable;
  authorizations: AuthorizationsTable;
  leases: LeasesTable;
  gaps: GapsTable;
  statuses: StatusesTable;
  operations: OperationsTable;
  orders: OrdersTable;
  bookings: BookingsTable;
  unmatched: UnmatchedTable;
  refunds: RefundsTable;
  evidence: EvidenceTable;
  card_fees: CardFeesTable;
  issuer_fees: IssuerFeesTable;
  totals: TotalsTable;
  packs: PacksTable;
  guarantees: GuaranteesTable;
  guarantee_total: GuaranteeTotalTable;
  card_pages: CardPagesTable;
  card_page_tries: CardPageTriesTable;
  sun_cards: SunCardsTable;
  sun_codes: SunCodesTable;
}
