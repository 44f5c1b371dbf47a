import type { QueryExecutorProvider } from "kysely";
import type { StoreKind } from "../types.js";
import * as ledger from "./0001-ledger.js";
import * as accountVersion from "./0002-account-version.js";
import * as fees from "./0003-fees.js";
import * as unmatched from "./0004-unmatched.js";
import * as orders from "./0005-orders.js";
import * as refunds from "./0006-refunds.js";
import * as nodes from "./0007-nodes.js";
import * as offline from "./0008-offline.js";
import * as cardPages from "./0009-card-pages.js";
import * as sunCards from "./0010-sun-cards.js";

/** One step of the schema, forward only. A released step never changes. */
export interface Migration {
  readonly version: number;
  up(db: QueryExecutorProvider, kind: StoreKind): Promise<void>;
}

/** Every step, in order, numbered from 1 without gaps. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, up: ledger.up },
  { version: 2, up: accountVersion.up },
  { version: 3, up: fees.up },
  { version: 4, up: unmatched.up },
  { version: 5, up: orders.up },
  { version: 6, up: refunds.up },
  { version: 7, up: nodes.up },
  { version: 8, up: offline.up },
  { version: 9, up: cardPages.up },
  { version: 10, up: sunCards.up },
];

/** The version that this release writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
